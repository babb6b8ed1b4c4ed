"""The definitions taken literally, by trying everything: what the engine must say, at any cost in time."""

from datetime import date, timedelta
from itertools import product
from typing import Any

from referrals.eligibility.edition import ProcedureCriteria
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.truth import Facts, Truth, at_least, truth
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    MORE_INFORMATION,
    NOT_INDICATED,
    NOT_YET,
    Verdict,
)

WAIT = 12
"""Days to look ahead: more than twice the longest window of a made-up edition."""

FURTHEST = 7
"""Days ago: a date beyond every window of a made-up edition."""


def verdict(criteria: ProcedureCriteria, facts: Facts, as_of: date) -> Verdict:
    """The five verdicts in their order, looking ahead day by day."""
    excluded = [truth(each.rule, facts, as_of) for each in criteria.exclusion]
    if True in excluded:
        return Verdict(CONTRAINDICATED)
    if included(criteria, facts, as_of) is False:
        days = [as_of + timedelta(day) for day in range(1, WAIT)]
        opening = [day for day in days if included(criteria, facts, day) is not False]
        return Verdict(NOT_YET, opening[0]) if opening else Verdict(NOT_INDICATED)
    documented = [truth(each.rule, facts, as_of) for each in criteria.documentation]
    asked = [included(criteria, facts, as_of), *documented]
    return Verdict(MORE_INFORMATION if None in excluded or set(asked) != {True} else CANDIDATE)


def included(criteria: ProcedureCriteria, facts: Facts, day: date) -> Truth:
    truths = [truth(each.rule, facts, day) for each in criteria.inclusion]
    return at_least(len(truths), truths)


def needed(criteria: ProcedureCriteria, facts: Facts, as_of: date) -> set[str]:
    """The unknown facts of which an answer changes the verdict of some picture in which more may be known."""
    unknown = [name for name, value in facts.items() if value is None]
    said = {
        extension: verdict(criteria, {**facts, **dict(zip(unknown, extension, strict=True))}, as_of)
        for extension in product(*([None, *possible(name, as_of)] for name in unknown))
    }
    return {
        name
        for extension, after in said.items()
        for at, name in enumerate(unknown)
        if extension[at] is not None and after != said[*extension[:at], None, *extension[at + 1 :]]
    }


def possible(name: str, as_of: date) -> list[Any]:
    """Every value of the fact that a made-up edition can tell apart."""
    fact = BY_NAME[name]
    match fact.kind:
        case "flag":
            return [True, False]
        case "coded":
            return list(fact.codes)
        case "date":
            return [as_of - timedelta(days) for days in range(FURTHEST)]
        case _:
            return list(range(int(fact.low or 0), int(fact.high or 0) + 1))
