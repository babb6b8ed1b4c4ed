"""What the log says, for whoever audits: the newest first, filtered, and who looked at one patient.

It reads entries, people and practices, no referral and no patient. What was said with an action on a referral – reason,
comment, details – is clinical and stays out; what was said with anything else (an emergency access) is shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, null, or_, select
from sqlalchemy.orm import Session, aliased

from referrals.events import Event
from referrals.staff import Person, Practice
from referrals.workflow import ACTIONS

PAGE, CHUNK, RECENT = 50, 1_000, 10_000
OTHER = aliased(Person)
NOT_CLINICAL = and_(Event.version.is_(None), Event.action.not_in(ACTIONS))
ENTRIES = (
    select(
        Event.id.label("sequence"),
        Event.action,
        Event.subject,
        or_(Event.patient_id.is_not(None), Event.referral_id.is_not(None)).label("is_of_a_patient"),
        Person.name.label("who"),
        Person.public_id.label("person"),
        Event.role,
        OTHER.name.label("on_behalf_of"),
        Practice.name.label("practice"),
        Event.address,
        Event.happened_at,
        Event.recorded_at,
        case((NOT_CLINICAL, Event.comment), else_=null()).label("why"),
        case((NOT_CLINICAL, Event.details), else_=null()).label("details"),
        Event.hash,
    )
    .outerjoin(Person, Person.id == Event.by_id)
    .outerjoin(OTHER, OTHER.id == Event.on_behalf_of_id)
    .outerjoin(Practice, Practice.id == Event.practice_id)
)
Entry = Row[Any]


@dataclass(frozen=True)
class Wanted:
    """Which entries: by public ids, an action, and moments from … to before …; "" and None: any."""

    person: str = ""
    action: str = ""
    practice: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True)
class Page:
    """Entries, the newest first, and the sequence to ask for older ones with, if there are any."""

    rows: Sequence[Entry]
    next_before: int | None


def page(session: Session, wanted: Wanted, size: int = PAGE) -> Page:
    return _page(session, ENTRIES.where(*_filters(wanted)), size)


def _page(session: Session, query: Select[*tuple[Any, ...]], size: int) -> Page:
    rows = session.execute(query.order_by(Event.id.desc()).limit(size + 1)).all()
    return Page(rows[:size], rows[size - 1].sequence if len(rows) > size else None)


def _filters(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.person:
        yield Event.by_id == select(Person.id).where(Person.public_id == wanted.person).scalar_subquery()
    if wanted.action:
        yield Event.action == wanted.action
    if wanted.practice:
        yield Event.practice_id == select(Practice.id).where(Practice.public_id == wanted.practice).scalar_subquery()
    if wanted.subject:
        yield Event.subject == wanted.subject
    if wanted.since:
        yield Event.happened_at >= wanted.since
    if wanted.until:
        yield Event.happened_at < wanted.until
    if wanted.before is not None:
        yield Event.id < wanted.before


def everything(session: Session, wanted: Wanted) -> Iterator[Entry]:
    """All entries that are wanted, the newest first, a chunk at a time."""
    while True:
        chunk = page(session, wanted, CHUNK)
        yield from chunk.rows
        if chunk.next_before is None:
            return
        wanted = replace(wanted, before=chunk.next_before)


def patient_of(session: Session, public_id: str) -> int | None:
    """The patient that the referral of this public id is about, as the newest entry says it: records are merged."""
    about = select(Event.patient_id).where(Event.subject == public_id, Event.patient_id.is_not(None))
    return session.scalar(about.order_by(Event.id.desc()).limit(1))


def of_patient(
    session: Session, public_id: str, patient_id: int | None, before: int | None = None, size: int = CHUNK
) -> Page:
    """All that was looked at or done about the patient of this referral, over all of the patient's referrals.

    A draft has no patient yet: what was read of it is found by the referral that it became.
    """
    whose = and_(Event.subject == public_id, Event.referral_id.is_not(None))
    if patient_id is not None:
        theirs = select(Event.subject).where(Event.patient_id == patient_id, Event.subject.is_not(None)).distinct()
        whose = or_(Event.patient_id == patient_id, Event.subject.in_(session.scalars(theirs).all()))
    older = [] if before is None else [Event.id < before]
    return _page(session, ENTRIES.where(whose, *older), size)


def people(session: Session) -> dict[str, str]:
    """Everybody who may stand in the log: {public id: name}."""
    return dict(session.execute(select(Person.public_id, Person.name).order_by(Person.name)).all())


def practices(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Practice.public_id, Practice.name).order_by(Practice.name)).all())


def recent_actions(session: Session) -> set[str]:
    """What the newest entries record; nobody keeps a list of all."""
    newest = select(Event.action).order_by(Event.id.desc()).limit(RECENT).subquery()
    return set(session.scalars(select(newest.c.action).distinct()))


def late(entry: Entry) -> bool:
    """Whether it was recorded so long after it happened that both moments have to be told."""
    return bool(entry.recorded_at - entry.happened_at > timedelta(minutes=1))
