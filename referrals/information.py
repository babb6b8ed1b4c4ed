"""Requests for what is missing: named items, asked by the clinic, answered by the referrer."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Integer, String, Text, func, select, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now
from referrals.staff import Person


class InformationRequest(Base):
    """One request of the clinic: its items, by when, and the state the referral came from."""

    __tablename__ = "information_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"), index=True)
    came_from: Mapped[str] = mapped_column(String(30))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_on: Mapped[date]
    comment: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    asked_by: Mapped[Person] = relationship()
    items: Mapped[list["InformationItem"]] = relationship(order_by="InformationItem.position", lazy="selectin")

    @property
    def is_open(self) -> bool:
        """Whether an answer is still owed: nobody answered, and the referral has not ended meanwhile."""
        return self.answered_at is None and self.closed_at is None

    @property
    def open_items(self) -> list["InformationItem"]:
        return [item for item in self.items if item.answer is None]


class InformationItem(Base):
    """One item asked for: a fact of the vocabulary (of a vertebra, where it has one), or a question in words.

    `answer` is what the referrer said, in words; None while nothing was said.
    """

    __tablename__ = "information_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("information_requests.id"), index=True)
    position: Mapped[int]
    fact: Mapped[str | None] = mapped_column(String(60))
    vertebra: Mapped[int | None] = mapped_column(Integer)
    level: Mapped[str | None] = mapped_column(String(3))
    question: Mapped[str] = mapped_column(String(300))
    answer: Mapped[str | None] = mapped_column(Text)


def requests_of(session: Session, referral_id: int) -> Sequence[InformationRequest]:
    """Everything the clinic asked about the referral, the newest first."""
    return session.scalars(
        select(InformationRequest)
        .where(InformationRequest.referral_id == referral_id)
        .options(joinedload(InformationRequest.asked_by))
        .order_by(InformationRequest.id.desc())
    ).all()


def open_request(session: Session, referral_id: int) -> InformationRequest | None:
    """The request that the referrer still owes an answer to."""
    return next((asked for asked in requests_of(session, referral_id) if asked.is_open), None)


def close_open(session: Session, referral_id: int) -> None:
    """The referral has ended: nobody owes an answer any more."""
    owed = InformationRequest.answered_at.is_(None) & InformationRequest.closed_at.is_(None)
    session.execute(
        update(InformationRequest).where(InformationRequest.referral_id == referral_id, owed).values(closed_at=now())
    )


def items_owed(session: Session, referral_ids: Sequence[int]) -> dict[int, int]:
    """How many questions of the clinic each of these referrals has open."""
    counted = session.execute(
        select(InformationRequest.referral_id, func.count(InformationItem.id))
        .join(InformationRequest.items)
        .where(InformationRequest.referral_id.in_(referral_ids))
        .where(InformationRequest.answered_at.is_(None), InformationRequest.closed_at.is_(None))
        .group_by(InformationRequest.referral_id)
    )
    return dict(counted.all())
