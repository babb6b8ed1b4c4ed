"""Reading: is the condition true, false or unknown of this patient on this day? Kleene's three values."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from referrals.eligibility.calendar import dates_within
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes

Truth = bool | None
Facts = Mapping[str, Any]
"""The values known of one vertebra and its patient, by name; absent or None is unknown."""


def truth(node: Node, facts: Facts, as_of: date) -> Truth:
    """None is unknown."""
    match node:
        case Yes(fact):
            return facts.get(fact)
        case OneOf(fact, codes):
            code = facts.get(fact)
            return None if code is None else code in codes
        case Within(fact, low, high):
            return within(facts.get(fact), low, high, as_of)
        case Not(part):
            return denied(truth(part, facts, as_of))
        case AtLeast(count, parts):
            return at_least(count, [truth(part, facts, as_of) for part in parts])
    raise TypeError(f"no truth of {node!r}")


def at_least(count: int, truths: list[Truth]) -> Truth:
    if truths.count(True) >= count:
        return True
    if truths.count(False) > len(truths) - count:
        return False
    return None


def denied(holds: Truth) -> Truth:
    return None if holds is None else not holds


def within(value: Any, low: Any, high: Any, as_of: date) -> Truth:
    """Is the quantity, or the days that have passed since the date, from `low` to `high`?"""
    if value is None:
        return None
    if isinstance(value, date):
        # Fewer days ago is a later date, so the bounds change places.
        low, high = dates_within(low, high, as_of)
    return inside(value, low, high)


def inside(value: Any, low: Any, high: Any) -> bool:
    """Is the value from `low` to `high`, both included? None is no bound."""
    return (low is None or low <= value) and (high is None or value <= high)
