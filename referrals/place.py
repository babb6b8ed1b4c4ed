"""The place of a referral in the queue: setting it by hand, and keeping the score right as the days go by."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, column, select, update
from sqlalchemy.orm import Session

from referrals import events, order, priority
from referrals.clinical import ClinicalPicture, Vertebra, newest_picture
from referrals.db import Database
from referrals.entry import version_of
from referrals.priority import HIGHEST, Score
from referrals.referral import CURRENT, IS_OPEN, Referral
from referrals.staff import Person, RoleName
from referrals.transition import Incomplete, NotAllowed, Stale, change
from referrals.workflow import Urgency

BATCH = 200
OF_ANY_PART = ("neurological_deficit", "bedridden_risk")


def may_override(person: Person, referral: Referral) -> bool:
    """Whether this person sets the place of this referral by hand."""
    return referral.is_open and RoleName.IR_PHYSICIAN in person.role_names


def override(session: Session, referral: Referral, actor: Person, version: int, points: int | None, why: str) -> None:
    """Put so many points in place of the score, from 0 to HIGHEST; None gives the score its place back.

    No action of the table: it changes neither the state nor the urgency that was asked for, and the log says who did it
    and why. Raises Stale, NotAllowed, Incomplete.
    """
    if referral.version != version:
        raise Stale(referral)
    if not may_override(actor, referral):
        raise NotAllowed("override_priority")
    if points == referral.priority_override:
        raise Incomplete("points", "That is its place already: choose another, or go back.")
    if points is not None and not 0 <= points <= HIGHEST:
        raise Incomplete("points", f"Give a number from 0 to {HIGHEST}.")
    if not why:
        raise Incomplete("comment", "Say why, in a sentence.")
    details = {"from": referral.priority_override, "to": points}
    set_by = {"priority_reason": why, "priority_set_by_id": actor.id}
    change(session, referral, priority_override=points, **(set_by if points is not None else dict.fromkeys(set_by)))
    session.expire(referral, ["priority_set_by"])
    events.record(session, version_of(referral, "override_priority", actor, comment=why, details=details))


def scored(session: Session, referral: Referral, urgency: Urgency, today: date) -> dict[str, Any]:
    """The columns of its score with another urgency: for the verb that sets one."""
    told = newest_picture(session, referral.id).details()
    return order.kept(priority.score(urgency, told.patient, told.vertebrae, today))


def refresh_all(database: Database, today: date) -> int:
    """Score anew what the days have changed, a batch a transaction, so that nobody waits long; how many there were."""
    done = 0
    while True:
        with database.begin() as session:
            batch = refresh(session, today)
        if not batch:
            return done
        done += batch


KEEP = (
    update(cast(Table, Referral.__table__))
    .where(column("id") == bindparam("row"), column("version") == bindparam("expected"))
    .values({name: bindparam(name) for name in ("priority", "priority_in_outline", "priority_changes_on")})
)


def refresh(session: Session, today: date) -> int:
    """Score anew up to BATCH open referrals whose score the days have changed; 0: all are as they are today.

    Only the score: no version goes on and nothing is logged, for nobody did anything. A referral that somebody changes
    meanwhile is left to the next batch.
    """
    due = session.execute(DUE, {"today": today}).all()
    vertebrae = _vertebrae(session, [row.picture_id for row in due])
    kept = [
        {"row": row.id, "expected": row.version, **order.kept(_score(row, vertebrae.get(row.picture_id, []), today))}
        for row in due
    ]
    if kept:
        session.execute(KEEP, kept)
    return len(kept)


DUE = (
    select(
        Referral.id,
        Referral.version,
        Referral.urgency,
        ClinicalPicture.id.label("picture_id"),
        *(getattr(ClinicalPicture, name) for name in OF_ANY_PART),
    )
    .join(ClinicalPicture, CURRENT)
    .where(IS_OPEN, Referral.priority_changes_on <= bindparam("today"))
    .order_by(Referral.priority_changes_on)
    .limit(BATCH)
)


def _vertebrae(session: Session, pictures: list[int]) -> dict[int, list[Mapping[str, Any]]]:
    of: dict[int, list[Mapping[str, Any]]] = {}
    columns = (getattr(Vertebra, name) for name in ("injury", "cause", "onset_on"))
    for row in session.execute(select(Vertebra.picture_id, *columns).where(Vertebra.picture_id.in_(pictures))):
        of.setdefault(row.picture_id, []).append(row._asdict())
    return of


def _score(row: Row[Any], vertebrae: list[Mapping[str, Any]], today: date) -> Score:
    return priority.score(Urgency(row.urgency), row._asdict(), vertebrae, today)
