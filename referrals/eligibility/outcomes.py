"""Every way in which a condition can come out, given what each of its questions can come to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import add

from referrals.eligibility.language import AtLeast, Leaf, Node, Not

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""Truths in their order: *and* is the least of them, *or* the greatest, *not* the distance from true."""

Ranks = tuple[int, ...]
"""Truths of one condition in several worlds: on several days, before an answer and after it."""

Options = Mapping[Leaf, Sequence[Ranks]]

_ONE_FALSE = 1 << 16
_TALLY = {FALSE: _ONE_FALSE, UNKNOWN: 0, TRUE: 1}


def outcomes(node: Node, options: Options) -> set[Ranks]:
    """Every way the condition can run; exact as long as no free question is asked twice."""
    if isinstance(node, Leaf):
        return set(options[node])
    if isinstance(node, Not):
        return {tuple(TRUE - rank for rank in ranks) for ranks in outcomes(node.part, options)}
    if not isinstance(node, AtLeast):
        raise TypeError(f"nothing to answer in {node!r}")
    parts = [outcomes(part, options) for part in node.parts]
    if node.every or node.count == 1:
        return combined(min if node.every else max, parts)
    tallies = combined(add, ({tuple(_TALLY[rank] for rank in ranks) for ranks in part} for part in parts))
    return {tuple(_reached(node, tally) for tally in tallied) for tallied in tallies}


def combined(operation: Callable[[int, int], int], parts: Iterable[set[Ranks]]) -> set[Ranks]:
    """Every result of the operation, world by world, on one outcome of each part."""
    return reduce(lambda some, more: {tuple(map(operation, a, b)) for a in some for b in more}, parts)


def _reached(node: AtLeast, tally: int) -> int:
    if tally % _ONE_FALSE >= node.count:
        return TRUE
    return FALSE if tally // _ONE_FALSE > len(node.parts) - node.count else UNKNOWN
