"""Every try at a second factor passes here: whether it may be made, and what is said of it in the log."""

from referrals import second_factor
from referrals.db import turn_to_writing
from referrals.staff import Person
from referrals.web import throttled
from referrals.web.context import reading


def refuse_too_many(person: Person) -> None:
    """Count the try before the code is looked at, with the tries at the password. Raises Delayed (429).

    What was counted is forgotten when a session starts: see signed_in.py.
    """
    throttled.count(person.email, throttled.SIGN_IN)


def failed(person: Person, what: str) -> None:
    """Record it, whatever becomes of the request."""
    writing = turn_to_writing(reading())
    second_factor.log(writing, "second_factor_failed", person, kind=what)
    writing.commit()
