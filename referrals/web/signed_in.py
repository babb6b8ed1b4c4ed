"""Who asks: the living session that the browser's cookie holds the key to, looked up at every request."""

import time
from datetime import timedelta
from typing import Any

from flask import Flask, Response, g, request, session
from flask_login import LoginManager, user_logged_in, user_logged_out
from flask_security.utils import set_request_attr

from referrals import user_session
from referrals.db import now, turn_to_writing
from referrals.events import Entry, record
from referrals.staff import Person
from referrals.user_session import Limits, UserSession
from referrals.web import throttled
from referrals.web.context import asked_by, database, reading, settings

FRESH_FOR = timedelta(minutes=10)
"""How long after saying who one is what needs a fresh sign-in may be done."""
KEY, FORGERY_TOKEN, FORGERY_TOKEN_OF = "key", "csrf_token", "csrf_token_of"
WITH = {
    "security.login": "password",
    "security.two_factor_token_validation": "code",
    "security.mf_recovery": "recovery code",
    "security.wan_signin_response": "passkey",
    "sign_on.answer": "sign-on service",
}
"""What somebody showed last of all, by the page where they did."""
SAID_AT = "fs_paa"
"""When somebody last said who they are, as the sign-in library keeps it."""


def limits() -> Limits:
    """How long a session lasts in this installation."""
    return Limits(timedelta(minutes=settings().idle_minutes), timedelta(minutes=settings().idle_minutes_practice))


def load(uniquifier: str) -> Person | None:
    """The person of the session that the cookie names, if it still lives; nothing else signs anybody in."""
    key = session.get(KEY)
    found = user_session.find(reading(), key, limits(), now()) if isinstance(key, str) else None
    if found is None or found.person.fs_uniquifier != uniquifier:
        return None
    asked_by(found.person)
    g.user_session, g.said_at = found, session.get(SAID_AT, 0)
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get(SAID_AT, 0))
    return found.person


def current() -> UserSession:
    """The session of this request; only where somebody is signed in."""
    found: UserSession = g.user_session
    return found


def seconds_left() -> int:
    """Until this session ends, if nobody uses it."""
    return max(0, int((current().ends_at(limits()) - now()).total_seconds()))


def is_fresh() -> bool:
    """Whether the person of this session said who they are a short while ago."""
    age: float = time.time() - session.get(SAID_AT, 0)
    return 0 <= age < FRESH_FOR.total_seconds()


BY_ITSELF = "X-By-Itself"
"""What a page of ours says that asks without anybody having done anything: that keeps no session alive."""


def note_use() -> None:
    """Keep the session alive while it is used."""
    at = now()
    if BY_ITSELF not in request.headers and at - current().seen_at >= user_session.SEEN_EVERY:
        with database().begin() as writing:
            user_session.seen(writing, current(), at)


def begin_session(_app: Flask, user: Person) -> None:
    """Somebody has signed in: a new session, in place of whatever this browser had."""
    asked_by(user)
    writing = turn_to_writing(reading())
    user_session.end(writing, UserSession.key_hash == user_session.digest(session.pop(KEY, "")))
    session[KEY] = user_session.start(writing, user, request.remote_addr, request.headers.get("User-Agent", ""))
    throttled.forget(writing, user)
    said = {"with": WITH[request.endpoint]} if request.endpoint in WITH else {}
    record(writing, Entry(action="signed_in", by=user, practice_id=user.practice_id, details=said))
    writing.commit()
    _renew_forgery_token(user)


def _renew_forgery_token(user: Person) -> None:
    """A page that was open when the session ended can be sent once its reader has signed in again, by nobody else."""
    if session.get(FORGERY_TOKEN_OF) != user.public_id:
        session.pop(FORGERY_TOKEN, None)
        g.pop(FORGERY_TOKEN, None)
    session[FORGERY_TOKEN_OF] = user.public_id


def renew() -> None:
    """A new key for this session, wherever the cookie holds the old one: whoever came by that stays outside."""
    old = session[KEY]
    writing = turn_to_writing(reading())
    new = user_session.renew(writing, old)
    writing.commit()
    session.update({name: new for name, said in session.items() if said == old})


def renew_when_fresh(response: Response) -> Response:
    """Whoever has just said again who they are goes on under a new key."""
    begun = g.get("user_session")
    goes_on = begun is not None and user_session.digest(session.get(KEY, "")) == begun.key_hash
    if goes_on and session.get(SAID_AT, 0) != g.said_at:
        renew()
    return response


def end_session(_app: Flask, user: Any) -> None:
    """Somebody signs out of this browser."""
    writing = turn_to_writing(reading())
    user_session.end(writing, UserSession.key_hash == user_session.digest(session.pop(KEY, "")))
    if isinstance(user, Person):
        record(writing, Entry(action="signed_out", by=user, practice_id=user.practice_id))
    writing.commit()


def register(app: Flask) -> None:
    manager: LoginManager = app.login_manager  # type: ignore[attr-defined]
    manager.user_loader(load)
    manager.request_loader(lambda _request: None)  # the library's takes a token, in an address too
    app.after_request(renew_when_fresh)
    user_logged_in.connect(begin_session, app)
    user_logged_out.connect(end_session, app)
