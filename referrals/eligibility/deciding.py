"""Reading: the smallest sets of missing facts that would settle a verdict, and how often one answer settles it.

A verdict is *settled* once it is no longer `more_information`: no answer to anything else opens it again. A candidate
stays one, and of a refusal only the ground or its day may still change.

A set of missing facts is *deciding* when there are answers to just these after which the verdict is settled. Nearly
always one answer can refuse (the vertebra is not painful), so two readings are kept apart: the smallest sets that can
settle it at all, and the smallest that can make a candidate. The second is what a person wants to be told; its other
answers refuse, or leave it open.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from referrals.eligibility.answers import answers
from referrals.eligibility.assessment import Judgement
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Leaf, Node, Not, leaves
from referrals.eligibility.needed import joined, reach
from referrals.eligibility.simplify import simplified
from referrals.eligibility.truth import truth
from referrals.eligibility.ways import ways

MOST = 3
"""Facts in a set. Longer ways are not looked for: nobody asks four things at once to save a fifth."""

FactSet = tuple[str, ...]
"""Names in the order of the vocabulary."""

_PLACES = {name: place for place, name in enumerate(BY_NAME)}


class Open(NamedTuple):
    """What is left of the conditions of a procedure, none of them settled yet.

    `opening` are its inclusion, and its exclusions denied: one of them false is a refusal. `recording` is what the
    record must hold beside that; `recordable` False where it is known not to hold it.
    """

    opening: tuple[Node, ...]
    recording: tuple[Node, ...]
    recordable: bool

    @property
    def conditions(self) -> tuple[Node, ...]:
        return self.opening + self.recording


class Deciding(NamedTuple):
    """The smallest sets, all of one size; empty where a set would need more than MOST facts.

    `reachable`: whether some answers to all that is missing make a candidate.
    """

    settling: tuple[FactSet, ...]
    making: tuple[FactSet, ...]
    reachable: bool


def left_open(judgement: Judgement, as_of: date) -> Open:
    """What is left of a judgement that asks for more information."""
    opening: list[Node] = []
    recording: list[Node] = []
    recordable = True
    for criterion, part, holds, facts in judgement.findings:
        if holds is None:
            rule = Not(criterion.rule) if part == "exclusion" else criterion.rule
            rest = simplified(rule, {leaf: truth(leaf, facts, as_of) for leaf in leaves(rule)})
            assert not isinstance(rest, bool)
            (recording if part == "documentation" else opening).append(rest)
        elif part == "documentation":
            recordable = recordable and holds
    return Open(tuple(opening), tuple(recording), recordable)


@lru_cache(maxsize=4096)
def deciding(left: Open) -> Deciding:
    making = ways(_all_of(left.conditions), True, MOST) if left.recordable and left.conditions else set()
    refusing = ways(_all_of(left.opening), False, MOST) if left.opening else set()
    can_hold = joined(tuple(reach(condition, {}) for condition in left.conditions)).true_by
    return Deciding(_smallest(making | refusing), _smallest(making), left.recordable and bool(can_hold))


@lru_cache(maxsize=4096)
def shares(left: Open) -> Mapping[str, Fraction]:
    """Of each missing fact, which part of its answers settles the verdict by itself.

    Answers that say the same to every question still asked count once.
    """
    asked: dict[str, list[Leaf]] = {}
    for leaf in dict.fromkeys(leaf for condition in left.conditions for leaf in leaves(condition)):
        asked.setdefault(leaf.fact, []).append(leaf)
    return {name: _share(left, questions) for name, questions in asked.items()}


def _share(left: Open, questions: list[Leaf]) -> Fraction:
    said = [{leaf: course[0] for leaf, course in answer.items()} for answer in answers(questions)]
    return Fraction(sum(_settles(left, answer) for answer in said), len(said))


def _settles(left: Open, answer: Mapping[Leaf, bool | None]) -> bool:
    rests = [simplified(condition, answer) for condition in left.conditions]
    return False in rests[: len(left.opening)] or (left.recordable and all(rest is True for rest in rests))


def _smallest(found: Iterable[frozenset[str]]) -> tuple[FactSet, ...]:
    found = set(found)
    least = min(map(len, found), default=0)
    sets = (sorted(each, key=_PLACES.__getitem__) for each in found if len(each) == least)
    return tuple(map(tuple, sorted(sets, key=lambda names: [_PLACES[name] for name in names])))


def _all_of(nodes: tuple[Node, ...]) -> Node:
    return AtLeast(len(nodes), nodes)
