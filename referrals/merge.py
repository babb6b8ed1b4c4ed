"""Merges: which records of one practice wait to become one, which became one, and what moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals.administration import NoSuch, fingerprint
from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.duplicates import SAME, PatientLink
from referrals.patients import Patient
from referrals.staff import Person, Practice

SHOWN = 100


class Merge(Base):
    """That one record went into another, and what moved with it, so that it can be put back."""

    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint("kept_id <> merged_id", name="of_two"),
        CheckConstraint("(undone_by_id IS NULL) = (undone_at IS NULL)", name="undone_by_somebody"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"))
    kept_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    merged_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    merged_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    moved: Mapped[dict[str, list[int]]] = mapped_column(JSON)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    practice: Mapped[Practice] = relationship()
    kept: Mapped[Patient] = relationship(foreign_keys=kept_id)
    merged: Mapped[Patient] = relationship(foreign_keys=merged_id)
    merged_by: Mapped[Person] = relationship(foreign_keys=merged_by_id)
    undone_by: Mapped[Person | None] = relationship(foreign_keys=undone_by_id)

    @property
    def seen(self) -> str:
        """What an administrator sees of it, as a form carries it."""
        return fingerprint(self.undone_at, _identity(self.kept), _identity(self.merged))


@dataclass(frozen=True)
class Proposal:
    """Two records of one practice that the clinic has said to be one patient, the older first."""

    link: PatientLink
    pair: tuple[Patient, Patient]

    @property
    def seen(self) -> str:
        """What an administrator sees of the two, as a form carries it."""
        return fingerprint(self.link.decided_at, *(_identity(patient) for patient in self.pair))


def _identity(patient: Patient) -> tuple[Any, ...]:
    shown = (patient.given_name, patient.family_name, patient.born_on, patient.sex, patient.mrn, patient.telephone)
    return (*shown, patient.merged_into_id)


PROPOSED = (
    select(PatientLink)
    .where(PatientLink.practice_id.is_not(None), PatientLink.decision == SAME)
    .options(joinedload(PatientLink.decided_by))
    .order_by(PatientLink.decided_at, PatientLink.id)
)
MERGES = select(Merge).options(
    *(joinedload(part) for part in (Merge.practice, Merge.kept, Merge.merged, Merge.merged_by, Merge.undone_by))
)


def proposals(session: Session) -> list[Proposal]:
    """What waits to be merged, the longest first."""
    waiting = [_proposal(session, found) for found in session.scalars(PROPOSED.limit(SHOWN))]
    return [proposal for proposal in waiting if not any(patient.merged_into_id for patient in proposal.pair)]


def proposal(session: Session, public_id: str) -> Proposal:
    """Raises NoSuch."""
    found = session.scalars(PROPOSED.where(PatientLink.public_id == public_id)).one_or_none()
    if found is None:
        raise NoSuch(public_id)
    return _proposal(session, found)


def _proposal(session: Session, found: PatientLink) -> Proposal:
    one, other = (session.get_one(Patient, end, populate_existing=True) for end in (found.patient_id, found.other_id))
    return Proposal(found, (one, other))


def merges(session: Session) -> Sequence[Merge]:
    """What is merged, the newest first."""
    return session.scalars(MERGES.where(Merge.undone_at.is_(None)).order_by(Merge.id.desc()).limit(SHOWN)).all()


def one(session: Session, public_id: str) -> Merge:
    """Raises NoSuch; also for one that was undone, once the clinic does not say any more that they are one patient."""
    found = session.scalars(MERGES.where(Merge.public_id == public_id)).one_or_none()
    if found is None or (found.undone_at and not _still_said(session, found)):
        raise NoSuch(public_id)
    return found


def _still_said(session: Session, merge: Merge) -> bool:
    older, newer = sorted((merge.kept_id, merge.merged_id))
    ends = (PatientLink.patient_id == older, PatientLink.other_id == newer)
    return session.scalar(select(PatientLink.decision).where(*ends)) == SAME
