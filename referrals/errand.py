"""What has to be done by the clock: a row says when each errand is due next, so that of many workers one goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from config import Settings
from referrals.db import Base, Database, UTCDateTime

LEASE = timedelta(minutes=15)
"""After so long without a word of whoever went, another goes."""


class ErrandRow(Base):
    """When an errand may be done next: it is time, or whoever went has not come back."""

    __tablename__ = "errands"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True)
class Errand:
    """Something to do by the clock. `do` has its own transactions, and may be done again after it was broken off."""

    name: str
    do: Callable[[Database, Settings, datetime], None]
    next_after: Callable[[datetime, ZoneInfo], datetime]


def every(wait: timedelta) -> Callable[[datetime, ZoneInfo], datetime]:
    return lambda at, _: at + wait


def each_night(at: datetime, zone: ZoneInfo) -> datetime:
    """The clinic's next midnight."""
    tomorrow = at.astimezone(zone).date() + timedelta(1)
    return datetime.combine(tomorrow, time(), zone)


NEW = {
    name: insert(ErrandRow).on_conflict_do_nothing(index_elements=["name"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def is_due(session: Session, errand: Errand, at: datetime) -> bool:
    """Whether nobody does it, and it is time or was never done."""
    row = session.get(ErrandRow, errand.name)
    return row is None or row.due_at <= at


def take(session: Session, errand: Errand, at: datetime) -> bool:
    """Whether this caller is the one who goes."""
    session.execute(NEW[session.get_bind().dialect.name], {"name": errand.name, "due_at": at})
    wanted = select(ErrandRow).where(ErrandRow.name == errand.name, ErrandRow.due_at <= at)
    row = session.scalars(wanted.with_for_update(skip_locked=True)).first()
    if row is not None:
        row.due_at = at + LEASE
        session.flush()
    return row is not None


def done(session: Session, errand: Errand, at: datetime, zone: ZoneInfo) -> None:
    session.get_one(ErrandRow, errand.name).due_at = errand.next_after(at, zone)
