"""What administering people and practices has in common: one at a time, by somebody who may, on what they have seen."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.policy import may
from referrals.staff import Person, Role, RoleName


@dataclass
class Refused(Exception):
    """A rule is against it: which field says so, and what to do."""

    field: str
    what_to_do: str


class ChangedMeanwhile(Exception):
    """Somebody else changed the person or practice since the page was opened."""


class NotPermitted(Exception):
    """Whoever asks may not, or no longer."""


class NoSuch(Exception):
    """There is no person or practice of this public id."""


TURN = select(Role.id).where(Role.name == RoleName.ADMINISTRATOR).with_for_update(key_share=True)
"""The row that whoever administers holds: two who end each other's access at once do it one after the other."""


def take_turn(session: Session, by: Person | None, permission: str) -> None:
    """Wait until nobody else administers, and look again whether this person may. None: whoever has the command line.

    Raises NotPermitted.
    """
    session.execute(TURN)
    if by is None:
        return
    as_it_is_now = session.get(Person, by.id, populate_existing=True)
    if as_it_is_now is None or not may(as_it_is_now, permission):
        raise NotPermitted(permission)


def fingerprint(*values: Any) -> str:
    """What somebody saw, in 32 characters: a form carries it, so that a change made meanwhile is noticed."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def check_seen(seen: str | None, now: str) -> None:
    """Raise ChangedMeanwhile unless what was seen is what is there. None: nobody looked before (a command)."""
    if seen is not None and seen != now:
        raise ChangedMeanwhile
