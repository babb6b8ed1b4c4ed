"""Anything that could be written or known, for Hypothesis: conditions, pictures, made-up editions."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from referrals.eligibility.edition import Edition
from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes
from tests.eligibility.pictures import TODAY, Facts, made_up

ALL = tuple(BY_NAME.values())
SMALL_WINDOW = 4
"""Days. Made-up windows are short, so that every date that matters can be tried."""


def values(fact: Fact) -> st.SearchStrategy[Any]:
    match fact.kind:
        case "flag":
            return st.booleans()
        case "coded":
            return st.sampled_from(list(fact.codes))
        case "date":
            return st.integers(0, 100).map(lambda days: TODAY - timedelta(days))
        case _:
            return numbers(fact)


def numbers(fact: Fact) -> st.SearchStrategy[Any]:
    low, high = fact.low or 0, fact.high or 0
    return st.integers(int(low), int(high)) if fact.whole else st.floats(low, high)


def half_known(facts: Sequence[Fact] = ALL) -> st.SearchStrategy[dict[str, Any]]:
    """A picture of these facts, any of which may be unknown."""
    return st.fixed_dictionaries({fact.name: st.none() | values(fact) for fact in facts})


def questions(fact: Fact, longest: int = 100) -> st.SearchStrategy[Node]:
    match fact.kind:
        case "flag":
            return st.just(Yes(fact.name))
        case "coded":
            codes = st.lists(st.sampled_from(list(fact.codes)), min_size=1, max_size=len(fact.codes) - 1, unique=True)
            return codes.map(lambda some: OneOf(fact.name, tuple(some)))
        case "date":
            return _windows(fact, st.integers(1, longest), st.integers(0, longest))
        case _:
            return _windows(fact, numbers(fact), numbers(fact))


def _windows(fact: Fact, lows: st.SearchStrategy[Any], highs: st.SearchStrategy[Any]) -> st.SearchStrategy[Node]:
    bounds = st.tuples(lows, st.none()) | st.tuples(st.none(), highs) | st.tuples(lows, highs)
    ordered = bounds.map(lambda pair: pair if None in pair else (min(pair), max(pair)))
    return ordered.filter(lambda pair: _asks_something(fact, *pair)).map(lambda pair: Within(fact.name, *pair))


def _asks_something(fact: Fact, low: Any, high: Any) -> bool:
    return fact.kind == "date" or not (low in (None, fact.low) and high in (None, fact.high))


def conditions(facts: Sequence[Fact] = ALL, longest: int = 100, most: int = 12) -> st.SearchStrategy[Node]:
    """Any condition over these facts."""
    return st.recursive(st.sampled_from(facts).flatmap(lambda fact: questions(fact, longest)), _joined, max_leaves=most)


def _joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=1, max_size=4).map(tuple)
    counted = several.flatmap(lambda some: st.integers(1, len(some)).map(lambda count: AtLeast(count, some)))
    return parts.map(Not) | counted


def editions(facts: Sequence[Fact]) -> st.SearchStrategy[Edition]:
    """Any small made-up edition over these facts; a fact may well be asked twice."""
    rules = conditions(facts, longest=SMALL_WINDOW, most=5)
    few = st.lists(rules, max_size=1).map(tuple)
    return st.builds(made_up, st.lists(rules, min_size=1, max_size=2).map(tuple), few, few)


def known(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
