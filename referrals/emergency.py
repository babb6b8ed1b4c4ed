"""Emergency access ("break the glass"): one person, one patient, a reason, an hour, and another person's review."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.staff import Person


class EmergencyAccess(Base):
    """An opening of a patient's restricted referrals, until it ends by itself; open until somebody reviewed it."""

    __tablename__ = "emergency_accesses"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("ends_at > opened_at", name="ends_after_it_opened"),
        CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by_id IS NULL) AND (reviewed_at IS NULL) = (finding IS NULL)",
            name="reviewed_by_somebody",
        ),
        CheckConstraint("reviewed_by_id <> person_id", name="reviewed_by_another"),
        Index(None, "person_id", "patient_id", "ends_at"),
        Index(None, "reviewed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"))
    subject: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finding: Mapped[str | None] = mapped_column(String(20))
    review_comment: Mapped[str | None] = mapped_column(Text)

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    reviewed_by: Mapped[Person | None] = relationship(foreign_keys=reviewed_by_id)

    def is_open(self, at: datetime) -> bool:
        return self.opened_at <= at < self.ends_at


def open_now(session: Session, person: Person, patient_id: int | None, at: datetime) -> EmergencyAccess | None:
    """The person's emergency access to the patient that is open at that moment."""
    return session.scalars(
        select(EmergencyAccess).where(
            EmergencyAccess.person_id == person.id,
            EmergencyAccess.patient_id == patient_id,
            EmergencyAccess.opened_at <= at,
            EmergencyAccess.ends_at > at,
        )
    ).first()


def accesses_to(session: Session, patient_ids: Iterable[int]) -> Sequence[EmergencyAccess]:
    """Every emergency access to the patient, under each record that they have or had, the newest first."""
    return session.scalars(
        select(EmergencyAccess)
        .where(EmergencyAccess.patient_id.in_(list(patient_ids)))
        .options(joinedload(EmergencyAccess.person), joinedload(EmergencyAccess.reviewed_by))
        .order_by(EmergencyAccess.id.desc())
    ).all()
