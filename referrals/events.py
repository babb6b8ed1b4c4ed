"""What happened to a referral, append-only, and the notices that it owes to people."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now
from referrals.staff import Person

CLINIC, REFERRER = "clinic", "referrer"


class Event(Base):
    """One change of one referral: by whom, when, from which state to which, and what was said."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("referral_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"))
    version: Mapped[int]
    action: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[str] = mapped_column(String(30))
    to_state: Mapped[str] = mapped_column(String(30))
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    reason: Mapped[str | None] = mapped_column(ForeignKey("reasons.code"))
    comment: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    by: Mapped[Person] = relationship()


class Notice(Base):
    """Something that one side of a referral has to hear; read once somebody of that side says so."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("audience IN ('clinic', 'referrer')", name="known_audience"),
        CheckConstraint("(read_at IS NULL) = (read_by_id IS NULL)", name="read_by_somebody"),
        Index(None, "practice_id", "audience", "read_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"), index=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"))
    audience: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    read_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    event: Mapped[Event] = relationship()


def record(session: Session, event: Event, practice_id: int, *audiences: str) -> Event:
    """Write the event, and a notice for each side that has to hear of it, in the caller's transaction."""
    session.add(event)
    session.add_all(
        Notice(
            event=event,
            referral_id=event.referral_id,
            practice_id=practice_id,
            audience=audience,
            kind=event.action,
        )
        for audience in audiences
    )
    return event
