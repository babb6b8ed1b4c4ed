"""What the answers to missing facts lead to: values that lead to the same are told together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from referrals.eligibility.assessment import Assessment, Judgement, VertebraAssessment
from referrals.eligibility.edition import Edition
from referrals.eligibility.evaluate import assess
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Leaf, Node, leaves
from referrals.eligibility.ranges import pieces, together
from referrals.eligibility.truth import Facts
from referrals.eligibility.verdict import MORE_INFORMATION, NOT_INDICATED, NOT_YET

REFUSED = "refused"
"""Not met today; whether waiting would change it hangs on two dates at once."""


class Place(NamedTuple):
    """One procedure on the vertebra at a position."""

    vertebra: int
    procedure: str


class Consequence(NamedTuple):
    """Some answers to one question (None: any), and the kind of verdict each place then has; None is not settled."""

    answer: Node | None
    leads_to: Mapping[Place, str | None]


class Course(NamedTuple):
    """Answers to several questions, one after another, and where they lead: a kind of verdict, or None, not settled."""

    said: tuple[tuple[str, Node | None], ...]
    leads_to: str | None


@lru_cache(maxsize=32)
def questions(edition: Edition) -> tuple[Leaf, ...]:
    """All that the edition asks of anything, each once."""
    rules = (each.rule for criteria in edition.procedures.values() for _, each in criteria.parts())
    return tuple(dict.fromkeys(leaf for rule in rules for leaf in leaves(rule)))


def consequences(assessment: Assessment, name: str, vertebra: int | None) -> list[Consequence]:
    """What each answer to the question does where it counts: at a vertebra, or (None) at all of them."""
    judged = assessment.vertebrae
    positions = range(len(judged)) if vertebra is None else [vertebra]
    places = [
        Place(at, procedure)
        for at in positions
        for procedure, judgement in judged[at].judgements.items()
        if name in judgement.needed and judgement.verdict.kind == MORE_INFORMATION
    ]
    asked, others = questions(assessment.edition), [each.facts for each in judged]
    said = [
        (piece, _kinds(assessment, places, {name: piece.value}))
        for piece in pieces(name, asked, others, assessment.as_of)
    ]
    return [Consequence(answer, dict(zip(places, kinds, strict=True))) for answer, kinds in together(name, said)]


def courses(edition: Edition, facts: Facts, as_of: date, procedure: str, names: Sequence[str]) -> list[Course]:
    """What the answers to a set of questions do for one procedure, asked in this order until it is settled.

    A question whose answers all lead to the same is left out.
    """
    dates = [name for name in names if BY_NAME[name].kind == "date"]

    def kind(facts: Facts) -> str | None:
        found = _kind(_judged(edition, facts, as_of).judgements[procedure])
        return REFUSED if len(dates) > 1 and found in (NOT_INDICATED, NOT_YET) else found

    def asked(facts: Facts, names: Sequence[str]) -> tuple[Course, ...]:
        settled = kind(facts)
        if settled or not names:
            return (Course((), settled),)
        first, *rest = names
        told = pieces(first, questions(edition), [facts], as_of)
        said = together(first, ((piece, asked({**facts, first: piece.value}, rest)) for piece in told))
        return tuple(_after(first, said))

    return list(asked(facts, names))


def _after(name: str, said: Iterable[tuple[Node | None, tuple[Course, ...]]]) -> Iterator[Course]:
    for answer, then in said:
        own = () if answer is None else ((name, answer),)
        yield from (Course((*own, *course.said), course.leads_to) for course in then)


def _kinds(assessment: Assessment, places: Sequence[Place], told: Facts) -> tuple[str | None, ...]:
    after = {
        at: _judged(assessment.edition, {**assessment.vertebrae[at].facts, **told}, assessment.as_of)
        for at in {place.vertebra for place in places}
    }
    return tuple(_kind(after[place.vertebra].judgements[place.procedure]) for place in places)


def _kind(judgement: Judgement) -> str | None:
    return None if judgement.verdict.kind == MORE_INFORMATION else judgement.verdict.kind


def _judged(edition: Edition, facts: Facts, as_of: date) -> VertebraAssessment:
    return assess(edition, facts, [{}], as_of).vertebrae[0]
