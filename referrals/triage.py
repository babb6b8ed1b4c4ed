"""Deciding on a referral: claim it, ask for what is missing, answer, accept, decline, withdraw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.clinical import PictureDetails, newest_picture, record_picture, with_answers
from referrals.db import now
from referrals.eligibility import verdict
from referrals.eligibility.evaluate import Assessment
from referrals.information import InformationItem, InformationRequest, open_request
from referrals.referral import Referral, reflected
from referrals.screening import assess_picture, screen
from referrals.staff import Person, RoleName
from referrals.transition import NOTHING, Incomplete, NotAllowed, Said, transition
from referrals.workflow import Reason


@dataclass(frozen=True)
class Item:
    """Something to ask for: a fact (of the vertebra at this position) or a question in words."""

    question: str
    fact: str | None = None
    vertebra: int | None = None
    level: str | None = None


def reasons_for(session: Session, action: str, person: Person, today: date) -> list[Reason]:
    """The reasons that this person may give for this action today."""
    rows = session.scalars(select(Reason).order_by(Reason.code)).all()
    return [reason for reason in rows if reason.fits(action, person.role_names, today)]


def claim(session: Session, referral: Referral, actor: Person, version: int, today: date) -> None:
    """Take a new referral into review; of two who try, one wins and the other gets Stale."""
    transition(session, referral, "claim", actor, version, today, owner_id=actor.id)


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
    request = InformationRequest(
        referral_id=referral.id,
        came_from=referral.state,
        asked_by_id=actor.id,
        due_on=due_on,
        comment=comment,
        items=[InformationItem(position=i, **vars(item)) for i, item in enumerate(items)],
    )
    said = Said(comment=comment, details={"items": [item.question for item in items], "due_on": due_on.isoformat()})
    transition(session, referral, "ask_information", actor, version, today, said, due_on=due_on)
    session.add(request)
    session.flush()
    return request


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
    picture, assessment = _retold(session, referral, actor, today, _note_answers(request, answers))
    details = {"answered": len(answers), "asked": len(request.items), "before": before, "after": assessment.kinds()}
    said = Said(comment=comment, details=details)
    changes = {"due_on": None, **reflected(picture, assessment, referral.urgency)}
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


def _retold(
    session: Session, referral: Referral, actor: Person, today: date, told: dict[tuple[int | None, str], Any]
) -> tuple[PictureDetails, Assessment]:
    """The newest picture, told anew where facts were given, and what the criteria say of it today."""
    newest = newest_picture(session, referral.id)
    picture_id, picture = newest.id, newest.details()
    if told:
        picture = with_answers(picture, told)
        picture_id = record_picture(session, referral.id, newest.number + 1, actor.id, picture)
    return picture, screen(session, picture_id, picture, today)


def verdicts_of(referral: Referral) -> dict[str, str | None]:
    return {procedure: getattr(referral, procedure) for procedure in verdict.PROCEDURES}


def accept(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    said: Said = NOTHING,
) -> None:
    """Accept the referral. Against the verdict only an IR physician may, with a reason."""
    if not is_candidate(session, referral, today):
        if RoleName.IR_PHYSICIAN not in actor.role_names:
            raise NotAllowed("accept")
        if said.reason is None:
            raise Incomplete("reason", "The criteria do not flag a candidate: choose why you accept all the same.")
    decided = _decided(actor, said)
    transition(session, referral, "accept", actor, version, today, said, **decided)


def decline(
    session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said, would_change: str
) -> None:
    """Decline with reason, comment and what would change it; clinical reasons are an IR physician's to give."""
    if not would_change:
        raise Incomplete("would_change", "Say what would change this decision, or that nothing would.")
    transition(
        session, referral, "decline", actor, version, today, said, would_change=would_change, **_decided(actor, said)
    )


def withdraw(session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said) -> None:
    """The referrer takes the referral back."""
    transition(session, referral, "withdraw", actor, version, today, said, due_on=None, **_decided(actor, said))


def is_candidate(session: Session, referral: Referral, today: date) -> bool:
    """Whether the criteria flag a candidate for either procedure on this day."""
    verdicts = assess_picture(newest_picture(session, referral.id), today).verdicts.values()
    return any(v.kind == verdict.CANDIDATE for v in verdicts)


def _decided(actor: Person, said: Said) -> dict[str, Any]:
    return {
        "decided_by_id": actor.id,
        "decided_at": now(),
        "decision_reason": said.reason.code if said.reason else None,
        "decision_comment": said.comment or None,
    }
