"""Visits: book, rebook, say that somebody did not come or was cancelled, and what came of the visit."""

from datetime import UTC, date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.appointment import (
    ATTENDED,
    CANCELLED,
    KINDS,
    MISSED,
    NOT_ASKED,
    REBOOKED,
    STILL_IN_PAIN,
    Appointment,
    Slot,
    booked_of,
)
from referrals.course import OUTCOMES
from referrals.referral import Referral
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed, Said, Stale, allowed, transition

CANCELLATIONS = ("clinic-cancelled", "cancelled-late")
"""Reasons for which a visit was not missed but cancelled."""
NO_APPOINTMENT: dict[str, Any] = dict.fromkeys(("appointment_at", "appointment_on", "appointment_kind"))


def book(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    slot: Slot,
    still_in_pain: str | None,
    comment: str = "",
) -> Appointment:
    """Book a visit. Before the first one, somebody has asked whether the pain is still there, or says why not."""
    _ready(referral, "book", actor, version)
    _check(slot, today)
    if still_in_pain is None and is_first(session, referral):
        raise Incomplete("still_in_pain", "Ask the patient before you book, and say what the answer was.")
    if still_in_pain == NOT_ASKED and not comment and is_first(session, referral):
        raise Incomplete("comment", "Say why nobody asked whether the pain is still there.")
    said = Said(comment=comment, details=_told(slot))
    transition(session, referral, "book", actor, version, today, said, needs_rebooking=False, **_columns(slot))
    return _add(session, referral, actor, slot, still_in_pain)


def is_first(session: Session, referral: Referral) -> bool:
    """Whether nothing was booked since the referral was accepted (a second time, perhaps)."""
    booked = select(Appointment.id).where(Appointment.referral_id == referral.id)
    if referral.decided_at is not None:
        booked = booked.where(Appointment.booked_at >= referral.decided_at)
    return session.scalar(booked.limit(1)) is None


def rebook(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    slot: Slot,
    still_in_pain: str | None,
    said: Said,
) -> Appointment:
    """Move the visit to another time or place, for a reason. What was booked before stays on record."""
    before = _booked(session, referral, "rebook", actor, version)
    _check(slot, today)
    if before.slot == slot:
        raise Incomplete("starts_at", "It is booked so already: choose another time or place, or go back.")
    said = Said(said.reason, said.comment, {**_told(slot), "before": _written(before.slot)})
    transition(session, referral, "rebook", actor, version, today, said, **_columns(slot))
    before.close(REBOOKED, actor, said.reason.code if said.reason else None)
    session.flush()  # the database lets no two stand at once
    return _add(session, referral, actor, slot, still_in_pain)


def missed(session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said) -> None:
    """The visit did not or will not take place, for a reason; it has to be booked again, and the referrer is told.

    What is called off before its day, or by the clinic, was cancelled and not missed.
    """
    visit = _booked(session, referral, "missed", actor, version)
    code = said.reason.code if said.reason else None
    status = CANCELLED if code in CANCELLATIONS or visit.starts_on > today else MISSED
    said = Said(said.reason, said.comment, {**_told(visit.slot), "status": status})
    changes = {**NO_APPOINTMENT, "needs_rebooking": True}
    transition(session, referral, "missed", actor, version, today, said, **changes)
    visit.close(status, actor, code)
    session.flush()


def attend(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    outcome: str,
    finding: str = "",
    comment: str = "",
) -> Appointment:
    """The patient was seen, with this outcome; what was found stands beside it."""
    visit = _booked(session, referral, "attend", actor, version)
    if outcome not in OUTCOMES:
        raise Incomplete("outcome", "Say what came of the visit.")
    if visit.starts_on > today:
        raise Incomplete("outcome", "The day of this visit is still to come. If they came earlier, rebook it first.")
    said = Said(comment=comment, details={**_told(visit.slot), "outcome": outcome})
    transition(session, referral, "attend", actor, version, today, said, outcome=outcome)
    visit.close(ATTENDED, actor)
    visit.outcome, visit.finding = outcome, finding
    session.flush()
    return visit


def _ready(referral: Referral, action: str, actor: Person, version: int) -> None:
    """Stale and NotAllowed come before any question of what is missing."""
    if referral.version != version:
        raise Stale(referral)
    allowed(referral, action, actor)


def _booked(session: Session, referral: Referral, action: str, actor: Person, version: int) -> Appointment:
    """The appointment that an action is about."""
    _ready(referral, action, actor, version)
    visit = booked_of(session, referral.id)
    if visit is None:
        raise NotAllowed(action)
    return visit


def _check(slot: Slot, today: date) -> None:
    if slot.kind not in KINDS:
        raise Incomplete("kind", "Say what is booked.")
    if slot.starts_on < today:
        raise Incomplete("starts_on", "This day is past: a visit is booked for today or later.")
    if not slot.place:
        raise Incomplete("place", "Say where the patient has to come.")


def _columns(slot: Slot) -> dict[str, Any]:
    """The columns of the referral that repeat what its lists need of the appointment."""
    at = slot.starts_at.astimezone(UTC)
    return {"appointment_at": at, "appointment_on": slot.starts_on, "appointment_kind": slot.kind}


def _told(slot: Slot) -> dict[str, Any]:
    """What the log says of a visit: nothing clinical."""
    return {"kind": slot.kind, "at": _written(slot), "place": slot.place}


def _written(slot: Slot) -> str:
    return slot.starts_at.astimezone(UTC).isoformat()


def _add(session: Session, referral: Referral, actor: Person, slot: Slot, still_in_pain: str | None) -> Appointment:
    booked = Appointment(
        referral_id=referral.id,
        booked_by_id=actor.id,
        **{**vars(slot), "starts_at": slot.starts_at.astimezone(UTC)},
        still_in_pain=still_in_pain if still_in_pain in STILL_IN_PAIN else NOT_ASKED,
    )
    session.add(booked)
    session.flush()
    return booked
