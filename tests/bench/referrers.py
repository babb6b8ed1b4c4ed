"""Physicians of several practices who refer one new patient after the other, as their browsers would send it."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Flask
from sqlalchemy import func, select

from referrals.db import Database
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from referrals.web.token import issue_token
from referrals.workflow import State
from tests import clinic
from tests.bench import floor
from tests.bench.rush import Asked
from tests.bench.visitor import Visitor, encoded, form_of
from tests.conftest import application, whole_database
from tests.intake_form import COMPLETE

FIRST_BIRTH, BIRTHS = date(1930, 1, 1), 15_000
_number = itertools.count(1)


@dataclass(frozen=True)
class Referrers:
    """The application in this process, and physicians who refer, each of another practice, on a database at head."""

    app: Flask
    physicians: list[Person]

    @property
    def database(self) -> Database:
        return whole_database(self.app)

    def desks(self, port: int, count: int) -> list["Desk"]:
        """So many of them sign in at a server of the same database and fill the intake page in."""
        return [Desk.of(self.app, physician, port) for physician in self.physicians[:count]]

    def arrived(self) -> int:
        """How many referrals have arrived at the clinic."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).where(Referral.state == State.SUBMITTED)) or 0


@dataclass(frozen=True)
class Desk:
    """A physician's browser, signed in, and the intake page of its session as it will be sent."""

    app: Flask
    physician: Person
    visitor: Visitor
    form: dict[str, str]

    @classmethod
    def of(cls, app: Flask, physician: Person, port: int) -> "Desk":
        visitor = Visitor(port)
        visitor.sign_in(physician.email, clinic.PASSWORD)
        return cls(app, physician, visitor, _filled_in(visitor))

    def written(self, count: int, **changed: str) -> list[bytes]:
        """So many referrals on this form, each of another patient and with a token of its own."""
        with self.app.test_request_context():
            return [
                encoded({**self.form, **_patient(), "token": issue_token(self.physician), **changed})
                for _ in range(count)
            ]

    def sending(self, count: int) -> list[Asked]:
        return [Asked("/referrals/new", form) for form in self.written(count)]


def engage(database_url: str, count: int) -> Referrers:
    """So many physicians, on an empty database at head."""
    app = application(database_url)
    with app.app_context(), whole_database(app).begin() as session:
        places = [clinic.practice(session, f"Practice {number}") for number in range(count)]
        return Referrers(app, [clinic.person(session, f"Physician {at.id}", RoleName.PHYSICIAN, at) for at in places])


def _filled_in(visitor: Visitor) -> dict[str, str]:
    """The intake page as the browser sends it, every field of it, once one level is chosen and all is answered."""
    empty = form_of(visitor.browse("/referrals/new").body)
    with_levels = visitor.browse("/referrals/new", {**empty, "levels": "L1", "do": "levels"})
    return {**form_of(with_levels.body), **COMPLETE}


def _patient() -> dict[str, str]:
    """Another one each time, also by birth date: who shares one is compared with all others who do."""
    number = next(_number)
    born_on = FIRST_BIRTH + timedelta(number % BIRTHS)
    return {"given_name": "Ada", "family_name": f"Sample {number}", "mrn": f"T-{number}", "born_on": f"{born_on}"}


def small_forms(count: int) -> list[bytes]:
    """What the bare insert is sent."""
    few = {name: COMPLETE[name] for name in floor.FIELDS}
    return [encoded({**few, **_patient()}) for _ in range(count)]
