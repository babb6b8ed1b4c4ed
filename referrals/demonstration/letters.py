"""The letters of the made-up clinic, written, signed and kept by the real verbs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import letter
from referrals.clinical import newest_picture
from referrals.demonstration.turn import Turn
from referrals.eligibility.evaluate import as_json
from referrals.events import Event
from referrals.information import open_request
from referrals.letter_words import Known, written
from referrals.referral import Referral
from referrals.screening import assess_picture
from referrals.typeset import Paper, set_as_pdf


def sign(turn: Turn) -> None:
    """A letter of this kind about where the referral stands, with the comment as its own words."""
    session, referral, actor, version, today = turn.at_hand
    kind, clinic = turn.step.said["kind"], actor.practice
    said = as_json(assess_picture(session, newest_picture(session, referral.id), today))
    request = open_request(session, referral.id)
    with session.no_autoflush, _decided_then(session, referral):
        title, parts = written(kind, Known(referral, said, request, {}, turn.comment, _day, _moment))
    signed, to = (f"Signed by {actor.name}", _day(today)), (referral.requester.name, referral.practice.name)
    paper = Paper(title, parts, clinic.name, clinic.telephone, "", to, _day(today), signed)
    sent = letter.sign(session, turn.storage, referral, actor, version, today, kind, actor.name, set_as_pdf(paper))
    sent.signed_at = sent.document.uploaded_at = turn.step.at
    if kind == "outcome":
        referral.letter_sent_at = turn.step.at


@contextmanager
def _decided_then(session: Session, referral: Referral) -> Iterator[None]:
    """Within this block the decision has the moment of its entry in the log; the row is moved there at the very end."""
    decided_at = referral.decided_at
    steps = select(Event.happened_at).where(Event.referral_id == referral.id, Event.from_state != Event.to_state)
    if decided_at is not None:
        by = Event.by_id == referral.decided_by_id
        referral.decided_at = session.scalars(steps.where(by).order_by(Event.id.desc()).limit(1)).one()
    yield
    referral.decided_at = decided_at


def _day(value: date | str | None) -> str:
    known = date.fromisoformat(value) if isinstance(value, str) and value else value
    return f"{known.day} {known:%b %Y}" if isinstance(known, date) else ""


def _moment(value: datetime | None) -> str:
    return f"{_day(value.date())}, {value:%H:%M}" if value else ""
