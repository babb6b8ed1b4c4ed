"""Tries every answer to what is not known: which of them can turn conditions that ask a fact twice."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from referrals.eligibility.answers import Answer, Course, answers
from referrals.eligibility.language import AtLeast, Leaf, Node, Not, leaves
from referrals.eligibility.outcomes import FALSE, TRUE, UNKNOWN, Options, Ranks, combined, outcomes
from referrals.eligibility.simplify import simplified

_RANK = {False: FALSE, None: UNKNOWN, True: TRUE}


@dataclass(frozen=True)
class Search:
    """A condition that opens on the first of the days (counted from today, 0) on which it is not false.

    The screens must hold beside it, as they stand today. `fixed` are the truths, day by day, of the questions on
    dates that are known; every other question is unknown. Ranks run over the days before an answer and then over
    the same days after it.
    """

    condition: Node
    screens: tuple[Node, ...] = ()
    fixed: Mapping[Leaf, Course] = field(default_factory=dict)
    days: Sequence[int] = (0,)

    def turning(self) -> tuple[set[str], set[str]]:
        """The unknown facts that can turn the condition true today, and those that can turn it false."""
        true_by, false_by = self._turning_of_those_asked_once()
        for fact in self._repeated:
            for before, after in self._changes(fact):
                if after[0] == TRUE != before[0]:
                    true_by.add(fact)
                if after[0] == FALSE != before[0]:
                    false_by.add(fact)
                if fact in true_by and fact in false_by:
                    break
        return true_by, false_by

    def putting_off(self, besides: Collection[str]) -> set[str]:
        """The unknown facts, besides those named, that can change the day on which the condition opens."""
        return {
            fact
            for fact in self._answers.keys() - set(besides)
            if any(_opening(before) != _opening(after) for before, after in self._changes(fact))
        }

    def _turning_of_those_asked_once(self) -> tuple[set[str], set[str]]:
        true_by, false_by = set(), set()
        once = self._answers.keys() - set(self._repeated)
        for supposed in self._suppositions():
            rest = simplified(self.condition, _constant(supposed))
            if not isinstance(rest, bool):
                turned_true, turned_false = turning_of_each(rest, silent=self._repeated)
                true_by |= turned_true
                false_by |= turned_false
            if once == true_by & false_by:
                break
        return true_by, false_by

    @cached_property
    def _asked(self) -> list[Leaf]:
        both = (self.condition, *self.screens)
        return [leaf for node in both for leaf in leaves(node) if leaf not in self.fixed]

    @cached_property
    def _answers(self) -> dict[str, list[Answer]]:
        """By fact, all that a known value can say to the questions asked of it."""
        questions: dict[str, list[Leaf]] = {}
        for leaf in dict.fromkeys(self._asked):
            questions.setdefault(leaf.fact, []).append(leaf)
        return {fact: answers(asked, self.days) for fact, asked in questions.items()}

    @cached_property
    def _repeated(self) -> list[str]:
        return [fact for fact, times in Counter(leaf.fact for leaf in self._asked).items() if times > 1]

    @property
    def _silence(self) -> Course:
        return (None,) * len(self.days)

    def _suppositions(self, but: str = "") -> Iterator[Answer]:
        """Every state of the facts that are asked twice: each answered in every way, or not answered."""
        said = [self._answers[fact] for fact in self._repeated if fact != but]
        states = [[*answers, dict.fromkeys(answers[0], self._silence)] for answers in said]
        for state in product(*states):
            yield {leaf: course for answer in state for leaf, course in answer.items()}

    def _changes(self, fact: str) -> Iterator[tuple[Ranks, Ranks]]:
        """All that the condition can be before and after the fact is answered, whatever is known of the others."""
        free = {leaf: self._anything(leaf) for leaf in self._asked}
        fixed = {leaf: [_ranks(course) * 2] for leaf, course in self.fixed.items()}
        for supposed in self._suppositions(but=fact):
            condition = simplified(self.condition, _constant(supposed))
            if isinstance(condition, bool):
                continue
            same = {leaf: [_ranks(course) * 2] for leaf, course in supposed.items()}
            for said in self._answers[fact]:
                changed = {leaf: [_ranks(self._silence + course)] for leaf, course in said.items()}
                for ranks in self._outcomes(condition, {**fixed, **free, **same, **changed}):
                    yield ranks[: len(self.days)], ranks[len(self.days) :]

    def _anything(self, leaf: Leaf) -> list[Ranks]:
        courses = {answer[leaf] for answer in self._answers[leaf.fact]}
        return [_ranks(course) * 2 for course in (self._silence, *courses)]

    def _outcomes(self, condition: Node, options: Options) -> set[Ranks]:
        screens = ({self._as_today(ranks) for ranks in outcomes(screen, options)} for screen in self.screens)
        return combined(min, (outcomes(condition, options), *screens))

    def _as_today(self, ranks: Ranks) -> Ranks:
        days = len(self.days)
        return (ranks[0],) * days + (ranks[days],) * days


def turning_of_each(node: Node, silent: Collection[str]) -> tuple[set[str], set[str]]:
    """The facts that can turn the condition true, and false, when no fact is asked twice but those kept silent."""
    if isinstance(node, Leaf):
        own = set() if node.fact in silent else {node.fact}
        return own, own
    if isinstance(node, Not):
        true_by, false_by = turning_of_each(node.part, silent)
        return false_by, true_by
    if not isinstance(node, AtLeast):
        raise TypeError(f"nothing to answer in {node!r}")
    trues, falses = zip(*(turning_of_each(part, silent) for part in node.parts), strict=True)
    can_hold = sum(map(bool, trues)) >= node.count
    can_fail = sum(map(bool, falses)) > len(node.parts) - node.count
    return (set().union(*trues) if can_hold else set()), (set().union(*falses) if can_fail else set())


def _ranks(course: Course) -> Ranks:
    return tuple(_RANK[holds] for holds in course)


def _constant(answer: Answer) -> dict[Leaf, bool | None]:
    """The answers that are the same on every day."""
    return {leaf: course[0] for leaf, course in answer.items() if len(set(course)) == 1}


def _opening(ranks: Ranks) -> int:
    return next((day for day, rank in enumerate(ranks) if rank != FALSE), len(ranks))
