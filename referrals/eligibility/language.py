"""The nodes that a criterion is made of: plain data, joined with & | ~, checked when they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from referrals.eligibility.fact import Fact, Kind
from referrals.eligibility.facts import BY_NAME

LONGEST_WINDOW = 36525
"""Days, a hundred years: the widest window on a date."""


class Node:
    """A condition. It has no truth of its own: a reading gives it one, of a patient and a day."""

    __slots__ = ()

    def __and__(self, other: Node) -> AtLeast:
        parts = (*_joined_by_and(self), other)
        return AtLeast(len(parts), parts)

    def __or__(self, other: Node) -> AtLeast:
        return AtLeast(1, (*_joined_by_or(self), other))

    def __invert__(self) -> Not:
        return Not(self)

    def __bool__(self) -> NoReturn:
        raise TypeError("a condition has no truth by itself: join with & | ~, not with and, or, not")


@dataclass(frozen=True, slots=True)
class Yes(Node):
    """The flag is yes."""

    fact: str

    def __post_init__(self) -> None:
        _fact(self.fact, "flag")


@dataclass(frozen=True, slots=True)
class OneOf(Node):
    """The coded fact is one of the codes."""

    fact: str
    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        _codes(_fact(self.fact, "coded"), self.codes)


@dataclass(frozen=True, slots=True)
class Within(Node):
    """The quantity, or the days passed since the date, lies from `low` to `high`, both included; None is open."""

    fact: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        _window(_fact(self.fact, "quantity", "date"), self.low, self.high)


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The part is not so; what is unknown stays unknown."""

    part: Node

    def __post_init__(self) -> None:
        _node(self.part)


@dataclass(frozen=True, slots=True)
class AtLeast(Node):
    """At least `count` of the parts are so: all of them is *and*, one of them is *or*."""

    count: int
    parts: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.parts, tuple):
            raise ValueError("the parts are a tuple of conditions")
        for part in self.parts:
            _node(part)
        if type(self.count) is not int or not 1 <= self.count <= len(self.parts):
            raise ValueError(f"a count from 1 to {len(self.parts)}, the number of parts, not {self.count!r}")

    @property
    def every(self) -> bool:
        return self.count == len(self.parts)


Leaf = Yes | OneOf | Within


def leaves(node: Node) -> Iterator[Leaf]:
    """The questions in the condition, as often as they are asked, in order."""
    match node:
        case Yes() | OneOf() | Within():
            yield node
        case Not(part):
            yield from leaves(part)
        case AtLeast(_, parts):
            for part in parts:
                yield from leaves(part)


def facts_of(node: Node) -> tuple[str, ...]:
    """The names of the facts that the condition reads, each once, in order."""
    return tuple(dict.fromkeys(leaf.fact for leaf in leaves(node)))


def _joined_by_and(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, AtLeast) and node.every and node.count > 1 else (node,)


def _joined_by_or(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, AtLeast) and node.count == 1 and not node.every else (node,)


def _fact(name: object, *kinds: Kind) -> Fact:
    fact = BY_NAME.get(name) if isinstance(name, str) else None
    if fact is None:
        raise ValueError(f"no fact {name!r} in the vocabulary")
    if fact.kind not in kinds:
        raise ValueError(f"{name}: a {fact.kind}, where a {' or '.join(kinds)} is asked for")
    return fact


def _codes(fact: Fact, codes: object) -> None:
    if not isinstance(codes, tuple) or not codes:
        raise ValueError(f"{fact.name}: a tuple of at least one code")
    for code in codes:
        if not isinstance(code, str) or code not in fact.codes:
            raise ValueError(f"{fact.name}: no code {code!r}; one of {', '.join(fact.codes)}")
    if len(set(codes)) != len(codes):
        raise ValueError(f"{fact.name}: a code is named twice")
    if len(codes) == len(fact.codes):
        raise ValueError(f"{fact.name}: every code is named, so nothing is asked")


def _window(fact: Fact, low: object, high: object) -> None:
    least, most = (0, LONGEST_WINDOW) if fact.kind == "date" else (fact.low or 0, fact.high or 0)
    number = int if fact.whole else (int, float)
    for bound in (low, high):
        if bound is not None and (
            isinstance(bound, bool) or not isinstance(bound, number) or not least <= bound <= most
        ):
            raise ValueError(f"{fact.name}: a bound from {least:g} to {most:g}, not {bound!r}")
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        raise ValueError(f"{fact.name}: the window ends before it begins")
    if low in (None, least) and (high is None or (fact.kind == "quantity" and high == most)):
        raise ValueError(f"{fact.name}: every value lies within, so nothing is asked")


def _node(value: object) -> None:
    if not isinstance(value, Node):
        raise ValueError(f"a condition, not {value!r}")
