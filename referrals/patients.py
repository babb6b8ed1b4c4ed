"""Patients, each known to one practice, and finding the one we know already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    bindparam,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.names import folded, in_one
from referrals.staff import Practice

SEXES = {"female": "Female", "male": "Male", "other": "Other", "unknown": "Not known"}
"""FHIR administrative gender."""

Searched = String(250).with_variant(String(250, collation="C"), "postgresql")
"""Compared by code point on both databases, so that a prefix is a range of the index."""
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True)
class PatientDetails:
    """What a referrer says of who the patient is. One of the two names may be empty."""

    given_name: str
    family_name: str
    born_on: date
    sex: str
    mrn: str = ""
    telephone: str = ""
    language: str = ""
    interpreter: bool | None = None
    carer_name: str = ""
    carer_telephone: str = ""


class Patient(Base):
    """A patient as one practice knows them. Two practices never share a row.

    One that was merged into another has no referrals any more, and stays as what the other is called as well.
    """

    __tablename__ = "patients"
    __table_args__ = (
        CheckConstraint("given_name <> '' OR family_name <> ''", name="has_a_name"),
        CheckConstraint("sex IN ('female', 'male', 'other', 'unknown')", name="known_sex"),
        Index(None, "practice_id", "search_name"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        Index(None, "born_on", "plain_family_name", "plain_given_name"),
        Index(None, "merged_into_id"),
        Index(None, "search_name"),
        Index(None, "search_given_name"),
        Index(None, "search_mrn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"))
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    born_on: Mapped[date]
    sex: Mapped[str] = mapped_column(String(10))
    mrn: Mapped[str] = mapped_column(String(40))
    telephone: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(60))
    interpreter: Mapped[bool | None]
    carer_name: Mapped[str] = mapped_column(String(100))
    carer_telephone: Mapped[str] = mapped_column(String(40))
    search_name: Mapped[str] = mapped_column(Searched)
    search_given_name: Mapped[str] = mapped_column(Searched)
    search_mrn: Mapped[str] = mapped_column(Searched)
    plain_family_name: Mapped[str] = mapped_column(Searched, server_default="")
    plain_given_name: Mapped[str] = mapped_column(Searched, server_default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))

    practice: Mapped[Practice] = relationship()

    @property
    def name(self) -> str:
        return ", ".join(part for part in (self.family_name, self.given_name) if part)


PATIENTS = Base.metadata.tables[Patient.__tablename__]
NEW = insert(PATIENTS).returning(PATIENTS.c.id)
AGREE = ("practice_id", "search_name", "born_on", "sex")
"""What must agree, for a patient to be one that we know; a medical record number, where given, too."""
SAME = (
    select(PATIENTS.c.id, PATIENTS.c.merged_into_id)
    .where(*(PATIENTS.c[name] == bindparam(name) for name in AGREE))
    .order_by(PATIENTS.c.merged_into_id.is_not(None), PATIENTS.c.id)
)
SAME_NUMBER = SAME.where(PATIENTS.c.search_mrn == bindparam("search_mrn"))
PRACTICES = Base.metadata.tables[Practice.__tablename__]
REGISTER = select(PRACTICES.c.id).where(PRACTICES.c.id == bindparam("practice_id")).with_for_update(key_share=True)


def find_or_register(session: Session, practice_id: int, details: PatientDetails) -> tuple[int, bool]:
    """The id of the patient we know already, with the newest contact details, or of a new one; whether we knew them."""
    hold_register(session, practice_id)
    told = {"practice_id": practice_id, **vars(details), **searched(details)}
    known = session.execute(SAME_NUMBER if details.mrn else SAME, told).first()
    if known is None:
        return session.execute(NEW, told).scalar_one(), False
    patient = session.get_one(Patient, known.merged_into_id or known.id)
    _tell_anew(patient, details, CONTACT if known.merged_into_id else vars(details))
    session.flush()
    return patient.id, True


CONTACT = ("telephone", "language", "interpreter", "carer_name", "carer_telephone")
"""What is told anew of a patient under a name that was merged away; who they are, the merging has said."""


def _tell_anew(patient: Patient, details: PatientDetails, names: Iterable[str]) -> None:
    """Keep what is said now; what is not said stays as it was."""
    for name in names:
        if (value := getattr(details, name)) not in ("", None):
            setattr(patient, name, value)
    for name, value in searched(patient).items():
        setattr(patient, name, value)


def searched(who: Any) -> dict[str, str]:
    """The columns by which a patient is found: the name either way round, record number, each name by its letters."""
    return {
        "search_name": folded(f"{who.family_name} {who.given_name}"),
        "search_given_name": folded(f"{who.given_name} {who.family_name}"),
        "search_mrn": folded(who.mrn),
        "plain_family_name": in_one(who.family_name),
        "plain_given_name": in_one(who.given_name),
    }


def hold_register(session: Session, practice_id: int) -> None:
    """Let nobody else look for a patient of this practice, to register one, until this transaction ends.

    SQLite has one writer at a time anyway. The lock is the weakest that excludes itself, so rows that only point to
    the practice can still be written.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(REGISTER, {"practice_id": practice_id})


def known_as(session: Session, patient_ids: Iterable[int | None]) -> Sequence[Patient]:
    """These records and what was merged into them, the oldest first."""
    ids = [patient_id for patient_id in patient_ids if patient_id is not None]
    either = or_(Patient.id.in_(ids), Patient.merged_into_id.in_(ids))
    return session.scalars(select(Patient).where(either).order_by(Patient.id)).all()


def named_like(words: str) -> ColumnElement[bool]:
    """Whether a patient's name (either way round) or record number begins with these words."""
    start = folded(words.replace(",", " "))
    columns = (Patient.search_name, Patient.search_given_name, Patient.search_mrn)
    return or_(*(and_(column >= start, column < start + LAST_CHARACTER) for column in columns))


def age(born_on: date, today: date) -> int:
    """Whole years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
