"""Procedure records: what was done at which level, what leaked, and its codes; append-only, the newest is current."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals import cpt
from referrals.appointment import one_of
from referrals.db import Base, UTCDateTime, now
from referrals.eligibility.facts import LEVELS
from referrals.eligibility.verdict import PROCEDURES
from referrals.staff import Person

APPROACHES = {"unipedicular": "Unipedicular", "bipedicular": "Bipedicular", "other": "Another approach"}
GUIDANCE = {"fluoroscopy": "Fluoroscopy", "ct": "CT", "both": "Fluoroscopy and CT"}
ANESTHESIA = {"local": "Local", "sedation": "Local with sedation", "general": "General"}
CEMENTS = {"pmma": "PMMA", "pmma_high_viscosity": "PMMA, high viscosity", "other": "Another cement"}
LEAKS = {"none": "None seen", "asymptomatic": "Without symptoms", "symptomatic": "With symptoms"}
LEAST_ML, MOST_ML = 0.1, 30
MOST_LEVELS = 10
"""As many as the vocabulary lets be treated in one session."""


@dataclass(frozen=True)
class LevelDetails:
    """What was done at one level. None is not recorded; `cpt_code` None is to be filled in."""

    level: str
    procedure: str
    approach: str | None = None
    balloon: bool | None = None
    cement: str | None = None
    cement_ml: float | None = None
    leak: str | None = None
    leak_where: str = ""
    cpt_code: str | None = None


@dataclass(frozen=True)
class ProcedureDetails:
    """What is recorded of a procedure, the levels in the order in which they were treated."""

    performed_by: Person
    levels: tuple[LevelDetails, ...]
    guidance: str | None = None
    anesthesia: str | None = None
    complicated: bool | None = None
    complications: str = ""


class ProcedureRecord(Base):
    """One version of what was done at a visit; a correction is another."""

    __tablename__ = "procedure_records"
    __table_args__ = (
        UniqueConstraint("appointment_id", "number"),
        CheckConstraint(one_of("guidance", tuple(GUIDANCE)), name="known_guidance"),
        CheckConstraint(one_of("anesthesia", tuple(ANESTHESIA)), name="known_anesthesia"),
        CheckConstraint("complications = '' OR complicated", name="complications_only_where_there_were"),
        CheckConstraint("NOT complicated OR complications <> ''", name="complications_in_words"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"), index=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"))
    number: Mapped[int]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    performed_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    guidance: Mapped[str | None] = mapped_column(String(20))
    anesthesia: Mapped[str | None] = mapped_column(String(20))
    complicated: Mapped[bool | None]
    complications: Mapped[str] = mapped_column(Text, default="")

    recorded_by: Mapped[Person] = relationship(foreign_keys=recorded_by_id)
    performed_by: Mapped[Person] = relationship(foreign_keys=performed_by_id)
    levels: Mapped[list["TreatedLevel"]] = relationship(order_by="TreatedLevel.position", lazy="selectin")

    @property
    def codes(self) -> list[tuple[str, str, int]]:
        """The codes as they are billed: (code, our words, how many times)."""
        given = [level.cpt_code for level in self.levels if level.cpt_code]
        return [(code, cpt.WORDS[code], given.count(code)) for code in sorted(set(given))]

    @property
    def filled_in(self) -> list[str | None]:
        """The codes that the levels and procedures give, level by level."""
        return list(cpt.codes((level.procedure, level.level) for level in self.levels))


class TreatedLevel(Base):
    """One level of a record: what was done there, with which cement, and whether it leaked."""

    __tablename__ = "treated_levels"
    __table_args__ = (
        UniqueConstraint("record_id", "position"),
        UniqueConstraint("record_id", "level"),
        CheckConstraint(one_of("level", LEVELS), name="known_level"),
        CheckConstraint(one_of("procedure", PROCEDURES), name="known_procedure"),
        CheckConstraint(one_of("approach", tuple(APPROACHES)), name="known_approach"),
        CheckConstraint(one_of("cement", tuple(CEMENTS)), name="known_cement"),
        CheckConstraint(f"cement_ml BETWEEN {LEAST_ML} AND {MOST_ML}", name="cement_ml"),
        CheckConstraint(one_of("leak", tuple(LEAKS)), name="known_leak"),
        CheckConstraint("leak_where = '' OR leak <> 'none'", name="leak_somewhere"),
        CheckConstraint(one_of("cpt_code", tuple(cpt.WORDS)), name="known_code"),
        CheckConstraint("procedure = 'kyphoplasty' OR NOT balloon", name="a_balloon_makes_a_kyphoplasty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("procedure_records.id"))
    position: Mapped[int]
    level: Mapped[str] = mapped_column(String(3))
    procedure: Mapped[str] = mapped_column(String(20))
    approach: Mapped[str | None] = mapped_column(String(20))
    balloon: Mapped[bool | None]
    cement: Mapped[str | None] = mapped_column(String(20))
    cement_ml: Mapped[float | None] = mapped_column(Float)
    leak: Mapped[str | None] = mapped_column(String(20))
    leak_where: Mapped[str] = mapped_column(String(200), default="")
    cpt_code: Mapped[str | None] = mapped_column(String(5))


def records_of(session: Session, referral_id: int) -> dict[int, list[ProcedureRecord]]:
    """The records of the referral by the visit that they are of, each visit's newest first."""
    rows = session.scalars(
        select(ProcedureRecord)
        .where(ProcedureRecord.referral_id == referral_id)
        .options(joinedload(ProcedureRecord.recorded_by), joinedload(ProcedureRecord.performed_by))
        .order_by(ProcedureRecord.id.desc())
    ).all()
    found: dict[int, list[ProcedureRecord]] = {}
    for row in rows:
        found.setdefault(row.appointment_id, []).append(row)
    return found
