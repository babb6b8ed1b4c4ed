"""Who is signed in where: a session is a row here, and a browser's cookie only holds the key to it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.staff import SECOND_FACTOR_ROLES, Person

SEEN_EVERY = timedelta(seconds=30)
"""How exactly the last use is known: a row is not written for every click."""


@dataclass(frozen=True)
class Limits:
    """How long a session lasts: unused, by those who work at the clinic or at a practice, and in all."""

    idle_clinic: timedelta = timedelta(minutes=15)
    idle_practice: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)

    def idle(self, person: Person) -> timedelta:
        return self.idle_clinic if person.role_names & SECOND_FACTOR_ROLES else self.idle_practice


class UserSession(Base):
    """One browser in which somebody signed in. Only a digest of its key is kept."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address: Mapped[str | None] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person] = relationship()

    def alive(self, limits: Limits, at: datetime) -> bool:
        """Whether it still counts at that moment."""
        return self.ended_at is None and at < self.ends_at(limits)

    def ends_at(self, limits: Limits) -> datetime:
        """When it ends, unless it is used before."""
        return min(self.seen_at + limits.idle(self.person), self.ends_for_good_at(limits))

    def ends_for_good_at(self, limits: Limits) -> datetime:
        return self.started_at + limits.absolute


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def start(session: Session, person: Person, address: str | None = None, browser: str = "") -> str:
    """Sign the person in somewhere; gives back the key, which is told once."""
    key = secrets.token_urlsafe(32)
    session.add(UserSession(key_hash=digest(key), person_id=person.id, address=address, browser=browser[:200]))
    session.flush()
    return key


def renew(session: Session, key: str) -> str:
    """Another key for the same session; the old one opens nothing any more."""
    new = secrets.token_urlsafe(32)
    session.execute(update(UserSession).where(UserSession.key_hash == digest(key)).values(key_hash=digest(new)))
    return new


FIND = (
    select(UserSession)
    .join(UserSession.person)
    .where(UserSession.key_hash == bindparam("key_hash"), UserSession.ended_at.is_(None), Person.active)
    .options(contains_eager(UserSession.person).options(joinedload(Person.practice), joinedload(Person.roles)))
)


def find(session: Session, key: str, limits: Limits, at: datetime) -> UserSession | None:
    """The living session of this key with its person, practice and roles, in one statement."""
    found = session.scalars(FIND, {"key_hash": digest(key)}).unique().one_or_none()
    return found if found is not None and found.alive(limits, at) else None


def seen(session: Session, found: UserSession, at: datetime) -> None:
    session.execute(update(UserSession).where(UserSession.id == found.id).values(seen_at=at))
    set_committed_value(found, "seen_at", at)


def end(session: Session, *conditions: object) -> None:
    session.execute(update(UserSession).where(UserSession.ended_at.is_(None), *conditions).values(ended_at=now()))  # type: ignore[arg-type]


def end_all(session: Session, person: Person, but: str = "") -> None:
    """End every session of the person, except the one of this key."""
    end(session, UserSession.person_id == person.id, UserSession.key_hash != digest(but))


def living(session: Session, person: Person, limits: Limits, at: datetime) -> Sequence[UserSession]:
    """Where the person is signed in, the last used first."""
    rows = session.scalars(
        select(UserSession)
        .where(UserSession.person_id == person.id, UserSession.ended_at.is_(None))
        .order_by(UserSession.seen_at.desc())
    ).all()
    return [row for row in rows if row.alive(limits, at)]
