"""Asking the referrer for what is missing, and the answer: the picture told anew and screened again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from referrals.amendment import retell, verdicts_of
from referrals.clinical import with_answers
from referrals.db import now
from referrals.information import InformationItem, InformationRequest, open_request
from referrals.referral import Referral
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed, Said, transition


@dataclass(frozen=True)
class Item:
    """Something to ask for: a fact (of the vertebra at this position) or a question in words."""

    question: str
    fact: str | None = None
    vertebra: int | None = None
    level: str | None = None


def ask(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    items: Sequence[Item],
    due_on: date,
    comment: str = "",
) -> InformationRequest:
    """Ask the referrer for named items, at least one, by a day to come."""
    if not items:
        raise Incomplete("items", "Tick at least one item, or write a question of your own.")
    if due_on < today:
        raise Incomplete("due_on", "The day by which you need it cannot be past.")
    request = _request(referral, actor, items, due_on, comment)
    said = Said(comment=comment, details={"items": [item.question for item in items], "due_on": due_on.isoformat()})
    transition(session, referral, "ask_information", actor, version, today, said, due_on=due_on)
    session.add(request)
    session.flush()
    return request


def _request(
    referral: Referral, actor: Person, items: Sequence[Item], due_on: date, comment: str
) -> InformationRequest:
    return InformationRequest(
        referral_id=referral.id,
        came_from=referral.state,
        asked_by_id=actor.id,
        due_on=due_on,
        comment=comment,
        items=[InformationItem(position=i, **vars(item)) for i, item in enumerate(items)],
    )


@dataclass(frozen=True)
class Answer:
    """What the referrer says to an item: in words for people, and as the fact's value where it asks for a fact."""

    words: str
    value: Any = None


def answer(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    answers: Mapping[int, Answer],
    comment: str = "",
) -> None:
    """Answer the open request, in part or whole: a new picture, screened again, back to the clinic.

    `answers` goes by the position of the item; an item left out stays unanswered.
    """
    request, before = open_request(session, referral.id), verdicts_of(referral)
    if request is None:
        raise NotAllowed("answer")
    if not answers:
        raise Incomplete("answers", "Answer at least one item; “Not known” is an answer.")
    told = _note_answers(request, answers)
    changes, assessment = retell(session, referral, actor, today, lambda known: with_answers(known, told))
    details = {"answered": len(answers), "asked": len(request.items), "before": before, "after": assessment.kinds()}
    said = Said(comment=comment, details=details)
    changes["due_on"] = None
    transition(session, referral, "answer", actor, version, today, said, back_to=request.came_from, **changes)


def _note_answers(request: InformationRequest, answers: Mapping[int, Answer]) -> dict[tuple[int | None, str], Any]:
    """Write the answers beside their questions; give back those that are facts."""
    told: dict[tuple[int | None, str], Any] = {}
    for item in request.items:
        if given := answers.get(item.position):
            item.answer = given.words
            if item.fact:
                told[item.vertebra, item.fact] = given.value
    request.answered_at = now()
    return told
