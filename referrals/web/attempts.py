"""Every try at a second factor passes here: whether it may be made, and what is said of it in the log."""

from referrals import second_factor
from referrals.db import turn_to_writing
from referrals.staff import Person
from referrals.web.context import reading


def refuse_too_many(person: Person) -> None:
    """The call site of the throttle, before a code is even looked at: 429 while this person has to wait."""


def failed(person: Person, what: str) -> None:
    """Count it and record it, whatever becomes of the request."""
    writing = turn_to_writing(reading())
    second_factor.log(writing, "second_factor_failed", person, kind=what)
    writing.commit()


def succeeded(person: Person) -> None:
    """The other call site of the throttle: failures before this one no longer count."""
