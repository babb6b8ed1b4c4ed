"""Making another edition out of one, criterion by criterion, and saying what is different."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from referrals.eligibility.edition import PARTS, Criterion, Edition, Part, ProcedureCriteria

Places = Mapping[str, Part | None]
"""For each procedure the part in which a criterion is asked; None: it is not asked."""
Kind = Literal["same", "changed", "added", "off"]


@dataclass(frozen=True)
class Change:
    """One criterion in two editions: as it was and as it becomes (None: it is not there), and where it is asked."""

    name: str
    before: Criterion | None
    after: Criterion | None
    was: Places
    becomes: Places

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return "added"
        if self.after is None:
            return "off"
        return "changed" if self.rule_differs or self.words_differ or self.was != self.becomes else "same"

    @property
    def rule_differs(self) -> bool:
        return self.before is None or self.after is None or self.before.rule != self.after.rule

    @property
    def words_differ(self) -> bool:
        return self.before is None or self.after is None or _words(self.before) != _words(self.after)

    @property
    def title(self) -> str:
        """What it is called, last of all."""
        return (self.after or self.before).title  # type: ignore[union-attr]


def compared(before: Edition, after: Edition) -> list[Change]:
    """Every criterion of either edition, those of the first in their order, then those that are new."""
    old, new = ({each.name: each for each in edition.criteria} for edition in (before, after))
    return [
        Change(name, old.get(name), new.get(name), places_of(before, name), places_of(after, name))
        for name in dict.fromkeys((*old, *new))
    ]


def places_of(edition: Edition, name: str) -> dict[str, Part | None]:
    """Where the edition asks for the criterion of this name."""
    return {
        procedure: next((part for part, each in criteria.parts() if each.name == name), None)
        for procedure, criteria in edition.procedures.items()
    }


def with_criterion(edition: Edition, base: Edition, criterion: Criterion, places: Places) -> Edition:
    """The edition that asks for this criterion just there, in the order of its base; new ones come last.

    ValueError, with the procedure and why, where a procedure would ask for nothing any more.
    """
    procedures = {
        name: _placed(name, criteria, base.procedures[name], criterion, places[name])
        for name, criteria in edition.procedures.items()
    }
    return replace(edition, procedures=procedures)


def _placed(
    procedure: str, criteria: ProcedureCriteria, base: ProcedureCriteria, criterion: Criterion, part: Part | None
) -> ProcedureCriteria:
    parts = {each: tuple(_in_part(criteria, base, each, criterion, each == part)) for each in PARTS}
    if not parts["inclusion"]:
        raise ValueError(f"{procedure}: without anything that it asks for, nearly everybody would be a candidate")
    return ProcedureCriteria(**parts)


def _in_part(
    criteria: ProcedureCriteria, base: ProcedureCriteria, part: Part, criterion: Criterion, there: bool
) -> Iterator[Criterion]:
    """What the part asks for, with the criterion or without it."""
    listed: tuple[Criterion, ...] = getattr(criteria, part)
    names = [each.name for each in listed]
    kept = [
        criterion if each.name == criterion.name else each for each in listed if there or each.name != criterion.name
    ]
    if there and criterion.name not in names:
        kept.append(criterion)
    order = {each.name: place for place, each in enumerate(getattr(base, part))}
    yield from sorted(kept, key=lambda each: order.get(each.name, len(order)))


def _words(criterion: Criterion) -> tuple[object, ...]:
    return criterion.title, criterion.reading, criterion.source, criterion.ours, criterion.addition
