"""The referral: what is kept of it, who may see it, and what happened to it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    and_,
    case,
    false,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals import events, order, priority
from referrals.clinical import ClinicalPicture, PictureDetails
from referrals.course import Course, rules
from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.eligibility.evaluate import Assessment
from referrals.eligibility.verdict import PROCEDURES
from referrals.patients import Patient
from referrals.reason import Reason
from referrals.staff import Person, Practice
from referrals.workflow import OPEN, State, Urgency

FAR_AWAY = literal_column("'9999-12-31'", Date)
"""Where a list is sorted by a date, those without one come last. A literal, so that an index can serve it."""


class Referral(Course, order.Ordered, Base):
    """One request to treat one patient, from draft to outcome.

    The columns from `vertebroplasty` on repeat what the newest picture and its screening say, so that a list of
    thousands can be sorted and filtered; only `reflected` says what they hold.
    """

    __tablename__ = "referrals"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    submission_token: Mapped[str] = mapped_column(String(64), unique=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    state: Mapped[str] = mapped_column(String(30), default=State.DRAFT)
    version: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ir_physician_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    restricted: Mapped[bool] = mapped_column(default=False, server_default=false())
    urgency: Mapped[int] = mapped_column(SmallInteger, default=Urgency.ROUTINE)
    reason: Mapped[str] = mapped_column(Text, default="")
    call_back: Mapped[str] = mapped_column(String(40), default="")
    requester_npi: Mapped[str] = mapped_column(String(10), default="")
    authored_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    first_submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_on: Mapped[date | None]
    draft_answers: Mapped[dict[str, list[str]] | None] = mapped_column(JSON(none_as_null=True))

    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decision_reason: Mapped[str | None] = mapped_column(ForeignKey("reasons.code"))
    decision_comment: Mapped[str | None] = mapped_column(Text)
    would_change: Mapped[str | None] = mapped_column(Text)

    picture_id: Mapped[int | None] = mapped_column(ForeignKey("clinical_pictures.id", use_alter=True))
    """Its newest clinical picture, the current one; None: nothing has been sent yet."""

    vertebroplasty: Mapped[str | None] = mapped_column(String(20))
    vertebroplasty_from: Mapped[date | None]
    kyphoplasty: Mapped[str | None] = mapped_column(String(20))
    kyphoplasty_from: Mapped[date | None]
    becomes_eligible_on: Mapped[date | None]
    red_flag: Mapped[bool] = mapped_column(default=False)
    levels: Mapped[str] = mapped_column(String(120), default="")
    conservative_management_started_on: Mapped[date | None]
    onset_on: Mapped[date | None]
    turned_on: Mapped[date | None]
    """When the days or a new edition turned a verdict, as long as nobody has acted on the referral since."""

    practice: Mapped[Practice] = relationship()
    requester: Mapped[Person] = relationship(foreign_keys=requester_id)
    owner: Mapped[Person | None] = relationship(foreign_keys=owner_id)
    ir_physician: Mapped[Person | None] = relationship(foreign_keys=ir_physician_id)
    decided_by: Mapped[Person | None] = relationship(foreign_keys=decided_by_id)
    patient: Mapped[Patient | None] = relationship()
    coded_reason: Mapped[Reason | None] = relationship(foreign_keys=decision_reason)

    __table_args__ = (*rules(), *order.rules())

    @property
    def status(self) -> State:
        return State(self.state)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def asked_urgency(self) -> Urgency:
        return Urgency(self.urgency)


def dated(column: Any) -> ColumnElement[date]:
    """A date column as a list sorts by it: unknown comes last.

    By CASE: PostgreSQL holds that COALESCE may tell what row-level security keeps back, and looks up no index by it.
    """
    return case((column.is_(None), FAR_AWAY), else_=column)


def fixed(value: Any) -> BindParameter[Any]:
    """A value of a list that is written into its statement: never what somebody typed.

    PostgreSQL then keeps one plan for it. With a value still to come it would plan anew each time, for a list of a
    length unknown; and planning, with all policies behind it, takes several times as long as running.
    """
    return literal(value, literal_execute=True)


IS_OPEN = Referral.worklist.is_not(None)
CURRENT = ClinicalPicture.id == Referral.picture_id
"""Which of its clinical pictures is the current one."""

BY_LIST: dict[str, tuple[Any, ...]] = {
    "first_submitted_at": (Referral.first_submitted_at,),
    "urgency": (Referral.urgency, Referral.first_submitted_at),
    "pressing": (Referral.pressing, Referral.first_submitted_at),
    "conservative": (dated(Referral.conservative_management_started_on),),
    "onset": (dated(Referral.onset_on),),
    "due": (dated(Referral.due_on),),
    "eligible": (dated(Referral.becomes_eligible_on),),
    "appointment": (dated(Referral.appointment_on),),
}
OF_THE_OPEN: dict[str, tuple[tuple[Any, ...], ColumnElement[bool]]] = {
    "eligible": ((dated(Referral.becomes_eligible_on),), IS_OPEN),
    "onset": ((dated(Referral.onset_on),), IS_OPEN),
    "owner": ((Referral.owner_id, Referral.pressing, Referral.first_submitted_at), IS_OPEN),
    "red_flag": ((Referral.first_submitted_at,), and_(Referral.red_flag, IS_OPEN)),
    "priority_changes": ((Referral.priority_changes_on,), IS_OPEN),
    "turned": ((dated(Referral.turned_on),), and_(Referral.turned_on.is_not(None), IS_OPEN)),
}
for _name, _sort in BY_LIST.items():
    Index(f"ix_referrals_worklist_{_name}", Referral.worklist, *_sort, Referral.id)
for _name, (_sort, _of) in OF_THE_OPEN.items():
    Index(f"ix_referrals_open_{_name}", *_sort, Referral.id, sqlite_where=_of, postgresql_where=_of)
Index("ix_referrals_practice", Referral.practice_id, Referral.state, Referral.changed_at, Referral.id)


def reflected(told: PictureDetails, assessment: Assessment, urgency: int) -> dict[str, Any]:
    """The columns of the referral that repeat what lists sort and filter by."""
    verdicts = assessment.verdicts
    starts = [verdict.starts_on for verdict in verdicts.values() if verdict.starts_on]
    return {
        **{procedure: verdicts[procedure].kind for procedure in PROCEDURES},
        **{f"{procedure}_from": verdicts[procedure].starts_on for procedure in PROCEDURES},
        "becomes_eligible_on": min(starts, default=None),
        "red_flag": told.patient.get("neurological_deficit") is True,
        "levels": " ".join(vertebra.get("level") or "?" for vertebra in told.vertebrae),
        "conservative_management_started_on": told.patient.get("conservative_management_started_on"),
        "onset_on": min((day for vertebra in told.vertebrae if (day := vertebra.get("onset_on"))), default=None),
        **order.kept(priority.score(Urgency(urgency), told.patient, told.vertebrae, assessment.as_of)),
    }


def history(session: Session, referral: Referral) -> Sequence[events.Event]:
    """Everything that happened to the referral, the newest first."""
    return session.scalars(
        select(events.Event)
        .where(
            events.Event.referral_id == referral.id,
            events.Event.version.is_not(None) | (events.Event.action == "rescreen"),
        )
        .options(joinedload(events.Event.by), joinedload(events.Event.on_behalf_of))
        .order_by(events.Event.id.desc())
    ).all()
