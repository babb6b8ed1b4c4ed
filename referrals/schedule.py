"""The clinic's day: what else is booked at a place then, without telling whose it is, and which places there are."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, Integer, Select, SmallInteger, String, column, func, literal, select
from sqlalchemy.orm import Session

from referrals.appointment import STANDS, Appointment, Slot
from referrals.db import UTCDateTime, now
from referrals.referral import Referral
from referrals.sight import visible_to
from referrals.staff import Person

RECENT = timedelta(days=120)
MOST_PLACES = 30


class Taken(NamedTuple):
    """A place is taken from then to then."""

    starts_at: datetime
    ends_at: datetime


COLUMNS = ("referral_id", "starts_at", "minutes", "place")


def _on(dialect: str, day: date) -> Select[Any]:
    """What is booked on that day. PostgreSQL hides a restricted referral's visits, but not that a room is taken."""
    if dialect == "postgresql":
        kinds = (Integer, UTCDateTime, SmallInteger, String)
        columns: list[Any] = [column(name, kind) for name, kind in zip(COLUMNS, kinds, strict=True)]
        return select(func.booked_on(literal(day, Date)).table_valued(*columns))
    return select(*(getattr(Appointment, name) for name in COLUMNS)).where(Appointment.starts_on == day, STANDS)


def taken_then(session: Session, slot: Slot, but: Referral) -> list[Taken]:
    """When, during this slot, other referrals are booked at its place; the first first."""
    booked = session.execute(_on(session.get_bind().dialect.name, slot.starts_on)).all()
    others = (row for row in booked if row.referral_id != but.id and row.place.casefold() == slot.place.casefold())
    taken = (Taken(row.starts_at, row.starts_at + timedelta(minutes=row.minutes)) for row in others)
    return sorted(each for each in taken if each.starts_at < slot.ends_at and slot.starts_at < each.ends_at)


def places(session: Session, person: Person) -> Sequence[str]:
    """Where visits were booked of late, as this person may know it; to be chosen again rather than spelled anew."""
    return session.scalars(
        select(Appointment.place)
        .join(Referral, Referral.id == Appointment.referral_id)
        .where(Appointment.booked_at > now() - RECENT, visible_to(person))
        .group_by(Appointment.place)
        .order_by(func.count().desc(), Appointment.place)
        .limit(MOST_PLACES)
    ).all()
