"""What waiting alone can change: the days on which a window opens, and the days on which most is possible."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from referrals.eligibility.calendar import passed_on
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, Not, Within
from referrals.eligibility.truth import Facts, truth


class Clock(NamedTuple):
    """A window on a date that the criteria ask to be inside of, or outside.

    `wait` is how many days after the date time passed is in favor; None where it only takes away.
    """

    fact: str
    wait: float | None
    window: Within
    inside: bool

    def favors(self, facts: Facts, day: date) -> bool:
        return truth(self.window, facts, day) is self.inside


def clocks(node: Node, inside: bool = True) -> Iterator[Clock]:
    """The windows on dates in the condition."""
    match node:
        case Within(fact, low, high) if BY_NAME[fact].kind == "date":
            over = None if high is None else high + 1
            yield Clock(fact, low if inside else over, node, inside)
        case Not(part):
            yield from clocks(part, not inside)
        case AtLeast(_, parts):
            for part in parts:
                yield from clocks(part, inside)


def opening_days(running: Sequence[Clock], facts: Facts, as_of: date) -> list[date]:
    """The later days on which a window opens: on no other can what is false today become anything else."""
    days = []
    for fact, wait, _, _ in running:
        began = facts[fact]
        if began is not None and wait is not None and (day := passed_on(began, wait)) > as_of:
            days.append(day)
    return sorted(set(days))


def possible_opening_days(running: Sequence[Clock], facts: Facts, as_of: date) -> list[int]:
    """Today and the days after it, counted from today, on which a window may open, as far as its date is known."""
    days = {0}
    for clock in running:
        began = facts[clock.fact]
        if clock.wait is not None:
            wait = int(clock.wait)
            days |= set(range(1, wait + 1)) if began is None else {(passed_on(began, wait) - as_of).days}
    return sorted(day for day in days if day >= 0)


def richest_days(running: Sequence[Clock], facts: Facts, as_of: date, days: Sequence[date]) -> list[date] | None:
    """Of the later days those that allow all that any day before them allowed, and more.

    None where no single day can stand for those before it: one gives what another takes, or one date is known and
    another, which may yet open or close a window at any time, is not.
    """
    dated = [clock for clock in running if facts[clock.fact] is not None]
    if dated and len(dated) < len(running):
        return None
    richest: list[date] = []
    most = [clock.favors(facts, as_of) for clock in dated]
    for day in days:
        now = [clock.favors(facts, day) for clock in dated]
        if all(had <= has for had, has in zip(most, now, strict=True)):
            richest.append(day)
            most = now
        elif not all(has <= had for had, has in zip(most, now, strict=True)):
            return None
    return richest
