"""Referring a patient: the draft that is never lost, and the submission that happens once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from referrals import duplicates
from referrals.clinical import PictureDetails, record_picture
from referrals.db import Base, now
from referrals.earlier import Earlier, still_open
from referrals.eligibility.evaluate import Assessment
from referrals.patients import PatientDetails, find_or_register
from referrals.referral import Referral, reflected
from referrals.requester import requester_of
from referrals.screening import screen
from referrals.sight import NotFound
from referrals.staff import Person
from referrals.transition import Said, transition
from referrals.workflow import State, Urgency


@dataclass(frozen=True)
class Submission:
    """A referral as it is sent: checked, complete enough to be acted on, and never judged here.

    `requester` is the public id of the physician for whom a delegate sends it.
    """

    patient: PatientDetails
    picture: PictureDetails
    reason: str
    call_back: str
    requester_npi: str = ""
    requester: str = ""
    urgency: Urgency = Urgency.ROUTINE


class AlreadySubmitted(Exception):
    """The same form was sent before; `referral` is what became of it."""

    def __init__(self, referral: Referral) -> None:
        super().__init__(referral.public_id)
        self.referral = referral


class OpenAlready(Exception):
    """The patient, or one who looks like them, has referrals still open, and nobody said that this is another one."""

    def __init__(self, earlier: Sequence[Earlier]) -> None:
        super().__init__([each.referral.public_id for each in earlier])
        self.earlier = earlier


REFERRALS = Base.metadata.tables[Referral.__tablename__]
DRAFTS = {
    name: select(Referral).from_statement(
        insert(REFERRALS).on_conflict_do_nothing(index_elements=["submission_token"]).returning(REFERRALS)
    )
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
"""Built once for each kind of database."""


def open_draft(session: Session, token: str, person: Person) -> Referral:
    """The referral of this form: made now, or found when the form was saved or sent before.

    The insert comes first and does nothing on a second try, so that of many equal posts exactly one makes a row.
    """
    new = {"submission_token": token, "practice_id": person.practice_id, "requester_id": person.id}
    made = session.scalars(DRAFTS[session.get_bind().dialect.name], new).first()
    return made or _draft_of(session, token, person)


def _draft_of(session: Session, token: str, person: Person) -> Referral:
    draft = session.scalars(
        select(Referral)
        .where(Referral.submission_token == token, Referral.practice_id == person.practice_id)
        .with_for_update()
    ).first()
    if draft is None:
        raise NotFound
    return draft


def save_draft(session: Session, draft: Referral, answers: dict[str, list[str]]) -> None:
    """Keep what was typed, as it was typed. Does nothing to a referral that was sent meanwhile."""
    if draft.status is State.DRAFT:
        draft.draft_answers, draft.changed_at = answers, now()
        session.flush()


def submit(
    session: Session, draft: Referral, submission: Submission, actor: Person, today: date, separate: bool = False
) -> Referral:
    """Send the draft to the clinic: patient, picture, screening, event and notice in the caller's transaction.

    Raises AlreadySubmitted when this form was sent before, OpenAlready when the practice has an open referral of the
    patient, or of one who looks like them, unless this is to be a `separate` one, and NoSuchPhysician when a delegate
    names nobody who may refer.
    """
    return _send(session, draft, submission, actor, today, separate, "submit")


def enter(
    session: Session,
    token: str,
    requester: Person,
    submission: Submission,
    actor: Person,
    today: date,
    source: str,
    separate: bool = False,
) -> Referral:
    """The clinic enters a referral that came by fax or telephone, for the physician who made it.

    The transaction has to work for that physician's practice too (policy.scope_for_practice). Raises as `submit` does.
    """
    try:
        draft = open_draft(session, token, requester)
    except NotFound:  # sent before, for a physician of another practice
        raise AlreadySubmitted(
            session.scalars(select(Referral).where(Referral.submission_token == token)).one()
        ) from None
    return _send(session, draft, submission, actor, today, separate, "submit_on_behalf", source=source)


def _send(
    session: Session,
    draft: Referral,
    submission: Submission,
    actor: Person,
    today: date,
    separate: bool,
    action: str,
    **more: Any,
) -> Referral:
    if draft.status is not State.DRAFT:
        raise AlreadySubmitted(draft)
    patient_id, known = find_or_register(session, draft.practice_id, submission.patient)
    new = None if known else patient_id  # of whom nothing was sent
    before = still_open(session, actor, draft.practice_id, submission.patient, but=new)
    if before and not separate:
        raise OpenAlready(before)
    sent, assessment = _recorded(session, draft, submission, actor, today)
    requester_id = requester_of(session, draft.practice_id, actor, draft.requester_id, submission.requester)
    changes = {"patient_id": patient_id, "requester_id": requester_id, **sent, **more}
    transition(session, draft, action, actor, draft.version, today, _said(assessment, before), **changes)
    if not known:  # now that the log is held, whoever registers the same patient elsewhere waits, and sees this one
        duplicates.link(session, patient_id, draft.practice_id, submission.patient)
    return draft


def _recorded(
    session: Session, draft: Referral, submission: Submission, actor: Person, today: date
) -> tuple[dict[str, Any], Assessment]:
    """Record the picture, and what the criteria say of it: the columns that say what was sent, and the assessment."""
    picture_id = record_picture(session, draft.id, 1, actor.id, submission.picture)
    assessment = screen(session, picture_id, submission.picture, today)
    return {
        "picture_id": picture_id,
        "first_submitted_at": now(),
        "draft_answers": None,
        "reason": submission.reason,
        "call_back": submission.call_back,
        "requester_npi": submission.requester_npi,
        "urgency": submission.urgency,
        **reflected(submission.picture, assessment, submission.urgency),
    }, assessment


def _said(assessment: Assessment, before: Sequence[Earlier]) -> Said:
    """What the log keeps of a sending; also that its sender was shown others, and sent it all the same."""
    shown = {"separate_from": [each.referral.public_id for each in before]} if before else {}
    return Said(details={"verdicts": assessment.kinds(), **shown})
