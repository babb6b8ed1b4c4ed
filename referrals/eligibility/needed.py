"""Reading: which unknown facts can still turn what is asked for.

Exact, and not only what is left after the known facts are put in: a fact counts when there is some way to answer
any of the others in which its answer is the one that turns the condition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, reduce
from operator import or_

from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Leaf, Node, leaves
from referrals.eligibility.search import Search
from referrals.eligibility.simplify import simplified
from referrals.eligibility.truth import Facts, Truth, truth

FactSet = int
"""A set of facts as bits, in the order of the vocabulary."""

_BIT: Mapping[str, FactSet] = {name: 1 << place for place, name in enumerate(BY_NAME)}


@dataclass(frozen=True, eq=False, slots=True)
class Reach:
    """How far conditions that must all hold have come, what is left of them, and which facts can still turn them.

    Compared by identity: what was joined once is then found again at once.
    """

    truth: Truth
    rests: tuple[Node, ...] = ()
    left: FactSet = 0
    true_by: FactSet = 0
    false_by: FactSet = 0


MET, FAILED = Reach(True), Reach(False)


def reach(condition: Node, known: Mapping[Leaf, Truth]) -> Reach:
    """How far the condition has come with the truths that are known of its questions."""
    rest = simplified(condition, known)
    if isinstance(rest, bool):
        return MET if rest else FAILED
    return _reach_of((rest,))


def joined(conditions: tuple[Reach, ...]) -> Reach:
    """The conditions as one that holds when all of them hold."""
    return FAILED if FAILED in conditions else _joined(conditions)


def put_off_by(
    rules: Sequence[Node], screen: Reach, facts: Facts, as_of: date, days: Sequence[int], besides: FactSet
) -> FactSet:
    """The facts, besides those named, that can move the first of the days on which the rules are not false.

    The days are counted from today; the screen counts as it stands today.
    """
    asked = {leaf for rule in rules for leaf in leaves(rule)}
    dates = [as_of + timedelta(day) for day in days]
    courses = {leaf: tuple(truth(leaf, facts, day) for day in dates) for leaf in asked}
    varying = {leaf: course for leaf, course in courses.items() if len(set(course)) > 1}
    rest = simplified(_all_of(tuple(rules)), {leaf: courses[leaf][0] for leaf in asked - varying.keys()})
    if isinstance(rest, bool):
        return 0
    return _fact_set(Search(rest, screen.rests, varying, days).putting_off(besides=names(besides)))


@lru_cache(maxsize=4096)
def names(facts: FactSet) -> tuple[str, ...]:
    """The facts of the set in the order in which a referral asks for them."""
    return tuple(name for name, bit in _BIT.items() if facts & bit)


def _fact_set(facts: Iterable[str]) -> FactSet:
    return sum({_BIT[name] for name in facts})


@lru_cache(maxsize=4096)
def _reach_of(rests: tuple[Node, ...]) -> Reach:
    """What can turn the remains of conditions, in which every question is unknown."""
    asked = [leaf.fact for rest in rests for leaf in leaves(rest)]
    left = _fact_set(asked)
    if left.bit_count() == len(asked):
        # Each fact is asked once, so each can turn the whole either way.
        return Reach(None, rests, left, true_by=left, false_by=left)
    true_by, false_by = Search(_all_of(rests)).turning()
    return Reach(None, rests, left, _fact_set(true_by), _fact_set(false_by))


@lru_cache(maxsize=4096)
def _joined(conditions: tuple[Reach, ...]) -> Reach:
    unknown = [condition for condition in conditions if condition is not MET]
    if len(unknown) < 2:
        return unknown[0] if unknown else MET
    apart = _disentangled(unknown)
    can_hold = all(condition.true_by for condition in apart)
    return Reach(
        truth=None,
        rests=tuple(rest for condition in apart for rest in condition.rests),
        left=_union(condition.left for condition in apart),
        true_by=_union(condition.true_by for condition in apart) if can_hold else 0,
        false_by=_union(condition.false_by for condition in apart),
    )


def _disentangled(conditions: Iterable[Reach]) -> list[Reach]:
    """The same conditions, those that share a fact taken together."""
    apart: list[Reach] = []
    for condition in conditions:
        touching = [other for other in apart if other.left & condition.left]
        apart = [other for other in apart if not other.left & condition.left]
        apart.append(_together((*touching, condition)) if touching else condition)
    return apart


def _together(conditions: Sequence[Reach]) -> Reach:
    return _reach_of(tuple(rest for condition in conditions for rest in condition.rests))


def _union(sets: Iterable[FactSet]) -> FactSet:
    return reduce(or_, sets, 0)


def _all_of(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else AtLeast(len(nodes), nodes)
