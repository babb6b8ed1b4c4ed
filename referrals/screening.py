"""Screenings: what the criteria said of a picture on a day; append-only, with the whole explanation."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, func, insert, select
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from referrals.clinical import ClinicalPicture, PictureDetails
from referrals.db import Base, UTCDateTime, now
from referrals.eligibility.evaluate import Assessment, as_json, assess
from referrals.kept_edition import in_force, keep

CRITERIA_SET = "clinic"


class Screening(Base):
    """The verdicts of one edition on one picture on one day. Never changed afterwards."""

    __tablename__ = "screenings"
    __table_args__ = (Index(None, "picture_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    picture_id: Mapped[int] = mapped_column(ForeignKey("clinical_pictures.id"))
    criteria_set: Mapped[str] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(String(40))
    edition_digest: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    explanation: Mapped[dict[str, Any]] = mapped_column(JSON)

    picture: Mapped[ClinicalPicture] = relationship()


def assess_picture(session: Session, picture: ClinicalPicture, today: date) -> Assessment:
    """The verdicts of the edition in force on the day, without recording them."""
    return assess_told(session, picture.details(), today)


def assess_told(session: Session, told: PictureDetails, today: date) -> Assessment:
    """The same of what is told, stored or not."""
    return assess_by(session, CRITERIA_SET, told, today)


def assess_by(session: Session, set_name: str, told: PictureDetails, today: date) -> Assessment:
    """The same by another set of criteria."""
    return assess(in_force(session, set_name, today), told.patient, told.vertebrae, today)


NEW_SCREENING = insert(Base.metadata.tables[Screening.__tablename__])


def screen(session: Session, picture_id: int, told: PictureDetails, today: date) -> Assessment:
    """Assess what the picture tells and record what was said."""
    assessment = assess_told(session, told, today)
    record(session, {picture_id: assessment})
    return assessment


def record(session: Session, said: Mapping[int, Assessment]) -> None:
    """Record what was said of pictures, by their ids, and keep the editions that said it."""
    for edition in {assessment.edition for assessment in said.values()}:
        keep(session, edition)
    session.execute(NEW_SCREENING, [_row(picture_id, assessment) for picture_id, assessment in said.items()])


def _row(picture_id: int, assessment: Assessment) -> dict[str, Any]:
    return {
        "picture_id": picture_id,
        "criteria_set": assessment.edition.criteria_set,
        "edition": assessment.edition.name,
        "edition_digest": assessment.edition.digest,
        "as_of": assessment.as_of,
        "explanation": as_json(assessment),
    }


def newest_screening(session: Session, picture: ClinicalPicture) -> Screening:
    """What was last recorded of this picture."""
    return session.scalars(
        select(Screening).where(Screening.picture_id == picture.id).order_by(Screening.id.desc()).limit(1)
    ).one()


def first_screenings(session: Session, pictures: Iterable[ClinicalPicture]) -> dict[int, Screening]:
    """What was said of each of these pictures when it was told: {id of the picture: screening}."""
    ids = [picture.id for picture in pictures]
    first = select(func.min(Screening.id)).where(Screening.picture_id.in_(ids)).group_by(Screening.picture_id)
    return {said.picture_id: said for said in session.scalars(select(Screening).where(Screening.id.in_(first)))}


def screenings_of(session: Session, referral_id: int) -> Sequence[Screening]:
    """All that was ever said of a referral, the oldest first, each with its picture and who told it."""
    return session.scalars(
        select(Screening)
        .join(Screening.picture)
        .join(ClinicalPicture.told_by)
        .where(ClinicalPicture.referral_id == referral_id, Screening.criteria_set == CRITERIA_SET)
        .options(contains_eager(Screening.picture).contains_eager(ClinicalPicture.told_by))
        .order_by(Screening.id)
    ).all()
