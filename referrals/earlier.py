"""What was sent already of a patient who is, or looks like, the same: told to senders, and what may be one too many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from referrals.db import now
from referrals.duplicates import in_the_practice
from referrals.likeness import Identity, Likeness
from referrals.referral import Referral
from referrals.sight import visible_to
from referrals.staff import Person
from referrals.workflow import OPEN, State

NEAR = timedelta(days=90)
NOT_KNOWN_YET = "?"
SHOWN = 5
NEVER_SENT = (State.DRAFT, State.ENTERED_IN_ERROR)


@dataclass(frozen=True)
class Earlier:
    """A referral sent before, and how its patient is like the one who is asked about."""

    referral: Referral
    likeness: Likeness


def still_open(
    session: Session, person: Person, practice_id: int, who: Identity, but: int | None = None
) -> Sequence[Earlier]:
    """The open ones of the practice that this person may open, the newest first; none of the record `but`."""
    alike = {record: how for record, how in in_the_practice(session, practice_id, who).items() if record != but}
    return _earlier(session, person, alike, Referral.state.in_(OPEN))


def worth_telling(session: Session, person: Person, who: Identity, levels: str, at: datetime) -> Sequence[Earlier]:
    """Those of the own practice that a sender should know of: open, or of the last 90 days and the same level."""
    recent = or_(Referral.state.in_(OPEN), Referral.first_submitted_at >= at - NEAR)
    alike = in_the_practice(session, person.practice_id, who)
    found = _earlier(session, person, alike, recent)
    return [each for each in found if each.referral.is_open or overlap(each.referral.levels, levels)][:SHOWN]


def overlap(one: str, other: str) -> bool:
    """Whether two lists of levels, as a referral keeps them, have one in common, or may have: one is not known yet."""
    mine, theirs = set(one.split()), set(other.split())
    if not mine or not theirs or NOT_KNOWN_YET in mine | theirs:
        return True
    return bool(mine & theirs)


def may_be_one(one: Referral, other: Referral) -> bool:
    """Whether two referrals of one patient may be one too many: sent within 90 days, for a level in common."""
    first, second = one.first_submitted_at, other.first_submitted_at
    return overlap(one.levels, other.levels) and abs((first or now()) - (second or now())) <= NEAR


def sent_of(patient_ids: Iterable[int], person: Person) -> tuple[ColumnElement[bool], ...]:
    """Which referrals of these records somebody may open; none that was never meant to be sent."""
    return Referral.patient_id.in_(list(patient_ids)), Referral.state.not_in(NEVER_SENT), visible_to(person)


def _earlier(
    session: Session, person: Person, alike: Mapping[int, Likeness], which: ColumnElement[bool]
) -> Sequence[Earlier]:
    if not alike:
        return []
    rows = session.scalars(
        select(Referral)
        .where(*sent_of(alike, person), which)
        .options(joinedload(Referral.patient), joinedload(Referral.owner), joinedload(Referral.coded_reason))
        .order_by(Referral.id.desc())
    )
    return [Earlier(row, alike[row.patient_id or 0]) for row in rows]
