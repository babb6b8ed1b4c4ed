"""An edition made ready to judge: what a criterion says of the same values is worked out once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from referrals.eligibility.assessment import Finding, Judgement, VertebraAssessment
from referrals.eligibility.edition import Criterion, Edition, Part, ProcedureCriteria
from referrals.eligibility.language import Not, facts_of, leaves
from referrals.eligibility.needed import FactSet, Reach, joined, names, put_off_by, reach
from referrals.eligibility.truth import Facts, Truth, denied, truth
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    MORE_INFORMATION,
    NOT_INDICATED,
    NOT_YET,
    Verdict,
)
from referrals.eligibility.waiting import clocks, opening_days, possible_opening_days, richest_days

Said = tuple[Reach, Finding]

_PLAIN = {kind: Verdict(kind) for kind in (CANDIDATE, MORE_INFORMATION, NOT_INDICATED, CONTRAINDICATED)}


class Judge:
    """The criteria of one edition, each laid out once, however many procedures share it."""

    def __init__(self, edition: Edition) -> None:
        listed = [each for criteria in edition.procedures.values() for each in criteria.parts()]
        laid_out = {each: _Condition(*each) for each in listed}
        self._conditions = list(laid_out.values())
        self._procedures = [(name, _Procedure(each, laid_out)) for name, each in edition.procedures.items()]

    def vertebra(self, facts: Facts, as_of: date) -> VertebraAssessment:
        """Judge one vertebra. Every fact of the vocabulary must be there, None where it is not known."""
        said = [condition.say(condition.values(facts), as_of) for condition in self._conditions]
        judgements = {name: procedure.judge(said, facts, as_of) for name, procedure in self._procedures}
        return VertebraAssessment(facts["level"], judgements, facts)


class _Condition:
    """A criterion in its part, as that which must hold for the procedure to go ahead."""

    def __init__(self, part: Part, criterion: Criterion) -> None:
        self._part = part
        self._criterion = criterion
        self._rule = Not(criterion.rule) if part == "exclusion" else criterion.rule
        self._facts = facts_of(criterion.rule)
        self._questions = tuple(dict.fromkeys(leaves(criterion.rule)))
        self.values = _taking(self._facts)
        self.say = lru_cache(maxsize=4096)(self._say)
        self._reach = lru_cache(maxsize=4096)(self._reach_by_truths)

    def _say(self, values: tuple[Any, ...], day: date) -> Said:
        """What is left of the condition, and what is found, from the values of its facts in order."""
        facts = dict(zip(self._facts, values, strict=True))
        reached = self._reach(tuple(truth(question, facts, day) for question in self._questions))
        holds = denied(reached.truth) if self._part == "exclusion" else reached.truth
        return reached, Finding(self._criterion, self._part, holds, MappingProxyType(facts))

    def _reach_by_truths(self, truths: tuple[Truth, ...]) -> Reach:
        return reach(self._rule, dict(zip(self._questions, truths, strict=True)))


class _Procedure:
    """The criteria of one procedure, as places among the conditions of the edition."""

    def __init__(self, criteria: ProcedureCriteria, laid_out: Mapping[tuple[Part, Criterion], _Condition]) -> None:
        places = {listed: place for place, listed in enumerate(laid_out)}
        own = list(criteria.parts())
        self._own = _taking([places[listed] for listed in own])
        self._inclusion = slice(0, len(criteria.inclusion))
        self._exclusion = slice(self._inclusion.stop, self._inclusion.stop + len(criteria.exclusion))
        self._documentation = slice(self._exclusion.stop, len(own))
        self._including = [laid_out["inclusion", criterion] for criterion in criteria.inclusion]
        self._rules = [criterion.rule for criterion in criteria.inclusion]
        self._clocks = [clock for rule in self._rules for clock in clocks(rule)]
        dates = {clock.fact for clock in self._clocks}
        self._one_date = len(dates) == 1
        self._shared_with_screen = dates.intersection(chain(*(facts_of(each.rule) for each in criteria.exclusion)))

    def judge(self, said: Sequence[Said], facts: Facts, as_of: date) -> Judgement:
        reaches, findings = zip(*self._own(said), strict=True)
        screen = joined(reaches[self._exclusion])
        if screen.truth is False:
            return Judgement(_PLAIN[CONTRAINDICATED], findings, ())
        included = joined(reaches[self._inclusion])
        documents = joined(reaches[self._documentation])
        needed, starts_on = _turning(included, screen, documents), None
        if self._clocks and included.truth is not True:
            starts_on, later = self._waiting(screen, facts, as_of, needed)
            needed |= later
        return Judgement(_verdict(included, screen, documents, starts_on), findings, names(needed))

    def _waiting(self, screen: Reach, facts: Facts, as_of: date, needed: FactSet) -> tuple[date | None, FactSet]:
        """The first later day on which the inclusion is not false, and the facts that can put it off."""
        days = opening_days(self._clocks, facts, as_of)
        unknown_to_both = any(facts[name] is None for name in self._shared_with_screen)
        if self._one_date and not days and not unknown_to_both:
            return None, 0
        then = {day: self._included(facts, day) for day in days}
        starts_on = next((day for day in days if then[day].truth is not False), None)
        # Where the screen asks for the date too, as of today, waiting is not the same as another date would be.
        richest = None if unknown_to_both else richest_days(self._clocks, facts, as_of, days)
        if richest is None:
            possible = possible_opening_days(self._clocks, facts, as_of)
            return starts_on, put_off_by(self._rules, screen, facts, as_of, possible, besides=needed)
        later = 0
        for day in richest:
            later |= joined((then[day], screen)).false_by
        return starts_on, later

    def _included(self, facts: Facts, day: date) -> Reach:
        return joined(tuple(condition.say(condition.values(facts), day)[0] for condition in self._including))


@lru_cache(maxsize=4096)
def _turning(included: Reach, screen: Reach, documents: Reach) -> FactSet:
    """The facts that can rule the procedure out, close what is open today, or make a candidate."""
    closing = joined((included, screen)).false_by
    making = joined((included, screen, documents)).true_by
    return screen.false_by | closing | making


def _verdict(included: Reach, screen: Reach, documents: Reach, starts_on: date | None) -> Verdict:
    """The verdict where nothing rules the procedure out."""
    if included.truth is False:
        return Verdict(NOT_YET, starts_on) if starts_on else _PLAIN[NOT_INDICATED]
    complete = included.truth is True and screen.truth is True and documents.truth is True
    return _PLAIN[CANDIDATE if complete else MORE_INFORMATION]


def _taking(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Takes what stands under the keys, always as a tuple."""
    if len(keys) > 1:
        return itemgetter(*keys)
    if not keys:
        return lambda _source: ()
    (key,) = keys
    return lambda source: (source[key],)
