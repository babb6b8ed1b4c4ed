"""One thing done to several referrals at once: given to somebody, reminded of. Never a decision: each is made alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import reminder, sight, triage
from referrals.events import Event
from referrals.sight import NotFound
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed, Stale
from referrals.workflow import State

MOST = 50
NOT_AGAIN_WITHIN = timedelta(days=1)
"""Whoever was reminded just now is not reminded again: two people, or a double click, are one reminder."""


@dataclass
class Done:
    """How many were changed, and the public ids of those that were not, for somebody was faster or it cannot be now."""

    changed: int = 0
    left: list[str] = field(default_factory=list)


def assign(session: Session, actor: Person, today: date, ticked: Mapping[str, int], owner: Person) -> Done:
    """Give each (public id to the version that was seen) to this person. What cannot be is left as it is."""
    done = Done()
    for public_id, version in list(ticked.items())[:MOST]:
        try:
            with session.begin_nested():
                referral = sight.find(session, public_id, actor)
                triage.assign(session, referral, actor, version, today, owner)
        except (Stale, NotAllowed, NotFound, Incomplete):
            done.left.append(public_id)
        else:
            done.changed += 1
    return done


def remind(session: Session, actor: Person, ticked: Mapping[str, int], at: datetime) -> Done:
    """Remind the referrer of each that an answer is owed; what owes none, or was reminded of just now, is left."""
    done = Done()
    for public_id in list(ticked)[:MOST]:
        try:
            referral = sight.find(session, public_id, actor)
        except NotFound:
            done.left.append(public_id)
            continue
        if referral.status is State.AWAITING_INFORMATION and not _was_reminded(session, referral.id, at):
            reminder.remind(session, referral, by=actor)
            done.changed += 1
        else:
            done.left.append(public_id)
    return done


def _was_reminded(session: Session, referral_id: int, at: datetime) -> bool:
    late = select(Event.id).where(Event.referral_id == referral_id, Event.action == "remind")
    return session.scalar(late.where(Event.happened_at > at - NOT_AGAIN_WITHIN).limit(1)) is not None
