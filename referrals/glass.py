"""Breaking the glass: opening, ending and reviewing an emergency access, each with its entry in the log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session, joinedload

from referrals import access, events
from referrals.emergency import EmergencyAccess, open_now
from referrals.events import Entry, Event
from referrals.policy import may
from referrals.referral import Referral
from referrals.sight import may_open
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed

LASTS = timedelta(minutes=60)
SHORTEST_REASON, LONGEST_REASON = 10, 1000
FINDINGS = {"justified": "Justified", "not_justified": "Not justified"}
SHOWN = 100
INSTANT = timedelta(microseconds=1)


class NeedsSecondFactor(Exception):
    """An emergency access is opened only by somebody whose sign-in takes more than a password."""


def open_access(
    session: Session, referral: Referral, actor: Person, reason: str, at: datetime, second_factor: bool = True
) -> EmergencyAccess:
    """Open the patient's restricted referrals to this person for an hour; owner and referrer get a notice.

    Whoever has it open already is given that. `second_factor`: whether one is asked for. Raises NotAllowed,
    NeedsSecondFactor, Incomplete.
    """
    if not may(actor, "open_emergency_access"):
        raise NotAllowed("open_emergency_access")
    if second_factor and not session.get_one(Person, actor.id).has_second_factor:
        raise NeedsSecondFactor
    _hold(session, actor)
    if there := open_now(session, actor, referral.patient_id, at):
        return there
    if may_open(session, actor, referral) or referral.patient_id is None:
        raise NotAllowed("open_emergency_access")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Incomplete("reason", f"Say why in {SHORTEST_REASON} to {LONGEST_REASON:,} characters.")
    return _open(session, referral, actor, reason, at)


def _open(session: Session, referral: Referral, actor: Person, reason: str, at: datetime) -> EmergencyAccess:
    opened = EmergencyAccess(
        person_id=actor.id, patient_id=referral.patient_id, referral_id=referral.id, subject=referral.public_id,
        reason=reason, opened_at=at, ends_at=at + LASTS,
    )  # fmt: skip
    session.add(opened)
    session.flush()
    details = {"access": opened.public_id, "ends_at": opened.ends_at.isoformat()}
    entry = _entry("opened", opened, referral, actor, reason, details)
    events.record(session, entry, events.CLINIC, events.REFERRER)
    return opened


def _hold(session: Session, person: Person) -> None:
    """Let nobody open another for this person until this transaction ends: of a double click one row comes."""
    if session.get_bind().dialect.name != "sqlite":  # SQLite has one writer at a time anyway
        session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def end(session: Session, referral: Referral, actor: Person, at: datetime) -> bool:
    """End the own access before its time; False where there is none any more."""
    opened = open_now(session, actor, referral.patient_id, at)
    if opened is None:
        return False
    opened.ends_at = max(at, opened.opened_at + INSTANT)
    session.flush()
    events.record(session, _entry("ended", opened, referral, actor, None, {"access": opened.public_id}))
    return True


def may_review(person: Person, opened: EmergencyAccess, at: datetime) -> bool:
    """Whether this person closes it: not the one who opened it, once it has ended, and once."""
    waits = opened.reviewed_at is None and not opened.is_open(at)
    return waits and access.holds(access.REVIEWS, person, access.of_access(person, opened))


def review(
    session: Session, opened: EmergencyAccess, reviewer: Person, finding: str, comment: str, at: datetime
) -> None:
    """Close it with a finding and a comment. Of two reviewers at once one is told that it is closed: NotAllowed."""
    if not may_review(reviewer, opened, at):
        raise NotAllowed("review_emergency_access")
    if finding not in FINDINGS:
        raise Incomplete("finding", "Choose a finding.")
    if not comment:
        raise Incomplete("comment", "Say what the finding rests on.")
    found = {"reviewed_by_id": reviewer.id, "reviewed_at": at, "finding": finding, "review_comment": comment}
    table = cast(Table, EmergencyAccess.__table__)
    waits = update(table).where(table.c.id == opened.id, table.c.reviewed_at.is_(None)).values(found)
    if session.execute(waits).rowcount != 1:  # type: ignore[attr-defined]
        raise NotAllowed("review_emergency_access")
    session.refresh(opened)
    details = {"access": opened.public_id, "finding": finding}
    events.record(session, _entry("reviewed", opened, None, reviewer, comment, details))


def _entry(
    what: str, opened: EmergencyAccess, referral: Referral | None, by: Person, said: str | None, details: dict[str, Any]
) -> Entry:
    return Entry(
        action=f"emergency_access_{what}",
        by=by,
        referral_id=opened.referral_id,
        patient_id=opened.patient_id,
        subject=opened.subject,
        practice_id=referral.practice_id if referral else None,
        comment=said,
        details=details,
    )


REVIEWS = select(EmergencyAccess).options(joinedload(EmergencyAccess.person), joinedload(EmergencyAccess.reviewed_by))


def to_review(session: Session) -> Sequence[EmergencyAccess]:
    """Those that nobody has closed yet, the oldest first."""
    waiting = REVIEWS.where(EmergencyAccess.reviewed_at.is_(None))
    return session.scalars(waiting.order_by(EmergencyAccess.id).limit(SHOWN)).all()


def reviewed(session: Session) -> Sequence[EmergencyAccess]:
    """Those that were closed, the last first."""
    closed = REVIEWS.where(EmergencyAccess.reviewed_at.is_not(None))
    return session.scalars(closed.order_by(EmergencyAccess.reviewed_at.desc()).limit(SHOWN)).all()


def one(session: Session, public_id: str) -> EmergencyAccess | None:
    return session.scalars(REVIEWS.where(EmergencyAccess.public_id == public_id)).one_or_none()


def done_with(session: Session, opened: EmergencyAccess) -> Sequence[Event]:
    """What the person did or read of this patient while it was open, the first first."""
    return session.scalars(
        select(Event)
        .where(Event.patient_id == opened.patient_id, Event.by_id == opened.person_id)
        .where(Event.recorded_at.between(opened.opened_at, opened.ends_at))
        .order_by(Event.id)
        .limit(SHOWN)
    ).all()
