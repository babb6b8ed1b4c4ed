"""Reading: until when a criterion can be met that is met for a while after a date only."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from referrals.eligibility.calendar import passed_on
from referrals.eligibility.edition import Criterion, Edition, ProcedureCriteria
from referrals.eligibility.truth import Facts, Truth, truth
from referrals.eligibility.waiting import Clock, clocks

A_DAY = timedelta(days=1)


class Closing(NamedTuple):
    """A criterion with a window: whether it is met today, and the last day of the window (None: nobody knows)."""

    criterion: Criterion
    fact: str
    last_on: date | None
    holds: Truth


@lru_cache(maxsize=32)
def days_open(edition: Edition, fact: str) -> int | None:
    """For how many days after the date the edition can include anybody; None where it sets no end."""
    listed = [each for criteria in edition.procedures.values() for each in criteria.inclusion]
    ends = [clock.window.high for each in listed for clock in _ending(each) if clock.fact == fact]
    return int(min(end for end in ends if end is not None)) if ends else None


def closing(criteria: ProcedureCriteria, facts: Facts, as_of: date) -> Closing | None:
    """The window that closes, or closed, first.

    None where time takes nothing away: because no criterion has a window, another way in stays open, or something
    else is not met anyway.
    """
    truths = {each: truth(each.rule, facts, as_of) for each in criteria.inclusion}
    found = [
        each
        for criterion in criteria.inclusion
        if not any(holds is False for other, holds in truths.items() if other is not criterion)
        for each in _closings(criterion, truths[criterion], facts, as_of)
    ]
    return min(found, key=lambda each: each.last_on or date.max, default=None)


def _closings(criterion: Criterion, holds: Truth, facts: Facts, as_of: date) -> Iterator[Closing]:
    for fact, _, window, _ in _ending(criterion):
        began = facts.get(fact)
        last_on = None if began is None or window.high is None else passed_on(began, window.high)
        if last_on is None:
            matters = holds is None
        elif last_on < as_of:
            matters = holds is not True
        else:
            matters = holds is not False and truth(criterion.rule, facts, last_on + A_DAY) is not True
        if matters:
            yield Closing(criterion, fact, last_on, holds)


def _ending(criterion: Criterion) -> Iterator[Clock]:
    return (clock for clock in clocks(criterion.rule) if clock.inside and clock.window.high is not None)
