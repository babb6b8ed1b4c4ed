"""Whom a drafted edition would move: counted for everybody by the database, listed for those who read referrals."""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from referrals.eligibility.edition import Edition
from referrals.eligibility.verdict import KINDS, PROCEDURES
from referrals.policy import may
from referrals.referral import IS_OPEN, Referral
from referrals.registry import Moved, moved, moves, said_by
from referrals.scope import as_the_installation
from referrals.sight import visible_to
from referrals.web.context import me, reading
from referrals.web.reading import listed

LISTED = 50
NOT_RESTRICTED = Referral.restricted.is_(False)
"""Restricted referrals are in no figure: where one moves, that would tell something of its patient."""


class Row(NamedTuple):
    """How many move from one verdict to another, of those that are open and of those that have ended."""

    before: str
    after: str
    open: int
    ended: int


class Effect(NamedTuple):
    """Who moves on a day. `rows`: by procedure; `listed` None: this person reads no referrals."""

    on: date
    rows: dict[str, list[Row]]
    listed: list[tuple[Referral, Moved]] | None
    more: bool


def effect(before: Edition, after: Edition, on: date) -> Effect:
    """What the one says on that day of all that is known now, and what the other. The list is read: it is logged."""
    session = reading()
    rows = counted(session, before, after, on)
    if not may(me(), "read_referral"):
        return Effect(on, rows, None, False)
    found = _moved(session, before, after, on)
    if found:
        listed(len(found[:LISTED]))
    return Effect(on, rows, found[:LISTED], len(found) > LISTED)


def counted(session: Session, before: Edition, after: Edition, on: date) -> dict[str, list[Row]]:
    """For everybody the same figures, also for those to whom the database shows no patient: they name nobody."""
    with as_the_installation(session):
        found = moves(session, said_by(before, on), said_by(after, on), of=NOT_RESTRICTED)
    tallied: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for move, referrals in found.items():
        tallied[move.procedure, move.before, move.after][0 if move.is_open else 1] += referrals
    in_order = sorted(tallied.items(), key=lambda each: (KINDS.index(each[0][1]), KINDS.index(each[0][2])))
    return {
        name: [Row(was, becomes, *both) for (of, was, becomes), both in in_order if of == name] for name in PROCEDURES
    }


def _moved(session: Session, before: Edition, after: Edition, on: date) -> list[tuple[Referral, Moved]]:
    """The first open referrals that this person opens, and of which something else would be said."""
    mine = IS_OPEN & NOT_RESTRICTED & visible_to(me())
    found = moved(session, said_by(before, on), said_by(after, on), on, of=mine, limit=LISTED + 1)
    wanted = select(Referral).where(Referral.id.in_([each.referral_id for each in found]))
    known: dict[int, Any] = {each.id: each for each in session.scalars(wanted.options(joinedload(Referral.patient)))}
    return [(known[each.referral_id], each) for each in found]
