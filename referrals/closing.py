"""How a referral ends otherwise than by a refusal, and how it begins again."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from referrals.amendment import retold
from referrals.appointment import cancel_booked
from referrals.clinical import PictureDetails
from referrals.course import BONE_HEALTH
from referrals.db import now
from referrals.information import close_open
from referrals.referral import Referral
from referrals.staff import Person
from referrals.transition import Incomplete, Said, transition
from referrals.triage import decided, owned_by, works_the_queue

UNDECIDED = dict.fromkeys(("decided_by_id", "decided_at", "decision_reason", "decision_comment", "would_change"))
NOT_ASKED = {"withdrawal_asked_at": None, "withdrawal_reason": None}
"""What a referral is before anybody has asked to withdraw it."""
AFRESH: dict[str, Any] = {
    **UNDECIDED, **NOT_ASKED, "due_on": None, "service": "", "letter_sent_at": None, "no_letter_because": "",
    "needs_rebooking": False, "appointment_at": None, "appointment_on": None, "appointment_kind": None,
}  # fmt: skip
"""What of an earlier end does not hold for a referral that begins again; the log keeps it."""


def withdraw(session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said) -> None:
    """The referrer takes the referral back."""
    _end(session, referral, "withdraw", actor, version, today, said)


def ask_withdrawal(session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said) -> None:
    """The referrer asks for an accepted referral back; the clinic confirms or refuses, for a visit may be booked."""
    because = said.reason.code if said.reason else None
    asked: dict[str, Any] = {"withdrawal_asked_at": now(), "withdrawal_reason": because}
    transition(session, referral, "ask_withdrawal", actor, version, today, said, **asked)


def confirm_withdrawal(
    session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said
) -> None:
    """Let the referrer have it back, for the reason that they gave."""
    changes = {**decided(actor, said), **NOT_ASKED, "decision_reason": referral.withdrawal_reason}
    transition(session, referral, "confirm_withdrawal", actor, version, today, said, **changes)
    cancel_booked(session, referral.id, actor, referral.decision_reason)


def refuse_withdrawal(
    session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said
) -> None:
    """Go on with it, and say why."""
    transition(session, referral, "refuse_withdrawal", actor, version, today, said, **NOT_ASKED)


def close_incomplete(
    session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said
) -> None:
    """Close it without treatment: the patient could not be reached, or the answer never came."""
    _end(session, referral, "close_incomplete", actor, version, today, said)


def mark_error(session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said) -> None:
    """It should never have been made. It stays on record, and out of every list."""
    _end(session, referral, "mark_error", actor, version, today, said, draft_answers=None)


def _end(
    session: Session,
    referral: Referral,
    action: str,
    actor: Person,
    version: int,
    today: date,
    said: Said,
    **changes: Any,
) -> None:
    ended = {**decided(actor, said), **NOT_ASKED, "due_on": None, **changes}
    transition(session, referral, action, actor, version, today, said, **ended)
    close_open(session, referral.id)


@dataclass(frozen=True)
class Outcome:
    """What a referral is completed with: who looks after the bones, and why there is no letter, where there is none."""

    bone_health: str
    no_letter_because: str = ""


def complete(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    outcome: Outcome,
    said: Said,
) -> None:
    """End it with its outcome. Without a letter to the referrer, or a reason for none, it does not end."""
    if outcome.bone_health not in BONE_HEALTH:
        raise Incomplete("bone_health", "Say who looks after the bones from now on.")
    if referral.letter_sent_at is None and not outcome.no_letter_because:
        raise Incomplete("no_letter_because", "Send the letter first, or say why there is none.")
    details = {"outcome": referral.outcome, **vars(outcome)}
    said = Said(said.reason, said.comment, details)
    changes = {**decided(actor, said), **NOT_ASKED, **vars(outcome)}
    transition(session, referral, "complete", actor, version, today, said, **changes)


def resubmit(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    picture: PictureDetails,
    what_changed: str,
) -> None:
    """Send it again: the same referral, first sent when it was, all that is known kept, told anew where it changed."""
    if not what_changed:
        raise Incomplete("comment", "Say what has changed since, in a sentence or two.")
    changes, details = retold(session, referral, actor, today, picture)
    said = Said(comment=what_changed, details=details)
    again = {**AFRESH, "owner_id": None, "outcome": None, "bone_health": None}
    transition(session, referral, "resubmit", actor, version, today, said, **again, **changes)


def reopen(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    said: Said,
    owner: Person | None = None,
) -> None:
    """Take an ended referral back into review; whoever does it owns it, or whom they give it to."""
    works_the_queue(owner or actor)
    given: dict[str, Any] = owned_by(owner) if owner else {"owner_id": actor.id}
    said = replace(said, details={"owner": owner.public_id}) if owner else said
    transition(session, referral, "reopen", actor, version, today, said, **AFRESH, **given)
