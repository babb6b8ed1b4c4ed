"""Looks for somebody of whom a formula is true, and has Python say so too before anybody is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

import z3

from referrals.eligibility import english
from referrals.eligibility.edition import Edition
from referrals.eligibility.evaluate import assess
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.proof.formulas import Conditions, verdicts
from referrals.eligibility.proof.picture import Facts, Formula, Picture
from referrals.eligibility.proved import Example
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION


class Unsettled(Exception):
    """The time was over before anybody was found, and before it was proved that there is nobody."""


class Disagreement(Exception):
    """z3 and Python give somebody different verdicts: one of the two misreads the criteria."""


@dataclass(frozen=True)
class Reading:
    """One procedure by one edition, read twice: as formulas, and by Python. `edition` None asks for nothing at all."""

    edition: Edition | None
    procedure: str
    picture: Picture
    conditions: Conditions

    def verdict(self, facts: Facts) -> str:
        """What Python says."""
        if self.edition is None:
            return CANDIDATE
        (vertebra,) = assess(self.edition, {}, [facts], self.picture.as_of).vertebrae
        return vertebra.judgements[self.procedure].verdict.kind

    def confirmed(self, facts: Facts) -> str:
        """What both say; raises Disagreement."""
        said = [kind for kind, condition in self.conditions.items() if self.picture.holds(condition, facts)]
        verdict = self.verdict(facts)
        if said != [verdict]:
            raise Disagreement(f"{self.procedure}: z3 says {said}, Python {verdict} of {dict(facts)}")
        return verdict


def read(edition: Edition | None, procedure: str, picture: Picture) -> Reading:
    parts = edition.procedures[procedure].parts() if edition else ()
    return Reading(edition, procedure, picture, verdicts(parts, picture))


def found(picture: Picture, formula: Formula, seconds: float) -> Facts | None:
    """The facts of somebody of whom the formula is true; None is a proof that there is nobody. Raises Unsettled."""
    solver = z3.Solver()
    solver.set("timeout", max(1, ceil(seconds * 1000)))
    solver.add(picture.legal, formula)
    answer = solver.check()
    if answer == z3.unknown:
        raise Unsettled(solver.reason_unknown())
    return picture.facts(solver.model()) if answer == z3.sat else None


def somebody(readings: Sequence[Reading], formula: Formula, seconds: float) -> Example | None:
    """Somebody of whom the formula is true, told with no more facts than it takes for the same verdicts."""
    picture = readings[0].picture
    facts = found(picture, formula, seconds)
    if facts is None:
        return None
    kinds = [reading.confirmed(facts) for reading in readings]
    plain = plainest(picture, facts, lambda changed: [reading.verdict(changed) for reading in readings] == kinds)
    return example(plain, [reading.confirmed(plain) for reading in readings], picture.as_of)


def candidate_of_one(by: Reading, other: Reading, seconds: float) -> Example | None:
    """A candidate by the one alone: best somebody whom the other refuses, else one of whom it wants to know more."""
    candidate, others = by.conditions[CANDIDATE], other.conditions
    refused = z3.And(candidate, z3.Not(z3.Or(others[CANDIDATE], others[MORE_INFORMATION])))
    unlike = z3.And(candidate, z3.Not(others[CANDIDATE]))
    return somebody([by, other], refused, seconds) or somebody([by, other], unlike, seconds)


def plainest(picture: Picture, facts: Facts, same: Callable[[Facts], bool]) -> Facts:
    """As little known as keeps it the same, and of each fact the plainest value that does."""
    for name in facts:
        rest = {other: value for other, value in facts.items() if other != name}
        facts = rest if same(rest) else facts
    for name in facts:
        changed = [{**facts, name: value} for value in picture.choices(name)]
        facts = next(filter(same, changed), facts)
    return facts


def example(facts: Facts, kinds: Sequence[str], as_of: date) -> Example:
    return Example(facts=_plain(facts), verdicts=tuple(kinds), words=_in_words(facts, as_of))


def _plain(facts: Facts) -> Mapping[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}


def _in_words(facts: Facts, as_of: date) -> str:
    clauses = [english.known(BY_NAME[name], value, as_of) for name, value in facts.items()]
    return f"A patient of whom this is known: {'; '.join(clauses)}." if clauses else "Anybody of whom nothing is known."
