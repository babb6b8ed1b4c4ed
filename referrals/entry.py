"""What the log is to hold of something that was done to a referral, and who has to hear of it."""

from typing import Any

from referrals import events
from referrals.events import Entry
from referrals.referral import Referral
from referrals.staff import REFERRING_ROLES, Person, RoleName


def about(referral: Referral, action: str, by: Person | None, **said: Any) -> Entry:
    """Something beside it: neither state nor version changes, and an open form stays good. `said`: more of Entry."""
    whose = {"patient_id": referral.patient_id, "practice_id": referral.practice_id}
    return Entry(action=action, by=by, referral_id=referral.id, subject=referral.public_id, **whose | said)


def version_of(referral: Referral, action: str, by: Person | None, **said: Any) -> Entry:
    """What brought it to the version that it has now; its state is the same as before unless `from_state` is said."""
    brought = {"version": referral.version, "from_state": referral.state, "to_state": referral.state}
    return about(referral, action, by, **brought | said)


def for_whom(referral: Referral, actor: Person | None, by_the_clinic: bool = False) -> int | None:
    """The referring physician, where a delegate, or the clinic, does what is the physician's."""
    if actor is None or actor.id == referral.requester_id:
        return None
    return referral.requester_id if by_the_clinic or RoleName.DELEGATE in actor.role_names else None


def other_side(actor: Person) -> str:
    """Who has to hear of what this person does, where either side may do it."""
    return events.CLINIC if actor.role_names & REFERRING_ROLES else events.REFERRER
