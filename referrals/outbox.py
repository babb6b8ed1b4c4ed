"""The outbox: every mail that the service owes, as a row written together with what it tells of.

A mail about a notice has no text here, it is written when it leaves; any other is sealed, for it may hold a link, and
the text goes when the row is closed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    literal_column,
    or_,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base, UTCDateTime, new_public_id, now, public_id_column

KEPT, LOST_AFTER = timedelta(days=30), timedelta(days=90)
"""How long the row of what was sent is kept, and of what was given up and sent again by nobody."""
BY_MAIL = "by_mail"
"""Under which name a session is told that this installation sends mail (`Database.told`)."""


class Stands(StrEnum):
    """How a mail stands. `void`: there was nobody to write to any more."""

    WAITING = "waiting"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"
    VOID = "void"


class Mail(Base):
    """A mail that is owed, or was. `due_at`: when it may be taken next, after a wait or when its lease has run out."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("state IN ({})".format(", ".join(f"'{state}'" for state in Stands)), name="known_state"),
        CheckConstraint("(state = 'leased') = (lease IS NOT NULL)", name="leased_by_somebody"),
        CheckConstraint("(state IN ('waiting', 'leased')) = (ended_at IS NULL)", name="ends_once"),
        CheckConstraint("state NOT IN ('sent', 'void') OR sealed IS NULL", name="blank_once_sent"),
        UniqueConstraint("notice_id", "person_id"),
        Index(None, "state", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    kind: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    good_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10), default=Stands.WAITING)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    lease: Mapped[str | None] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


IS_OPEN = Mail.state.in_([literal_column(f"'{state}'", String) for state in (Stands.WAITING, Stands.LEASED)])
"""In literals, so that a planner sees what the index of the open ones serves."""
Index("ix_mails_open", Mail.due_at, Mail.id, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
ADD = insert(cast(Table, Mail.__table__)).inline()
"""Inline: it does not ask for the id back. Who owes a mail need not see the outbox."""


def put(
    session: Session, kind: str, sealed: bytes, person_id: int | None = None, good_until: datetime | None = None
) -> None:
    """A mail about no notice, its text sealed, in the caller's transaction. After `good_until` it is worth nothing."""
    session.execute(ADD, {**_new(kind), "sealed": sealed, "person_id": person_id, "good_until": good_until})


def put_notices(session: Session, notice_id: int, kind: str, person_ids: Iterable[int]) -> None:
    """A mail about a notice to each of these people, in the caller's transaction; none where no mail is set up."""
    rows = [{**_new(kind), "notice_id": notice_id, "person_id": person_id} for person_id in person_ids]
    if rows and session.info.get(BY_MAIL):
        session.execute(ADD, rows)


def _new(kind: str) -> dict[str, Any]:
    at = now()
    waits = {"state": Stands.WAITING, "due_at": at, "created_at": at, "attempts": 0}
    return {"public_id": new_public_id(), "kind": kind, **waits}


def replay(session: Session, mails: Iterable[Mail]) -> int:
    """Let those that were given up wait anew; how many. What has expired stays: its link leads nowhere."""
    again = [mail for mail in mails if mail.state == Stands.DEAD and may_go_again(mail, now())]
    for mail in again:
        mail.state, mail.ended_at, mail.due_at, mail.attempts = Stands.WAITING, None, now(), 0
    session.flush()
    return len(again)


def may_go_again(mail: Mail, at: datetime) -> bool:
    """Whether there is still something to send."""
    return (mail.notice_id or mail.sealed) is not None and (mail.good_until is None or mail.good_until > at)


def forget(session: Session, at: datetime) -> None:
    """Rows that were closed long ago go, and what is sealed in those that are worth nothing any more."""
    closed = or_(
        Mail.state.in_((Stands.SENT, Stands.VOID)) & (Mail.ended_at < at - KEPT),
        (Mail.state == Stands.DEAD) & (Mail.ended_at < at - LOST_AFTER),
    )
    session.execute(delete(Mail).where(closed))
    late = (Mail.state == Stands.DEAD) & (Mail.good_until <= at) & Mail.sealed.is_not(None)
    session.execute(update(Mail).where(late).values(sealed=None))
