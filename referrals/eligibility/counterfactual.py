"""Of a refusal: the day from which, or the smallest changes of what is known by which, it would be open."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, combinations
from typing import NamedTuple

from referrals.eligibility.assessment import Assessment, Judgement
from referrals.eligibility.consequence import questions
from referrals.eligibility.evaluate import assess
from referrals.eligibility.fact import Value
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Node, facts_of
from referrals.eligibility.ranges import Piece, condition, pieces, together
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION, Verdict

MOST = 2
"""Facts to be different at once; beyond that the criteria that are not met say it better."""

LASTING = frozenset(
    [
        *("level", "injury", "cause", "tumor_damage", "cement_allergy", "contrast_allergy"),
        *("onset_on", "conservative_management_started_on"),
    ]
)
"""What time, treatment or another examination does not change: it can only have been told wrongly."""

_OPEN = (CANDIDATE, MORE_INFORMATION)


class Waiting(NamedTuple):
    """The verdict on the first day on which it is open again, and what must still be so by then."""

    verdict: Verdict
    while_so: tuple[Node, ...]


class Change(NamedTuple):
    """What would have to be so, and the verdict then; `lasting` where that could only have been told wrongly."""

    facts: tuple[Node, ...]
    verdict: str
    lasting: bool


class Counterfactual(NamedTuple):
    """What opens a refusal. Changes are not looked for where waiting is enough."""

    waiting: Waiting | None
    changes: tuple[Change, ...] = ()


def counterfactual(assessment: Assessment, vertebra: int, procedure: str) -> Counterfactual:
    """Of the vertebra at the position, for a procedure whose verdict is a refusal.

    Time comes first, then changes of what can change, and only where there are none, of what lasts.
    """
    trial = _Trial(assessment, vertebra, procedure)
    if (starts_on := trial.judgement.verdict.starts_on) is not None:
        return Counterfactual(Waiting(Verdict(trial.kind({}, starts_on), starts_on), tuple(trial.relied_on(starts_on))))
    return Counterfactual(None, trial.smallest(lasting=False) or trial.smallest(lasting=True))


class _Trial:
    """Tries other values in place of some that are known."""

    def __init__(self, assessment: Assessment, vertebra: int, procedure: str) -> None:
        self._edition, self._as_of, self._procedure = assessment.edition, assessment.as_of, procedure
        self._facts = assessment.vertebrae[vertebra].facts
        self.judgement: Judgement = assessment.vertebrae[vertebra].judgements[procedure]
        read = set(chain(*(facts_of(finding.criterion.rule) for finding in self.judgement.findings)))
        self._known = {name: self._pieces(name) for name in BY_NAME if name in read and self._facts[name] is not None}

    def kind(self, told: Mapping[str, Value], day: date | None = None) -> str:
        after = assess(self._edition, self._facts, [told], day or self._as_of).vertebrae[0]
        return after.judgements[self._procedure].verdict.kind

    def smallest(self, lasting: bool) -> tuple[Change, ...]:
        names = [name for name in self._known if lasting or name not in LASTING]
        for many in range(1, MOST + 1):
            found = tuple(chain(*(self._changes(some) for some in combinations(names, many))))
            if found:
                return found
        return ()

    def relied_on(self, day: date) -> Iterator[Node]:
        """What the criteria that only wait ask beside the date, where it is known and can still change."""
        waiting = [each for each in self.judgement.findings if each.part == "inclusion" and each.holds is False]
        for name in dict.fromkeys(chain(*(facts_of(each.criterion.rule) for each in waiting))):
            if name in self._known and name not in LASTING:
                good = [piece for piece in self._known[name] if self.kind({name: piece.value}, day) in _OPEN]
                if len(good) < len(self._known[name]):
                    yield condition(name, good)

    def _changes(self, names: Sequence[str]) -> Iterator[Change]:
        lasting = not LASTING.isdisjoint(names)
        for told, verdict in self._opening(names, {}):
            yield Change(told, verdict, lasting)

    def _opening(self, names: Sequence[str], told: Mapping[str, Value]) -> tuple[tuple[tuple[Node, ...], str], ...]:
        """The values of these facts that open it, those that do the same together."""
        if not names:
            kind = self.kind(told)
            return (((), kind),) if kind in _OPEN else ()
        first, *rest = names
        tried = ((piece, self._opening(rest, {**told, first: piece.value})) for piece in self._known[first])
        return tuple(
            ((answer, *others), kind)
            for answer, opened in together(first, tried)
            if answer is not None
            for others, kind in opened
        )

    def _pieces(self, name: str) -> list[Piece]:
        return pieces(name, questions(self._edition), [self._facts], self._as_of)
