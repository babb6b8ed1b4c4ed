"""A measured figure beside its target, and the table that a run prints."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MET = {True: "met", False: "NOT MET", None: ""}


@dataclass(frozen=True)
class Figure:
    """What was measured; `met` None where there is no target, or nothing could be measured."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.what, self.measured, self.target, MET[self.met]


@dataclass(frozen=True)
class Heading:
    """The subject of the figures that follow."""

    words: str


@dataclass(frozen=True)
class Remark:
    """What has to be known to read the figures around it."""

    words: str


Line = Figure | Heading | Remark


def at_most(what: str, measured: float, limit: float, written: str = "{:.2f}") -> Figure:
    return Figure(what, written.format(measured), "≤ " + written.format(limit), measured <= limit)


def at_least(what: str, measured: float, limit: float, written: str = "{:.2f}") -> Figure:
    return Figure(what, written.format(measured), "≥ " + written.format(limit), measured >= limit)


def table(lines: Sequence[Line]) -> str:
    """The lines under one another, their columns aligned."""
    cells = [line.cells for line in lines if isinstance(line, Figure)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_written(line, widths) for line in lines)


def _written(line: Line, widths: Iterable[int]) -> str:
    if isinstance(line, Heading):
        return f"\n{line.words}"
    if isinstance(line, Remark):
        return f"    {line.words}"
    what, measured, target, met = line.cells
    first, second, third, _ = widths
    return f"  {what:<{first}}  {measured:>{second}}  {target:<{third}}  {met}".rstrip()
