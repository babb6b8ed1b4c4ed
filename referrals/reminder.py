"""Reminders: the clinic asked, days went by, and nobody has answered; each step of each request once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, UniqueConstraint, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base, Database, UTCDateTime
from referrals.entry import about
from referrals.events import REFERRER, record
from referrals.information import InformationRequest
from referrals.referral import Referral
from referrals.staff import Person
from referrals.workflow import State


class Reminder(Base):
    """That a request was reminded of, so many days after it was made."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("request_id", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("information_requests.id"))
    days: Mapped[int]
    reminded_at: Mapped[datetime] = mapped_column(UTCDateTime)


NEW = {
    name: insert(Reminder).on_conflict_do_nothing(index_elements=["request_id", "days"]).returning(Reminder.id)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
UNANSWERED = (
    select(InformationRequest, Referral)
    .join(Referral, Referral.id == InformationRequest.referral_id)
    .where(InformationRequest.answered_at.is_(None), Referral.state == State.AWAITING_INFORMATION)
)


def remind_all(database: Database, steps: Sequence[int], at: datetime) -> int:
    """Remind of every request that has come to a step, each in a transaction of its own; how many.

    Where nobody reminded for a while the last step that was passed is the one that counts.
    """
    reminded = 0
    for days in sorted(steps, reverse=True):
        with database.reading() as session:
            waiting = session.execute(_passed(days, at)).all()
        for request, _ in waiting:
            with database.begin() as session:
                reminded += _remind(session, request.id, days, at)
    return reminded


def _passed(days: int, at: datetime) -> Select[InformationRequest, Referral]:
    further = exists().where(Reminder.request_id == InformationRequest.id, Reminder.days >= days)
    return UNANSWERED.where(InformationRequest.asked_at <= at - timedelta(days), ~further)


def _remind(session: Session, request_id: int, days: int, at: datetime) -> bool:
    """Whether it was this caller who did. A referral that somebody works on right now is left for the next time."""
    mine = _passed(days, at).where(InformationRequest.id == request_id)
    found = session.execute(mine.with_for_update(of=Referral, skip_locked=True)).first()
    return found is not None and step(session, request_id, found[1], days, at)


def step(session: Session, request_id: int, referral: Referral, days: int, at: datetime) -> bool:
    """Remind of a request that has come to this step; False where somebody did."""
    new = {"request_id": request_id, "days": days, "reminded_at": at}
    if session.execute(NEW[session.get_bind().dialect.name], new).first() is None:
        return False
    remind(session, referral, days)
    return True


def remind(session: Session, referral: Referral, days: int | None = None, by: Person | None = None) -> None:
    """Say to the referrer once more that an answer is owed. The referral stays as it is: no open form goes stale."""
    record(session, about(referral, "remind", by, details={"days": days} if days is not None else {}), REFERRER)
