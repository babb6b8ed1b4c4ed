"""One thing done to several referrals at once: given to somebody. Never a decision: that is made one by one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from referrals import referral as referrals
from referrals import triage
from referrals.referral import NotFound
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed, Stale

MOST = 50


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
                referral = referrals.find(session, public_id, actor)
                triage.assign(session, referral, actor, version, today, owner)
        except (Stale, NotAllowed, NotFound, Incomplete):
            done.left.append(public_id)
        else:
            done.changed += 1
    return done
