"""Appointments: what was booked for a referral, whether the pain was still there, and what came of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals.course import OUTCOMES
from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.reason import Reason
from referrals.staff import Person

KINDS = {"consultation": "Consultation", "procedure": "Procedure", "follow_up": "Follow-up"}
NOT_ASKED = "not_asked"
STILL_IN_PAIN = {"yes": "Yes", "less": "Yes, but less", "no": "No, it has gone", NOT_ASKED: "Nobody asked"}
"""What was said to "Is the pain still there?" before booking. A quarter of those screened improve while they wait."""
BOOKED, ATTENDED, MISSED, CANCELLED, REBOOKED = "booked", "attended", "missed", "cancelled", "rebooked"
STATUSES = {BOOKED: "Booked", ATTENDED: "Attended", MISSED: "Missed", CANCELLED: "Cancelled", REBOOKED: "Moved"}
SHORTEST, LONGEST = 5, 480
"""Minutes."""
LONGEST_PLACE = 200


@dataclass(frozen=True)
class Slot:
    """When and where somebody is to come; `starts_on` is the clinic's date at that moment."""

    kind: str
    starts_at: datetime
    starts_on: date
    minutes: int
    place: str
    note: str = ""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


def one_of(column: str, codes: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


class Appointment(Base):
    """A consultation, procedure or follow-up: booked, and then attended, missed, cancelled or moved to another time."""

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint(one_of("kind", tuple(KINDS)), name="known_kind"),
        CheckConstraint(one_of("status", tuple(STATUSES)), name="known_status"),
        CheckConstraint(one_of("still_in_pain", tuple(STILL_IN_PAIN)), name="known_pain"),
        CheckConstraint(one_of("outcome", tuple(OUTCOMES)), name="known_outcome"),
        CheckConstraint(f"minutes BETWEEN {SHORTEST} AND {LONGEST}", name="minutes"),
        CheckConstraint("place <> ''", name="somewhere"),
        CheckConstraint("(status = 'booked') = (closed_at IS NULL)", name="closed_unless_booked"),
        CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed_by_somebody"),
        CheckConstraint("(status = 'attended') = (outcome IS NOT NULL)", name="attended_with_an_outcome"),
        CheckConstraint("status IN ('booked', 'attended') OR reason IS NOT NULL", name="not_kept_for_a_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    starts_on: Mapped[date]
    minutes: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[str] = mapped_column(String(LONGEST_PLACE))
    note: Mapped[str] = mapped_column(Text, default="")
    still_in_pain: Mapped[str] = mapped_column(String(10), default=NOT_ASKED)
    status: Mapped[str] = mapped_column(String(10), default=BOOKED)
    booked_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    booked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(ForeignKey("reasons.code"))
    outcome: Mapped[str | None] = mapped_column(String(15))
    finding: Mapped[str] = mapped_column(Text, default="")

    booked_by: Mapped[Person] = relationship(foreign_keys=booked_by_id)
    closed_by: Mapped[Person | None] = relationship(foreign_keys=closed_by_id)
    coded_reason: Mapped[Reason | None] = relationship()

    @property
    def slot(self) -> Slot:
        """When and where it was booked for."""
        return Slot(self.kind, self.starts_at, self.starts_on, self.minutes, self.place, self.note)

    @property
    def was_treatment(self) -> bool:
        """Whether a procedure was done at this visit, of which there has to be a record."""
        return self.outcome == "treated" and self.kind != "follow_up"

    def close(self, status: str, by: Person, reason: str | None = None) -> None:
        """It has come to this."""
        self.status, self.closed_by_id, self.closed_at, self.reason = status, by.id, now(), reason


STANDS = Appointment.status == BOOKED
Index("ix_appointments_one_booked", Appointment.referral_id, unique=True, sqlite_where=STANDS, postgresql_where=STANDS)
Index("ix_appointments_booked_on", Appointment.starts_on, sqlite_where=STANDS, postgresql_where=STANDS)


def visits_of(session: Session, referral_id: int) -> Sequence[Appointment]:
    """Every appointment that the referral had, in the order in which they were booked."""
    return session.scalars(
        select(Appointment)
        .where(Appointment.referral_id == referral_id)
        .options(*(joinedload(part) for part in (Appointment.booked_by, Appointment.closed_by)))
        .options(joinedload(Appointment.coded_reason))
        .order_by(Appointment.id)
    ).all()


def booked_of(session: Session, referral_id: int) -> Appointment | None:
    """The appointment that stands."""
    return session.scalars(select(Appointment).where(Appointment.referral_id == referral_id, STANDS)).one_or_none()


def count_of(session: Session, referral_id: int) -> int:
    """How many visits took place or are booked; one that was moved or missed is none."""
    kept = Appointment.status.in_((BOOKED, ATTENDED))
    return session.scalar(select(func.count()).where(Appointment.referral_id == referral_id, kept)) or 0


def cancel_booked(session: Session, referral_id: int, by: Person, reason: str | None) -> None:
    """The referral has ended: nobody is expected any more."""
    if standing := booked_of(session, referral_id):
        standing.close(CANCELLED, by, reason)
