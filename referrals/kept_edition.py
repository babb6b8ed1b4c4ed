"""Editions as they are kept for good: what every screening is pinned to, found again by its digest."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, CheckConstraint, Engine, Index, String, Text, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base, UTCDateTime, now
from referrals.eligibility import criteria
from referrals.eligibility.cql import library
from referrals.eligibility.edition import CriteriaSet, Edition
from referrals.eligibility.edition_notation import edition_from_json, edition_to_json
from referrals.eligibility.plain_text import plain_text


class KeptEdition(Base):
    """An edition whole: as plain data, in English and in CQL. What it says is never changed, and it is never deleted.

    `adopted`: it was drafted here and signed by two people, and counts from its first day on. The others come with the
    service, and are kept because somebody was screened by them; or they were withdrawn before their first day.
    """

    __tablename__ = "kept_editions"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        Index(None, "criteria_set", "adopted", "in_force_from"),
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    criteria_set: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    in_force_from: Mapped[date]
    adopted: Mapped[bool]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    english: Mapped[str] = mapped_column(Text)
    cql: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


KEEP = {
    name: insert(Base.metadata.tables["kept_editions"]).on_conflict_do_nothing(index_elements=["digest"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
ADOPTED = (
    select(KeptEdition.digest, KeptEdition.in_force_from)
    .where(KeptEdition.criteria_set == bindparam("set_name"), KeptEdition.adopted)
    .where(KeptEdition.in_force_from <= bindparam("day"))
    .order_by(KeptEdition.in_force_from.desc(), KeptEdition.kept_at.desc())
    .limit(1)
)
"""What was adopted last by a day, built once: every screening asks."""
_kept: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""What each database is known to hold. Only what was read there counts: what is written may be undone."""
_read: dict[str, Edition] = {}
"""One edition for one digest, so that what was prepared to judge by it is found again."""


def in_force(session: Session, set_name: str, on: date) -> Edition:
    """The edition that counts on the day, whether it came with the service or was adopted here; UnknownSetError."""
    came = criteria.in_force(set_name, on)
    adopted = session.execute(ADOPTED, {"set_name": set_name, "day": on}).one_or_none()
    if adopted is None or adopted.in_force_from < came.in_force_from:
        return came
    return edition_of(session, adopted.digest)


def set_of(session: Session, set_name: str) -> CriteriaSet:
    """The set with all its editions, those that came with the service and those that were adopted here."""
    came = criteria.SETS[set_name]
    adopted = (
        select(KeptEdition.digest)
        .where(KeptEdition.criteria_set == set_name, KeptEdition.adopted)
        .order_by(KeptEdition.kept_at)
    )
    known = [*came.editions, *(edition_of(session, digest) for digest in session.scalars(adopted))]
    return replace(came, editions=tuple(sorted(known, key=lambda edition: edition.in_force_from)))


def editions_of(session: Session, set_name: str) -> list[Edition]:
    """All editions of a set, the newest first."""
    return list(reversed(set_of(session, set_name).editions))


def edition_of(session: Session, digest: str) -> Edition:
    """The edition that a screening is pinned to; NoResultFound where it was never kept."""
    if digest not in _read:
        _read[digest] = _coming_with_us(digest) or edition_from_json(
            session.execute(select(KeptEdition.content).where(KeptEdition.digest == digest)).scalar_one()
        )
    return _read[digest]


def keep(session: Session, edition: Edition, adopted: bool = False) -> None:
    """Keep the edition, unless it is kept already."""
    known = _kept.setdefault(session.get_bind().engine, set())
    if edition.digest in known:
        return
    if session.execute(select(KeptEdition.digest).where(KeptEdition.digest == edition.digest)).first():
        known.add(edition.digest)
        return
    session.execute(KEEP[session.get_bind().dialect.name], {**_row(edition), "adopted": adopted})


def let_go(session: Session, digest: str) -> None:
    """Have an adopted edition count no more. For one whose first day is still to come: nobody was judged by it."""
    session.execute(update(KeptEdition).where(KeptEdition.digest == digest).values(adopted=False))


def _row(edition: Edition) -> dict[str, Any]:
    return {
        "digest": edition.digest,
        "criteria_set": edition.criteria_set,
        "name": edition.name,
        "in_force_from": edition.in_force_from,
        "content": edition_to_json(edition),
        "english": plain_text(criteria.SETS[edition.criteria_set], edition),
        "cql": library(edition),
    }


def _coming_with_us(digest: str) -> Edition | None:
    ours = (edition for each in criteria.SETS.values() for edition in each.editions)
    return next((edition for edition in ours if edition.digest == digest), None)
