"""Clinical pictures: what was known of a patient, told by whom, when; immutable, the newest is current."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship
from sqlalchemy.sql.dml import ReturningInsert

from referrals.db import Base, UTCDateTime, now
from referrals.eligibility import facts
from referrals.fact_columns import give_columns
from referrals.staff import Person

MODALITIES = {
    "mri": "MRI",
    "ct": "CT",
    "x_ray": "X-ray",
    "bone_scan": "Bone scan or SPECT/CT",
    "dxa": "DXA",
    "other": "Other",
}


@dataclass(frozen=True)
class PictureDetails:
    """What a referrer tells of the patient's state, checked but not yet stored. Unknown facts are None or absent."""

    patient: Mapping[str, Any] = field(default_factory=dict)
    vertebrae: tuple[Mapping[str, Any], ...] = ()
    imaging: tuple[Mapping[str, Any], ...] = ()
    treatments: tuple[Mapping[str, Any], ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


class ClinicalPicture(Base):
    """All that was known of the patient at one time. Its fact columns are those of the vocabulary."""

    __tablename__ = "clinical_pictures"
    __table_args__ = (UniqueConstraint("referral_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"))
    number: Mapped[int]
    told_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    told_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    allergies: Mapped[str] = mapped_column(Text, default="")
    medication: Mapped[str] = mapped_column(Text, default="")
    anticoagulant: Mapped[str] = mapped_column(String(100), default="")
    anticoagulant_last_dose_on: Mapped[date | None]
    mobility_before: Mapped[str] = mapped_column(String(200), default="")
    mobility_now: Mapped[str] = mapped_column(String(200), default="")
    narrative: Mapped[str] = mapped_column(Text, default="")

    told_by: Mapped[Person] = relationship()
    vertebrae: Mapped[list["Vertebra"]] = relationship(order_by="Vertebra.position", lazy="selectin")
    imaging: Mapped[list["ImagingStudy"]] = relationship(order_by="ImagingStudy.position", lazy="selectin")
    treatments: Mapped[list["Treatment"]] = relationship(order_by="Treatment.position", lazy="selectin")

    def facts(self) -> dict[str, Any]:
        return {fact.name: getattr(self, fact.name) for fact in facts.PATIENT}

    def details(self) -> PictureDetails:
        """The picture as it was told, to be told again with corrections."""
        return PictureDetails(
            patient=self.facts(),
            vertebrae=tuple(vertebra.facts() for vertebra in self.vertebrae),
            imaging=tuple(_told(study, IMAGING_FIELDS) for study in self.imaging),
            treatments=tuple(_told(treatment, TREATMENT_FIELDS) for treatment in self.treatments),
            notes=_told(self, NOTE_FIELDS),
        )


class Vertebra(Base):
    """One vertebra of a picture; `level` None: not known yet."""

    __tablename__ = "vertebrae"
    __table_args__ = (UniqueConstraint("picture_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("clinical_pictures.id"))
    position: Mapped[int]

    def facts(self) -> dict[str, Any]:
        return {fact.name: getattr(self, fact.name) for fact in facts.VERTEBRA}


class ImagingStudy(Base):
    """A study that exists: what, when, where, and where its pictures are."""

    __tablename__ = "imaging_studies"
    __table_args__ = (UniqueConstraint("picture_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("clinical_pictures.id"))
    position: Mapped[int]
    modality: Mapped[str] = mapped_column(String(20))
    done_on: Mapped[date | None]
    site: Mapped[str] = mapped_column(String(100), default="")
    pictures_at: Mapped[str] = mapped_column(String(200), default="")
    report_attached: Mapped[bool | None]


class Treatment(Base):
    """A treatment tried: what, from when to when, and why it was stopped."""

    __tablename__ = "treatments"
    __table_args__ = (UniqueConstraint("picture_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("clinical_pictures.id"))
    position: Mapped[int]
    what: Mapped[str] = mapped_column(String(100))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    why_stopped: Mapped[str] = mapped_column(String(200), default="")


NOTE_FIELDS = (
    "allergies",
    "medication",
    "anticoagulant",
    "anticoagulant_last_dose_on",
    "mobility_before",
    "mobility_now",
    "narrative",
)
IMAGING_FIELDS = ("modality", "done_on", "site", "pictures_at", "report_attached")
TREATMENT_FIELDS = ("what", "from_on", "to_on", "why_stopped")


give_columns(ClinicalPicture, facts.PATIENT)
give_columns(Vertebra, facts.VERTEBRA)
Base.metadata.tables["vertebrae"].append_constraint(UniqueConstraint("picture_id", "level"))


def _told(row: Base, fields: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}


def _new(kind: type[Base]) -> ReturningInsert[int]:
    table = Base.metadata.tables[kind.__tablename__]
    return insert(table).returning(table.c.id)


NEW_PICTURE, NEW_VERTEBRA, NEW_STUDY, NEW_TREATMENT = map(_new, (ClinicalPicture, Vertebra, ImagingStudy, Treatment))
"""Built once; which columns they fill is said by the row."""


def _add(session: Session, new: ReturningInsert[int], row: dict[str, Any]) -> int:
    """Write the row, if every name in it is a column's: by itself the statement would drop another without a word."""
    if unknown := row.keys() - new.table.c.keys():
        raise TypeError(f"{new.table.description} has no {', '.join(sorted(unknown))}")
    return session.execute(new, row).scalar_one()


def record_picture(session: Session, referral_id: int, number: int, told_by_id: int, told: PictureDetails) -> int:
    """Add what was told as the newest picture of the referral, the first being number 1; gives back its id."""
    of_whom = {"referral_id": referral_id, "number": number, "told_by_id": told_by_id}
    picture_id = _add(session, NEW_PICTURE, {**of_whom, **told.patient, **told.notes})
    for part, rows in ((NEW_VERTEBRA, told.vertebrae), (NEW_STUDY, told.imaging), (NEW_TREATMENT, told.treatments)):
        for position, row in enumerate(rows):
            _add(session, part, {"picture_id": picture_id, "position": position, **row})
    return picture_id


def newest_picture(session: Session, referral_id: int) -> ClinicalPicture:
    """The current picture; every referral that was sent has one."""
    return session.scalars(
        select(ClinicalPicture)
        .where(ClinicalPicture.referral_id == referral_id)
        .order_by(ClinicalPicture.number.desc())
        .limit(1)
    ).one()


def pictures_of(session: Session, referral_id: int) -> Sequence[ClinicalPicture]:
    """Every picture of the referral with who told it, the newest first."""
    told = select(ClinicalPicture).where(ClinicalPicture.referral_id == referral_id)
    return session.scalars(
        told.options(joinedload(ClinicalPicture.told_by)).order_by(ClinicalPicture.number.desc())
    ).all()


def with_answers(told: PictureDetails, answers: Mapping[tuple[int | None, str], Any]) -> PictureDetails:
    """The picture with facts filled in: (position of the vertebra or None for the patient, fact) to value."""
    patient = dict(told.patient)
    vertebrae = [dict(vertebra) for vertebra in told.vertebrae]
    for (position, name), value in answers.items():
        while position is not None and position >= len(vertebrae):
            vertebrae.append({})
        (patient if position is None else vertebrae[position])[name] = value
    return PictureDetails(patient, tuple(vertebrae), told.imaging, told.treatments, told.notes)
