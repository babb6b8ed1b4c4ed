"""The log: what happened, append-only, each entry chained to the one before; and the notices that go with it.

An entry is a change of a referral, a reading of a patient's page, or something done to an account. The sequence has no
gaps: an entry's id is the id before it and one. Its hash is SHA-256 over the hash before it and the entry as
canonical JSON, so that whoever changes one entry has to change all that follow, and the checkpoints outside too.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Dialect, ForeignKey, Index, String, Text, UniqueConstraint, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from referrals.db import Base, UTCDateTime, now
from referrals.kind import CLINIC as CLINIC
from referrals.kind import REFERRER as REFERRER
from referrals.notice import Notice as Notice
from referrals.notice import settle, tell
from referrals.staff import Person

BEFORE_THE_FIRST = "0" * 64
"""What stands for the hash before the first entry."""


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(value: Any) -> str:
    """One text for one value: keys sorted, no spaces, not escaped."""
    return _encode(value)


class CanonicalJSON(TypeDecorator[dict[str, Any]]):
    """JSON kept as the very text that was hashed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str:
        return canonical(value or {})

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any]:
        return json.loads(value) if value else {}


class Event(Base):
    """One entry of the log: what, about whom, by whom in which role and for whom, from where, and when."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("(version IS NULL) = (to_state IS NULL)", name="a_change_has_a_state"),
        CheckConstraint("version IS NULL OR referral_id IS NOT NULL", name="a_change_is_of_a_referral"),
        UniqueConstraint("referral_id", "version"),
        Index(None, "patient_id"),
        Index(None, "by_id"),
        Index(None, "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(40))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referrals.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"))
    subject: Mapped[str | None] = mapped_column(String(12))
    version: Mapped[int | None]
    from_state: Mapped[str | None] = mapped_column(String(30))
    to_state: Mapped[str | None] = mapped_column(String(30))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str | None] = mapped_column(String(80))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    practice_id: Mapped[int | None] = mapped_column(ForeignKey("practices.id"))
    address: Mapped[str | None] = mapped_column(String(45))
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(ForeignKey("reasons.code"))
    comment: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(CanonicalJSON, default=dict)
    hash: Mapped[str] = mapped_column(String(64))

    by: Mapped[Person | None] = relationship(foreign_keys=by_id)
    on_behalf_of: Mapped[Person | None] = relationship(foreign_keys=on_behalf_of_id)

    @property
    def who(self) -> str:
        return self.by.name if self.by else "The service"


@dataclass(frozen=True)
class Origin:
    """Where an entry comes from: an address of the network, and when it happened if that is not now."""

    address: str | None = None
    happened_at: datetime | None = None


NOWHERE = Origin()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is to be recorded. Public id of the subject, not its content: no entry holds a clinical fact."""

    action: str
    by: Person | None = None
    referral_id: int | None = None
    patient_id: int | None = None
    subject: str | None = None
    version: int | None = None
    from_state: str | None = None
    to_state: str | None = None
    on_behalf_of_id: int | None = None
    practice_id: int | None = None
    reason: str | None = None
    comment: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class NotRecorded(Exception):
    """The log could not be written; what was to be recorded must not happen, nor be shown."""


def comes_from(session: Session, origin: Origin) -> None:
    """Say where what this session records comes from."""
    session.info["origin"] = origin


def happening_at(session: Session) -> datetime:
    """When what this session is about to record happens: now, unless it was said that it happened before."""
    origin: Origin = session.info.get("origin", NOWHERE)
    return origin.happened_at or now()


@dataclass(frozen=True)
class Recorded:
    """The newest entry that a session has written."""

    sequence: int
    hash: str
    at: datetime


RECORDED = "recorded"
"""Under which name a session keeps it, for whoever is told that the session has committed."""
NEWEST = {
    "sqlite": select(Event.id, Event.hash).order_by(Event.id.desc()).limit(1),
    "postgresql": select(func.newest_entry().table_valued("id", "hash")),
}
"""What the chain goes on from, whoever writes: PostgreSQL hides most entries from most people, and never this."""
ADD = insert(Event.__table__)  # type: ignore[arg-type]
CHAINED = tuple(column.name for column in Event.__table__.columns if column.name != "hash")
"""The columns that an entry's hash is taken over, in this order."""
FIRST = 1
"""The version at which a referral was sent: nobody was told of it before."""
MOMENT = "%Y-%m-%d %H:%M:%S.%f"
"""How a moment is written where it is hashed: in UTC, to the microsecond."""


def chained(previous: str, values: list[Any]) -> str:
    """The hash of an entry: `values` as CHAINED names them, moments written as MOMENT, details as canonical text."""
    return hashlib.sha256(f"{previous}\n{canonical(values)}".encode()).hexdigest()


def record(session: Session, entry: Entry, *audiences: str) -> int:
    """Add to the log, and a notice for each side that has to hear of it, in the caller's transaction; its number.

    One writer at a time adds to it: SQLite has no two anyway, and on PostgreSQL `newest_entry` waits for its turn.
    Raises NotRecorded when the log does not take it.
    """
    (row,) = _add(session, [entry])
    if entry.by and entry.referral_id and (entry.version or 0) > FIRST:
        settle(session, entry.referral_id, entry.by, row["happened_at"])
    if audiences:
        tell(session, row, audiences)
    return int(row["id"])


def record_all(session: Session, entries: Sequence[Entry]) -> None:
    """Add what the service did by itself to many, of which nobody is told; raises as `record` does."""
    if entries:
        _add(session, entries)


def _add(session: Session, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    before = session.execute(NEWEST[session.get_bind().dialect.name]).one_or_none()
    number, newest = (before.id, before.hash) if before else (0, BEFORE_THE_FIRST)
    rows = []
    for entry in entries:
        row = _row(entry, number := number + 1, session.info.get("origin", NOWHERE))
        row["hash"] = newest = chained(newest, [_hashed(row[name]) for name in CHAINED])
        rows.append(row)
    try:
        session.execute(ADD, rows)
    except DBAPIError as error:
        raise NotRecorded from error
    session.info[RECORDED] = Recorded(number, newest, rows[-1]["recorded_at"])
    return rows


def _row(entry: Entry, number: int, origin: Origin) -> dict[str, Any]:
    said, recorded_at = dict(vars(entry)), now()
    by = said.pop("by")
    return said | {
        "id": number,
        "by_id": by.id if by else None,
        "role": ", ".join(sorted(by.role_names)) if by else None,
        "address": origin.address,
        "happened_at": origin.happened_at or recorded_at,
        "recorded_at": recorded_at,
    }


def _hashed(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(MOMENT)
    return canonical(value) if isinstance(value, dict) else value
