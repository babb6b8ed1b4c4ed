"""What a criterion carries beside its rule, and the dated editions that criteria belong to."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, get_args

from referrals.eligibility.language import Node
from referrals.eligibility.notation import Json, to_json
from referrals.eligibility.verdict import PROCEDURES

Part = Literal["inclusion", "exclusion", "documentation"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a criterion comes from: a short reference and the place to look it up."""

    ref: str
    where: str

    def __str__(self) -> str:
        return f"{self.ref}: {self.where}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Criterion:
    """One condition in the clinic's own words.

    `reading` says how the source is understood, and `ours` that the source does not say so itself.
    An `addition` is a criterion that the source does not have at all.
    """

    name: str
    title: str
    rule: Node
    source: Source
    reading: str
    ours: bool = False
    addition: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Note:
    """A remark shown beside the verdict when its condition is true. It changes no verdict."""

    name: str
    rule: Node
    words: str
    source: Source


@dataclass(frozen=True, kw_only=True, eq=False)
class ProcedureCriteria:
    """What one procedure asks for, what rules it out, and what the record must hold."""

    inclusion: tuple[Criterion, ...] = ()
    exclusion: tuple[Criterion, ...] = ()
    documentation: tuple[Criterion, ...] = ()

    def __post_init__(self) -> None:
        names = [criterion.name for _, criterion in self.parts()]
        if not names or len(set(names)) != len(names):
            raise ValueError("a procedure has at least one criterion, and each has a name of its own")

    def parts(self) -> Iterator[tuple[Part, Criterion]]:
        """Every criterion with the part it belongs to, in the order in which they are shown."""
        yield from (("inclusion", criterion) for criterion in self.inclusion)
        yield from (("exclusion", criterion) for criterion in self.exclusion)
        yield from (("documentation", criterion) for criterion in self.documentation)


@dataclass(frozen=True, kw_only=True, eq=False)
class Edition:
    """The criteria of one set from a day on. Frozen once in force: what changes is a new edition.

    `unjudged` is what the source asks besides and no fact of the vocabulary holds. No verdict counts it: it is told
    with every verdict, for a person to check.
    """

    criteria_set: str
    name: str
    in_force_from: date
    procedures: Mapping[str, ProcedureCriteria]
    notes: tuple[Note, ...] = ()
    provisional: str = ""
    unjudged: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if set(self.procedures) != set(PROCEDURES):
            raise ValueError(f"an edition judges {' and '.join(PROCEDURES)}")
        named: dict[str, Criterion] = {}
        for criteria in self.procedures.values():
            for _, criterion in criteria.parts():
                if named.setdefault(criterion.name, criterion) is not criterion:
                    raise ValueError(f"two criteria of the edition are called {criterion.name}")

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion once, however many procedures ask for it, in the order in which they are shown."""
        listed = (criterion for criteria in self.procedures.values() for _, criterion in criteria.parts())
        return tuple({criterion.name: criterion for criterion in listed}.values())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rules in canonical JSON: what a screening is pinned to. Words are outside it."""
        canonical = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def caveats(self) -> dict[str, str]:
        """What is said wherever the edition is shown: a word or three, and a sentence."""
        besides = self.unjudged and f"No fact holds what the source asks besides; check it: {'; '.join(self.unjudged)}."
        return {name: said for name, said in (("Provisional", self.provisional), ("Not judged", besides)) if said}

    def as_json(self) -> Json:
        """The rules as plain data, by procedure and part."""
        return {
            "criteria_set": self.criteria_set,
            "edition": self.name,
            "in_force_from": self.in_force_from.isoformat(),
            "procedures": {procedure: _rules(criteria) for procedure, criteria in self.procedures.items()},
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class CriteriaSet:
    """A named set of criteria and its editions, oldest first."""

    name: str
    title: str
    about: str
    editions: tuple[Edition, ...]

    def in_force(self, on: date) -> Edition:
        """The newest edition that had begun by the day; for days before the first edition, the first."""
        begun = [edition for edition in self.editions if edition.in_force_from <= on]
        return begun[-1] if begun else self.editions[0]


def _rules(criteria: ProcedureCriteria) -> Json:
    rules: Json = {part: [] for part in PARTS}
    for part, criterion in criteria.parts():
        rules[part].append({"criterion": criterion.name, "rule": to_json(criterion.rule)})
    return rules
