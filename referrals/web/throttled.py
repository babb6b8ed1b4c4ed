"""Where somebody may guess – a password, a code – the guess is counted first, and waits its turn."""

import math
from collections.abc import Callable

from flask import Flask, current_app, render_template, request
from sqlalchemy.orm import Session

from referrals import account, throttle
from referrals.db import now
from referrals.events import comes_from
from referrals.scope import VISITOR
from referrals.staff import Person
from referrals.throttle import Delayed, Keys
from referrals.web.context import database, origin, reading

SIGN_IN, FORGOTTEN = "sign in", "forgotten password"


def keys(named: str, purpose: str = SIGN_IN) -> Keys:
    """What this request is counted under; `named` is the e-mail address of the account, as typed or as known."""
    return throttle.keys(current_app.config["SECRET_KEY"], purpose, named, request.remote_addr)


def tried(named: str, what: str, right: Callable[[], bool], who: Callable[[], Person | None]) -> bool:
    """Whether `right`, which is asked only if the account and the address need not wait. Raises Delayed.

    The one door for every guess: password, code of an app, recovery code, passkey. `what` says in the log which it was,
    and `who`, asked afterwards, whose account it is, if anybody's. Signing in forgets the account's failures.
    """
    with database().begin(VISITOR) as session:
        attempt = throttle.attempt(session, keys(named), now())
    if right():
        reading().commit()  # the check may have written a better hash, and SQLite has one writer at a time
        with database().begin(VISITOR) as session:
            throttle.passed(session, attempt)
        return True
    with database().begin(VISITOR) as session:
        comes_from(session, origin())
        account.sign_in_failed(session, who(), what)
    return False


def count(named: str, purpose: str) -> None:
    """Count something that is neither right nor wrong, such as asking for a mail. Raises Delayed."""
    with database().begin(VISITOR) as session:
        throttle.attempt(session, keys(named, purpose), now())


def forget(session: Session, person: Person) -> None:
    """The person has signed in, or proved to read the own mail."""
    throttle.forget(session, keys(person.email))


def wait(delayed: Delayed) -> tuple[str, int, dict[str, str]]:
    """The same page for an account that exists and for one that does not."""
    seconds = max(1, math.ceil((delayed.until - now()).total_seconds()))
    page = render_template("errors/429.html", until=delayed.until, seconds=seconds)
    return page, 429, {"Retry-After": str(seconds)}


def register(app: Flask) -> None:
    app.register_error_handler(Delayed, wait)
