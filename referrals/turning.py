"""A verdict that the days or a new edition turned: who has seen it, and from what to what it turned."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import events
from referrals.entry import version_of
from referrals.events import Event
from referrals.outline import Outline
from referrals.referral import Referral
from referrals.staff import Person
from referrals.transition import NotAllowed, Stale, change


def may_acknowledge(person: Person, referral: Referral) -> bool:
    """Whether there is something for this person to have seen."""
    return referral.is_open and referral.turned_on is not None and person.works_at_clinic


def acknowledge(session: Session, referral: Referral, actor: Person, version: int) -> None:
    """Say that the turned verdict was seen: the referral leaves that list, and nothing else of it changes.

    No action of the table, and it decides nothing; the log says who has seen it. Raises Stale, NotAllowed.
    """
    if referral.version != version:
        raise Stale(referral)
    if not may_acknowledge(actor, referral):
        raise NotAllowed("acknowledge")
    change(session, referral)
    events.record(session, version_of(referral, "acknowledge", actor))


def turns(session: Session, rows: Collection[Referral | Outline]) -> dict[int, dict[str, Any]]:
    """What the log holds of how these were turned last, in one statement: {id of the referral: details}.

    A referral that stands on the list is at the version that the turning brought it to.
    """
    here = {row.id: row.version for row in rows if isinstance(row, Referral) and row.turned_on is not None}
    if not here:
        return {}
    # By the referral alone: of pairs, SQLite looks up none in an index.
    turned = select(Event.referral_id, Event.version, Event.details).where(
        Event.referral_id.in_(here), Event.action == "rescreen"
    )
    return {row.referral_id: row.details for row in session.execute(turned) if row.version == here[row.referral_id]}
