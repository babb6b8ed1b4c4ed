"""The inbox: what a person was told, unread first, each with the referral that it is about if they may open that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, func, select, update
from sqlalchemy.orm import Session, joinedload

from referrals.db import now
from referrals.events import Event
from referrals.notice import Notice, NoticeCopy
from referrals.referral import Referral
from referrals.sight import visible_to
from referrals.staff import Person

SHOWN, READ_SHOWN = 100, 30
COUNTED_UP_TO = 100


@dataclass(frozen=True)
class Told:
    """One notice as its reader may see it. `event` and the patient are not there where `opens` is False."""

    notice: Notice
    read_at: datetime | None
    referral: Referral
    event: Event | None
    opens: bool


def unread(session: Session, person: Person, most: int = SHOWN) -> list[Told]:
    """The newest that the person has not read, the newest first."""
    return _told(session, person, NoticeCopy.read_at.is_(None), most)


def read(session: Session, person: Person) -> list[Told]:
    """The last that the person has read."""
    return _told(session, person, NoticeCopy.read_at.is_not(None), READ_SHOWN)


def _told(session: Session, person: Person, which: ColumnElement[bool], most: int) -> list[Told]:
    rows = session.execute(
        select(Notice, NoticeCopy.read_at, Referral, Event, visible_to(person))
        .join(NoticeCopy, NoticeCopy.notice_id == Notice.id)
        .join(Referral, Referral.id == Notice.referral_id)
        .outerjoin(Event, Event.id == Notice.event_id)
        .where(_mine(person), which)
        .options(joinedload(Event.by), joinedload(Referral.patient), joinedload(Referral.practice))
        .order_by(NoticeCopy.id.desc())
        .limit(most)
    )
    return [_as_seen(row) for row in rows]


def _as_seen(row: Row[Notice, datetime | None, Referral, Event, bool]) -> Told:
    notice, read_at, referral, event, opens = row
    return Told(notice, read_at, referral, event if opens else None, bool(opens))


def count_unread(session: Session, person: Person) -> int:
    """How many the person has not read, counted up to COUNTED_UP_TO."""
    mine = select(NoticeCopy.id).where(_mine(person), NoticeCopy.read_at.is_(None)).limit(COUNTED_UP_TO)
    return session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def mark_read(session: Session, person: Person, seen_at: datetime, referral: str = "") -> None:
    """The person has seen what a page made at that moment showed – of one referral, or of all – and nothing else."""
    shown = (
        select(NoticeCopy.id)
        .join(Notice, Notice.id == NoticeCopy.notice_id)
        .where(_mine(person), NoticeCopy.read_at.is_(None), Notice.created_at <= seen_at)
        .order_by(NoticeCopy.id.desc())
        .limit(SHOWN)
    )
    if referral:
        shown = shown.join(Referral, Referral.id == Notice.referral_id).where(Referral.public_id == referral)
    session.execute(update(NoticeCopy).where(NoticeCopy.id.in_(shown)).values(read_at=now()))


def by_referral(told: Sequence[Told]) -> list[tuple[Referral, list[Told]]]:
    """The same, each referral once, where it stands with its newest."""
    groups: dict[int, tuple[Referral, list[Told]]] = {}
    for each in told:
        groups.setdefault(each.referral.id, (each.referral, []))[1].append(each)
    return list(groups.values())


def _mine(person: Person) -> ColumnElement[bool]:
    return and_(NoticeCopy.person_id == person.id)
