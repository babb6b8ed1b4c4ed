"""The letters of the made-up clinic, written, signed and kept by the real verbs."""

from datetime import date, datetime

from referrals import letter
from referrals.clinical import newest_picture
from referrals.demonstration.turn import Turn
from referrals.eligibility.evaluate import as_json
from referrals.information import open_request
from referrals.letter_words import Known, written
from referrals.screening import assess_picture
from referrals.typeset import Paper, set_as_pdf


def sign(turn: Turn) -> None:
    """A letter of this kind about where the referral stands, with the comment as its own words."""
    session, referral, actor, version, today = turn.at_hand
    kind, clinic = turn.step.said["kind"], actor.practice
    said = as_json(assess_picture(session, newest_picture(session, referral.id), today))
    request = open_request(session, referral.id)
    known = Known(referral, said, request, {}, turn.comment, _day, _moment)
    title, parts = written(kind, known)
    signed, to = (f"Signed by {actor.name}", _day(today)), (referral.requester.name, referral.practice.name)
    paper = Paper(title, parts, clinic.name, clinic.telephone, "", to, _day(today), signed)
    sent = letter.sign(session, turn.storage, referral, actor, version, today, kind, actor.name, set_as_pdf(paper))
    sent.signed_at = sent.document.uploaded_at = turn.step.at
    if kind == "outcome":
        referral.letter_sent_at = turn.step.at


def _day(value: date | str | None) -> str:
    known = date.fromisoformat(value) if isinstance(value, str) and value else value
    return f"{known.day} {known:%b %Y}" if isinstance(known, date) else ""


def _moment(value: datetime | None) -> str:
    return f"{_day(value.date())}, {value:%H:%M}" if value else ""
