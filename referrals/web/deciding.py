"""How pages say what to ask next, what each answer would do, and which few facts would make a candidate."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from referrals.eligibility import english
from referrals.eligibility.assessment import Assessment, Judgement
from referrals.eligibility.consequence import Consequence, Place, consequences, courses
from referrals.eligibility.deciding import FactSet, deciding, left_open, shares
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Node
from referrals.eligibility.next_question import Asked, in_order
from referrals.eligibility.verdict import MORE_INFORMATION, PROCEDURES
from referrals.web.fact_fields import fact_label

MOST_SETS = 3
"""Of one size, on a page; the others are counted."""


@dataclass(frozen=True)
class Effect:
    """What was said, and what then holds: (kind of verdict, None while it is not settled; where, empty: everywhere)."""

    said: str
    leads_to: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True)
class NextQuestion:
    fact: str
    vertebra: int | None
    level: str | None
    effects: list[Effect]
    pressing = True

    @property
    def question(self) -> str:
        return BY_NAME[self.fact].question


@dataclass(frozen=True)
class FewFacts:
    """The sets of facts that answer by answer lead to a candidate, for one or more procedures and levels.

    `missing` are the titles of what the record is known to lack, so that no answer can do it.
    """

    where: str
    reachable: bool
    missing: tuple[str, ...]
    sets: tuple[tuple[FactSet, tuple[Effect, ...]], ...]
    more: int

    def is_just(self, fact: str) -> bool:
        return [names for names, _ in self.sets] == [(fact,)]


def next_question(assessment: Assessment, may_ask: Callable[[Asked], bool] = lambda _: True) -> NextQuestion | None:
    """The first in order of those that may be asked."""
    first = next(filter(may_ask, in_order(assessment)), None)
    if first is None:
        return None
    level = None if first.vertebra is None else assessment.vertebrae[first.vertebra].level
    found = consequences(assessment, first.fact, first.vertebra)
    return NextQuestion(first.fact, first.vertebra, level, [_effect(assessment, each) for each in found])


def few_facts(assessment: Assessment, told: NextQuestion | None = None) -> list[FewFacts]:
    """What would make a candidate of what is open; what is said alike of several is said once.

    Nothing of a place for which the next question, which the page tells anyhow, is all of it.
    """
    found: dict[FewFacts, list[Place]] = {}
    for at, vertebra in enumerate(assessment.vertebrae):
        for procedure, judgement in vertebra.judgements.items():
            if judgement.verdict.kind == MORE_INFORMATION:
                few = _few(assessment, at, procedure, judgement)
                if (
                    told is None
                    or [names for names, _ in few.sets] != [(told.fact,)]
                    or told.vertebra not in (None, at)
                ):
                    found.setdefault(few, []).append(Place(at, procedure))
    return [replace(each, where=where(places, assessment)) for each, places in found.items()]


def _few(assessment: Assessment, at: int, procedure: str, judgement: Judgement) -> FewFacts:
    facts, left = assessment.vertebrae[at].facts, left_open(judgement, assessment.as_of)
    _, making, reachable = deciding(left)
    share = shares(left)
    sets = []
    for names in making[:MOST_SETS]:
        order = sorted(names, key=lambda name: -share[name])
        led = courses(assessment.edition, facts, assessment.as_of, procedure, order)
        sets.append((names, tuple(Effect(_said(each.said), ((each.leads_to, ""),)) for each in led)))
    lacking = tuple(
        each.criterion.title
        for each in judgement.findings
        if each.part == "documentation" and each.holds is False
    )  # fmt: skip
    return FewFacts("", reachable, lacking, tuple(sets), max(0, len(making) - MOST_SETS))


def _said(answers: Sequence[tuple[str, Node | None]]) -> str:
    """ "Painful: yes; pregnant: no"."""
    return "; ".join(f"{fact_label(name)}: {answered(node)}" for name, node in answers)


def answered(node: Node | None) -> str:
    return "whatever it is" if node is None else english.answer(node)


def _effect(assessment: Assessment, found: Consequence) -> Effect:
    places: dict[str | None, list[Place]] = {}
    for place, kind in found.leads_to.items():
        places.setdefault(kind, []).append(place)
    everywhere = len(found.leads_to) == len(PROCEDURES) * len(assessment.vertebrae) and len(places) == 1
    said = _capital(answered(found.answer))
    return Effect(said, tuple((kind, "" if everywhere else where(some, assessment)) for kind, some in places.items()))


def where(places: Iterable[Place], assessment: Assessment) -> str:
    """The procedures and, where there are several vertebrae, their levels: "kyphoplasty at L1 and L2"."""
    levels: dict[tuple[str, ...], list[str]] = {}
    of_each: dict[int, list[str]] = {}
    for place in places:
        of_each.setdefault(place.vertebra, []).append(place.procedure)
    for at, procedures in of_each.items():
        levels.setdefault(tuple(procedures), []).append(assessment.vertebrae[at].level or "the level not known")
    if len(assessment.vertebrae) == 1:
        return " and ".join(next(iter(levels)))
    return "; ".join(f"{' and '.join(procedures)} at {' and '.join(some)}" for procedures, some in levels.items())


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
