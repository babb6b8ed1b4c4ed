"""All that a known value of one fact can say to the questions asked of it; values that say the same count once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Leaf, OneOf, Within

Course = tuple[bool | None, ...]
"""A truth on each of several days."""

Answer = Mapping[Leaf, Course]
"""What a value says to each question, day by day."""


def answers(asked: Sequence[Leaf], days: Sequence[int] = (0,)) -> list[Answer]:
    """The different answers to questions about one fact, over days counted from today."""
    fact = BY_NAME[asked[0].fact]
    said = dict.fromkeys(
        tuple(tuple(_holds(question, value, day) for day in days) for question in asked)
        for value in _telling(fact, asked, days)
    )
    return [dict(zip(asked, courses, strict=True)) for courses in said]


def _holds(question: Leaf, value: object, day: int) -> bool:
    """The truth of the question of a value, which for a date is how many days ago it is today."""
    if isinstance(question, OneOf):
        return value in question.codes
    if isinstance(question, Within) and isinstance(value, int | float):
        number = value + day if BY_NAME[question.fact].kind == "date" else value
        low, high = question.low, question.high
        return (low is None or low <= number) and (high is None or number <= high)
    return value is True


def _telling(fact: Fact, asked: Sequence[Leaf], days: Sequence[int]) -> Iterator[object]:
    """Values enough to tell all the answers apart."""
    windows = [question for question in asked if isinstance(question, Within)]
    bounds = {bound for window in windows for bound in (window.low, window.high) if bound is not None}
    match fact.kind:
        case "flag":
            yield from (True, False)
        case "coded":
            yield from fact.codes
        case "date":
            crossed = sorted({bound - day for bound in bounds for day in days})
            yield from (ago for bound in crossed for ago in (bound - 1, bound, bound + 1) if ago >= 0)
        case "quantity":
            yield from _numbers(fact, sorted(bounds))


def _numbers(fact: Fact, bounds: list[float]) -> list[float]:
    """A number at, on either side of, and between all the bounds."""
    first, last = fact.low or 0, fact.high or 0
    if fact.whole:
        return [number for n in bounds for number in (n - 1, n, n + 1) if first <= number <= last]
    marks = sorted({first, *bounds, last})
    return [*marks, *((a + b) / 2 for a, b in pairwise(marks))]
