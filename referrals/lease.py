"""Leases: what leaves the outbox next, in whose hands it is, and what became of it.

A worker takes rows on lease, sends a mail, and closes them. What happens to the worker in between costs nothing: a
lease that has run out is taken up by whoever comes next, so that whatever is owed is told at least once.
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from referrals.outbox import IS_OPEN, Mail, Stands

LEASE = timedelta(minutes=5)
"""Longer than a mail server can take over one mail."""
MOST_ATTEMPTS = 20
"""With the waits below about three days: a mail server may be away for a weekend."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
DIED, EXPIRED = "WorkerDied", "Expired"
MOST_IN_ONE = 50
"""As many as the queue gives away at once."""

DUE = (
    select(Mail)
    .where(IS_OPEN, Mail.due_at <= bindparam("at"))
    .order_by(Mail.due_at, Mail.id)
    .with_for_update(skip_locked=True, of=Mail)
)
NEXT = DUE.limit(1)
LIKE_IT = DUE.where(
    Mail.notice_id.is_not(None),
    Mail.person_id == bindparam("person"),
    Mail.kind == bindparam("kind"),
    Mail.id != bindparam("first"),
    Mail.attempts < MOST_ATTEMPTS,
).limit(MOST_IN_ONE - 1)


def is_due(session: Session, at: datetime) -> bool:
    """Whether there is anything to take: looked at before anybody takes a turn at writing."""
    return session.scalar(select(Mail.id).where(IS_OPEN, Mail.due_at <= at).limit(1)) is not None


def take(session: Session, at: datetime) -> Sequence[Mail]:
    """What leaves next, as one mail, leased to whoever asks; no two workers get the same. Empty: nothing is due.

    It is what has waited longest and, where that tells somebody of a notice, all that is due to tell them of others of
    its kind. What outlived every attempt ends here, so that one which kills its worker does not do so for ever.
    """
    while first := session.scalars(NEXT, {"at": at}).first():
        if first.good_until and first.good_until <= at:
            _end(first, Stands.DEAD, at, EXPIRED)
        elif first.attempts >= MOST_ATTEMPTS:
            _end(first, Stands.DEAD, at, DIED)
        else:
            return _leased(session, [first, *_like(session, first, at)], at)
        session.flush()
    return []


def _like(session: Session, first: Mail, at: datetime) -> Sequence[Mail]:
    if first.notice_id is None:
        return []
    same = {"person": first.person_id, "kind": first.kind}
    return session.scalars(LIKE_IT, {**same, "at": at, "first": first.id}).all()


def _leased(session: Session, mails: Sequence[Mail], at: datetime) -> Sequence[Mail]:
    lease = secrets.token_hex(8)
    for mail in mails:
        mail.state, mail.lease, mail.due_at = Stands.LEASED, lease, at + LEASE
        mail.attempts += 1
    session.flush()
    return mails


@dataclass(frozen=True)
class Outcome:
    """What became of what was taken: sent, or void, or the type of what went wrong and whether that is final."""

    mail_ids: Sequence[int]
    lease: str | None
    fault: str = ""
    final: bool = False
    void: bool = False


def outcome_of(mails: Sequence[Mail], fault: str = "", final: bool = False, void: bool = False) -> Outcome:
    return Outcome([mail.id for mail in mails], mails[0].lease, fault, final, void)


def close(session: Session, outcome: Outcome, at: datetime) -> bool:
    """Write down what became of it; False where the lease had run out and somebody else has some of it now.

    What failed together waits for the same time, and leaves together again.
    """
    mine = select(Mail).where(Mail.id.in_(outcome.mail_ids), Mail.lease == outcome.lease).with_for_update()
    mails = session.scalars(mine.execution_options(populate_existing=True)).all()
    again_at = at + wait_after(max((mail.attempts for mail in mails), default=1))
    for mail in mails:
        if not outcome.fault:
            _end(mail, Stands.VOID if outcome.void else Stands.SENT, at)
        elif outcome.final or mail.attempts >= MOST_ATTEMPTS:
            _end(mail, Stands.DEAD, at, outcome.fault)
        else:
            mail.state, mail.lease, mail.fault = Stands.WAITING, None, outcome.fault[:60]
            mail.due_at = again_at
    session.flush()
    return len(mails) == len(outcome.mail_ids)


def wait_after(attempts: int) -> timedelta:
    """Twice as long after each attempt, and by chance: a server that was away would get all of them at once."""
    doublings: int = 2 ** min(attempts - 1, 10)
    whole = min(LONGEST_WAIT, FIRST_WAIT * doublings)
    return whole * random.uniform(0.5, 1)  # noqa: S311  spread, not secret


def _end(mail: Mail, state: Stands, at: datetime, fault: str | None = None) -> None:
    mail.state, mail.lease, mail.ended_at, mail.fault = state, None, at, (fault or "")[:60] or None
    if state is not Stands.DEAD or fault == EXPIRED:
        mail.sealed = None
