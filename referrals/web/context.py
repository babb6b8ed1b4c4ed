"""What a request knows: its database session, the day at the clinic, and the person who asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request
from flask_security import current_user
from sqlalchemy.orm import Session

from config import Settings
from referrals.db import Database
from referrals.events import Origin, comes_from
from referrals.policy import scope_of
from referrals.scope import VISITOR, Scope, enter
from referrals.staff import Person
from referrals.storage import Storage
from referrals.virus import PATIENCE, Scanner


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def database() -> Database:
    return cast(Database, current_app.extensions["database"])


def storage() -> Storage:
    return cast(Storage, current_app.extensions["storage"])


def scanner(patience: float = PATIENCE) -> Scanner | None:
    """What looks for viruses, as long as this patience lasts; None where this installation has nothing that does."""
    found = cast(Scanner | None, current_app.extensions["scanner"])
    return replace(found, patience=patience) if found else None


def reading() -> Session:
    """The request's session for looking; closed when the request ends or begins to write.

    It works for nobody, and sees no patient on PostgreSQL, until `asked_by` says who asks.
    """
    if "reading" not in g:
        g.reading = database().reading(g.get("scope"))
        comes_from(g.reading, origin())
    return cast(Session, g.reading)


def origin() -> Origin:
    """Where what is recorded during this request comes from."""
    return Origin(request.remote_addr)


def asked_by(person: Person) -> None:
    """From now on this request works for that person."""
    g.scope = scope_of(person)
    enter(reading(), g.scope)


@contextmanager
def begin(within: Scope | None = None) -> Iterator[Session]:
    """The one transaction of a POST: committed at the end of the block, or nothing of it happened.

    `within`: for whom it works, where that is not just the person who asks.
    """
    scope = within or (g.scope if current_user.is_authenticated else VISITOR)
    stop_reading()
    with database().begin(scope) as session:
        comes_from(session, origin())
        yield session


def stop_reading(_error: BaseException | None = None) -> None:
    if session := g.pop("reading", None):
        session.close()


def today() -> date:
    """The day it is at the clinic."""
    return datetime.now(ZoneInfo(settings().time_zone)).date()


def me() -> Person:
    """The person who is signed in; only for routes whose policy asks for one."""
    return cast(Person, current_user._get_current_object())


def clinic_context() -> dict[str, Any]:
    """What a page shows of the clinic, without asking the database."""
    return {
        "product_name": "Vertebral fracture referrals",
        "clinic_name": settings().clinic_name,
        "clinic_telephone": settings().clinic_telephone,
        "today": today(),
    }


def register(app: Flask) -> None:
    app.teardown_appcontext(stop_reading)
