"""What a practice has not heard yet: its unread notices."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.orm import Session, joinedload

from referrals import events
from referrals.db import now
from referrals.events import Event, Notice
from referrals.referral import Referral, visible_to
from referrals.staff import Person

SHOWN = 10


def unread(session: Session, person: Person) -> Sequence[Row[Notice, Referral]]:
    """The newest unread notices of the person's practice, each with its referral, if the person may open that."""
    return session.execute(
        select(Notice, Referral)
        .join(Referral, Referral.id == Notice.referral_id)
        .where(_unread_by(person), visible_to(person))
        .options(joinedload(Notice.event).joinedload(Event.by), joinedload(Referral.patient))
        .order_by(Notice.id.desc())
        .limit(SHOWN)
    ).all()


def mark_read(session: Session, person: Person, seen_at: datetime) -> None:
    """Somebody of the practice has seen what a page made at that moment showed, and nothing else."""
    shown = (
        select(Notice.id)
        .join(Referral, Referral.id == Notice.referral_id)
        .where(_unread_by(person), visible_to(person), Notice.created_at <= seen_at)
        .order_by(Notice.id.desc())
        .limit(SHOWN)
    )
    session.execute(update(Notice).where(Notice.id.in_(shown)).values(read_at=now(), read_by_id=person.id))


def _unread_by(person: Person) -> ColumnElement[bool]:
    return and_(Notice.practice_id == person.practice_id, Notice.audience == events.REFERRER, Notice.read_at.is_(None))
