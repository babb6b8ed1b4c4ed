"""Two clinical pictures of a referral side by side: fact by fact, and the criteria that turned between them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from referrals.clinical import PictureDetails
from referrals.eligibility import facts
from referrals.eligibility.verdict import PROCEDURES

SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One thing that is told, as either picture has it; None is not known."""

    name: str
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        """Whether it is the same, was changed, became known (added) or is not known any more (removed)."""
        if self.before == self.after:
            return SAME
        return ADDED if self.before is None else REMOVED if self.after is None else CHANGED


@dataclass(frozen=True)
class Block:
    """All that is told of one thing: the patient, a vertebra, a study, a treatment; `kind` says whether it is there."""

    of: Any
    kind: str
    lines: tuple[Line, ...]

    @property
    def different(self) -> list[Line]:
        return [line for line in self.lines if line.kind != SAME]

    @property
    def same(self) -> list[Line]:
        return [line for line in self.lines if line.kind == SAME]


@dataclass(frozen=True)
class Comparison:
    """Two pictures, part by part."""

    patient: Block
    vertebrae: tuple[Block, ...]
    imaging: tuple[Block, ...]
    treatments: tuple[Block, ...]
    notes: Block

    @property
    def blocks(self) -> list[Block]:
        return [*self.vertebrae, self.patient, *self.imaging, *self.treatments, self.notes]

    @property
    def differs(self) -> bool:
        return any(block.kind != SAME for block in self.blocks)

    @property
    def same(self) -> int:
        """How many things that are known are the same in both."""
        return sum(line.before is not None for block in self.blocks for line in block.same)


def compare(before: PictureDetails, after: PictureDetails) -> Comparison:
    """Vertebrae are paired by level, studies by kind and date, treatments by what was tried and since when."""
    return Comparison(
        patient=_block(None, before.patient, after.patient),
        vertebrae=tuple(sorted(_paired(before.vertebrae, after.vertebrae, "level"), key=_from_the_neck_down)),
        imaging=tuple(_paired(before.imaging, after.imaging, "modality", "done_on")),
        treatments=tuple(_paired(before.treatments, after.treatments, "what", "from_on")),
        notes=_block(None, before.notes, after.notes),
    )


def _paired(before: Iterable[Told], after: Iterable[Told], *names: str) -> Iterator[Block]:
    """A block for each row of either picture; of rows that are called alike, the first goes with the first."""
    was, now = _called(before, names), _called(after, names)
    for called in {**was, **now}:
        yield _block(called[:-1], was.get(called), now.get(called), but=names)


def _called(rows: Iterable[Told], names: tuple[str, ...]) -> dict[tuple[Any, ...], Told]:
    known: dict[tuple[Any, ...], Told] = {}
    for row in rows:
        called = tuple(row.get(name) for name in names)
        known[*called, sum(other[:-1] == called for other in known)] = row
    return known


def _block(of: Any, before: Told | None, after: Told | None, but: tuple[str, ...] = ()) -> Block:
    was, now = before or {}, after or {}
    names = [name for name in {**was, **now} if name not in but]
    lines = tuple(Line(name, _known(was.get(name)), _known(now.get(name))) for name in names)
    if before is None or after is None:
        return Block(of, ADDED if before is None else REMOVED, lines)
    return Block(of, CHANGED if any(line.kind != SAME for line in lines) else SAME, lines)


def _known(value: Any) -> Any:
    """Nothing written is not known."""
    return None if value == "" else value


def _from_the_neck_down(block: Block) -> int:
    return _place(block.of[0])


def _place(level: str | None) -> int:
    """A level that is not known comes last."""
    return facts.LEVELS.index(level) if level else len(facts.LEVELS)


@dataclass(frozen=True)
class Turned:
    """One procedure on one level: what either screening said of it (None: the level is not in its picture)."""

    level: str | None
    procedure: str
    before: Told | None
    after: Told | None
    criteria: tuple[tuple[Told, Told], ...]

    @property
    def differs(self) -> bool:
        verdicts = [said and (said["verdict"], said.get("from")) for said in (self.before, self.after)]
        return bool(self.criteria) or verdicts[0] != verdicts[1]


def turned(before: Told, after: Told) -> list[Turned]:
    """What two screenings (as evaluate.as_json explains them) say differently, level by level."""
    was, now = ({each["level"]: each for each in said["vertebrae"]} for said in (before, after))
    levels = sorted({**was, **now}, key=_place)
    every = (
        _turned(level, procedure, was.get(level, {}).get(procedure), now.get(level, {}).get(procedure))
        for level in levels
        for procedure in PROCEDURES
    )
    return [each for each in every if each.differs]


def _turned(level: str | None, procedure: str, before: Told | None, after: Told | None) -> Turned:
    was, now = _findings(before), _findings(after)
    both = tuple((was[name], now[name]) for name in was if name in now and was[name]["holds"] is not now[name]["holds"])
    return Turned(level, procedure, before, after, both)


def _findings(said: Told | None) -> dict[str, Told]:
    return {finding["criterion"]: finding for finding in (said or {}).get("criteria", ())}
