"""The values of a fact in pieces that no criterion tells apart, and the pieces put together again, in conditions."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from referrals.eligibility.fact import EARLIEST, Fact, Value
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Leaf, Node, Not, OneOf, Within, Yes
from referrals.eligibility.truth import Facts

Cut = tuple[float, int]
"""Where a piece begins: at the number (0), or just after it (1). For a date the number is of days ago."""


class Piece(NamedTuple):
    """Values that say the same: one of them, and, where they are numbers, from which cut up to before which."""

    value: Value
    begins: Cut = (0, 0)
    ends: Cut | None = None


def pieces(name: str, asked: Iterable[Leaf], others: Iterable[Facts], as_of: date) -> list[Piece]:
    """The pieces of the fact, where these questions are asked of it and of other dates.

    `others` are the vertebrae with what is known of them: a date that runs beside this one cuts it once more, for on
    the way to a window of the one the other may close.
    """
    fact, asked = BY_NAME[name], list(asked)
    if fact.kind == "flag":
        return [Piece(True), Piece(False)]
    if fact.kind == "coded":
        return [Piece(code) for code in fact.codes]
    own = {cut for leaf in asked if leaf.fact == name for cut in _cuts(fact, leaf)}
    if fact.kind == "quantity":
        return _numbers(fact, sorted({(fact.low or 0, 0), *own}))
    furthest = (as_of - EARLIEST).days
    steps = {0, *(step for facts in others for step in _steps(name, asked, facts, as_of))}
    crossed = {int(at) - step + near for at, _ in own for step in steps for near in (-1, 0, 1, 2)}
    return _days(sorted({0, *(ago for ago in crossed if 0 < ago <= furthest)}), as_of)


def together(name: str, said: Iterable[tuple[Piece, Hashable]]) -> list[tuple[Node | None, Any]]:
    """The pieces that lead to the same, as one condition on the fact (None: any value), in the order of their first."""
    groups: dict[Hashable, list[Piece]] = {}
    for piece, leads_to in said:
        groups.setdefault(leads_to, []).append(piece)
    any_value = len(groups) == 1
    return [(None if any_value else condition(name, some), leads_to) for leads_to, some in groups.items()]


def condition(name: str, some: Sequence[Piece]) -> Node:
    """That the value of the fact lies in one of the pieces, which are not all there are."""
    fact = BY_NAME[name]
    if fact.kind == "flag":
        return Yes(name) if some[0].value is True else Not(Yes(name))
    if fact.kind == "coded":
        return OneOf(name, tuple(str(piece.value) for piece in some))
    parts = tuple(_between(fact, *ends) for ends in _runs(some))
    return parts[0] if len(parts) == 1 else AtLeast(1, parts)


def _cuts(fact: Fact, leaf: Leaf) -> Iterable[Cut]:
    if isinstance(leaf, Within):
        whole = fact.kind == "date" or fact.whole
        if leaf.low is not None:
            yield leaf.low, 0
        if leaf.high is not None and leaf.high != fact.high:
            yield (leaf.high + 1, 0) if whole else (leaf.high, 1)


def _numbers(fact: Fact, cuts: list[Cut]) -> list[Piece]:
    found = []
    for cut, end in zip(cuts, [*cuts[1:], None], strict=True):
        middle = (cut[0] + (end[0] if end else fact.high or 0)) / 2
        found.append(Piece(middle if cut[1] else cut[0], cut, end))
    return found


def _days(cuts: list[int], as_of: date) -> list[Piece]:
    ends = [*((cut, 0) for cut in cuts[1:]), None]
    return [Piece(as_of - timedelta(cut), (cut, 0), end) for cut, end in zip(cuts, ends, strict=True)]


def _steps(name: str, asked: Sequence[Leaf], facts: Facts, as_of: date) -> Iterable[int]:
    """In how many days the windows on the other dates that are known open or close."""
    for leaf in asked:
        fact, began = BY_NAME[leaf.fact], facts.get(leaf.fact)
        if fact.kind == "date" and leaf.fact != name and began is not None:
            yield from (step for at, _ in _cuts(fact, leaf) if (step := int(at) - (as_of - began).days) > 0)


def _runs(some: Sequence[Piece]) -> list[tuple[Cut, Cut | None]]:
    """The pieces that touch, joined: (from, until before; None is open)."""
    runs: list[tuple[Cut, Cut | None]] = []
    for piece in some:
        if runs and runs[-1][1] == piece.begins:
            runs[-1] = (runs[-1][0], piece.ends)
        else:
            runs.append((piece.begins, piece.ends))
    return runs


def _between(fact: Fact, begins: Cut, ends: Cut | None) -> Node:
    """The window as a condition: a bound that is not in it is what the next window's denial says."""
    whole = fact.kind == "date" or fact.whole
    least = (0, 0) if fact.kind == "date" else (fact.low or 0, 0)
    low = None if begins == least else begins[0]
    if whole or (begins[1] == 0 and (ends is None or ends[1] == 1)):
        high = None if ends is None else int(ends[0]) - 1 if whole else ends[0]
        return Within(fact.name, low if low is None or not whole else int(low), high)
    parts: list[Node] = []
    if begins[1]:
        parts.append(Not(Within(fact.name, None, begins[0])))
    elif low is not None:
        parts.append(Within(fact.name, low, None))
    if ends is not None:
        parts.append(Not(Within(fact.name, ends[0], None)) if ends[1] == 0 else Within(fact.name, None, ends[0]))
    return parts[0] if len(parts) == 1 else AtLeast(len(parts), tuple(parts))
