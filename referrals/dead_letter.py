"""Dead letters: mails that were given up, and an administrator who sends them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from referrals import outbox
from referrals.events import Entry, record
from referrals.outbox import IS_OPEN, Mail, Stands
from referrals.staff import Person

SHOWN, COUNTED_UP_TO = 200, 1000
DEAD = select(Mail).where(Mail.state == Stands.DEAD).order_by(Mail.ended_at.desc(), Mail.id.desc())


@dataclass(frozen=True)
class Waiting:
    """How many mails wait (counted up to COUNTED_UP_TO), and since when the first could have left."""

    number: int
    since: datetime | None


def waiting(session: Session) -> Waiting:
    open_ones = select(Mail.due_at).where(IS_OPEN).order_by(Mail.due_at).limit(COUNTED_UP_TO).subquery()
    number, since = session.execute(select(func.count(), func.min(open_ones.c.due_at))).one()
    return Waiting(number, since)


def dead(session: Session) -> Sequence[Row[Mail, Person]]:
    """Those that were given up, the last first, each with whom it was for."""
    rows = DEAD.add_columns(Person).outerjoin(Person, Person.id == Mail.person_id).limit(SHOWN)
    return session.execute(rows).unique().all()


def is_there(session: Session, public_id: str) -> bool:
    return session.scalar(select(Mail.id).where(Mail.public_id == public_id)) is not None


def replay(session: Session, by: Person, public_id: str = "") -> int:
    """Let one that was given up, or all of them, wait anew; how many. It is in the log who did."""
    wanted = DEAD.where(Mail.public_id == public_id) if public_id else DEAD
    again = outbox.replay(session, session.scalars(wanted.with_for_update(of=Mail)).all())
    if again:
        record(session, Entry(action="mails_replayed", by=by, practice_id=by.practice_id, details={"rows": again}))
    return again
