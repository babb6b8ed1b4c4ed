"""Messages: what the two sides of a referral write to each other, append-only; and how far each person has read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    exists,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals import events
from referrals.db import Base, UTCDateTime, public_id_column
from referrals.entry import about, for_whom, other_side
from referrals.referral import Referral
from referrals.staff import Person
from referrals.transition import Incomplete, allowed

LONGEST = 5000


class Message(Base):
    """What somebody wrote, in the role and from the side that they had then. Never changed afterwards."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("side IN ('clinic', 'referrer')", name="known_side"),
        CheckConstraint("text <> ''", name="says_something"),
        UniqueConstraint("referral_id", "by_id", "token"),
        Index(None, "referral_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(String(80))
    side: Mapped[str] = mapped_column(String(10))
    token: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(Text)

    by: Mapped[Person] = relationship()


class MessageMark(Base):
    """The last message of a referral that a person has read."""

    __tablename__ = "message_marks"
    __table_args__ = (UniqueConstraint("referral_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    last_read_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)


def post(session: Session, referral: Referral, actor: Person, text: str, token: str) -> None:
    """Write to the other side; what was sent with the same token before is not sent again.

    The referral stays at its version, so that no form that somebody has open goes stale. Raises NotAllowed, Incomplete.
    """
    allowed(referral, "message", actor)
    if not text:
        raise Incomplete("text", "Write something before you send it.")
    _hold(session, referral)
    if session.scalar(select(exists().where(*_sent_with(referral, actor, token)))):
        return
    told = other_side(actor)
    written = {"side": events.CLINIC if told == events.REFERRER else events.REFERRER, "token": token, "text": text}
    by = {"by_id": actor.id, "role": ", ".join(sorted(actor.role_names)), "sent_at": events.happening_at(session)}
    session.add(Message(referral_id=referral.id, **by, **written))
    session.flush()
    # That somebody wrote, and not what.
    events.record(session, about(referral, "message", actor, on_behalf_of_id=for_whom(referral, actor)), told)


def _hold(session: Session, referral: Referral) -> None:
    """One message of a referral after the other, so that a later one never has the smaller number."""
    if session.get_bind().dialect.name != "sqlite":  # SQLite has one writer at a time anyway
        session.execute(select(Referral.id).where(Referral.id == referral.id).with_for_update(key_share=True))


def _sent_with(referral: Referral, actor: Person, token: str) -> tuple[ColumnElement[bool], ...]:
    return (Message.referral_id == referral.id, Message.by_id == actor.id, Message.token == token)


def thread(session: Session, referral_id: int) -> Sequence[Message]:
    """Every message of the referral with who wrote it, the oldest first."""
    of_it = select(Message).where(Message.referral_id == referral_id)
    return session.scalars(of_it.options(joinedload(Message.by)).order_by(Message.id)).all()


def last_read(session: Session, person: Person, referral_id: int) -> int:
    """The number of the last message that the person has read; 0 before the first."""
    mine = MessageMark.referral_id == referral_id, MessageMark.person_id == person.id
    return session.scalar(select(MessageMark.last_read_id).where(*mine)) or 0


INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def mark_read(session: Session, person: Person, message: Message) -> None:
    """The person has read as far as this message. A mark never goes back."""
    new = INSERTS[session.get_bind().dialect.name](MessageMark).values(
        referral_id=message.referral_id,
        person_id=person.id,
        last_read_id=message.id,
        read_at=events.happening_at(session),
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["referral_id", "person_id"],
            set_={name: new.excluded[name] for name in ("last_read_id", "read_at")},
            where=MessageMark.last_read_id < new.excluded.last_read_id,
        )
    )


def unread_counts(session: Session, person: Person, referral_ids: Sequence[int]) -> dict[int, int]:
    """How many messages of each of these referrals others wrote and this person has not read: in one statement.

    A referral without any is not among them.
    """
    read = (MessageMark.referral_id == Message.referral_id) & (MessageMark.person_id == person.id)
    counted = session.execute(
        select(Message.referral_id, func.count())
        .outerjoin(MessageMark, read)
        .where(Message.referral_id.in_(referral_ids), Message.by_id != person.id)
        .where(Message.id > func.coalesce(MessageMark.last_read_id, 0))
        .group_by(Message.referral_id)
    )
    return dict(counted.all())
