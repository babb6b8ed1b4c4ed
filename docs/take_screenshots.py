"""Takes the pictures of the README from the made-up clinic: .venv/bin/python -m docs.take_screenshots"""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from config import DEMONSTRATION, from_environment
from referrals import create_app
from referrals.demonstration import fill
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION
from referrals.migrate import upgrade
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from referrals.workflow import State
from tests.at_a_browser import Visit
from tests.browser import chromium
from tests.conftest import LiveServer

HERE = Path(__file__).parent
DESK, TELEPHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 900}
OF_L1 = {
    "What does imaging show?": "Compression fracture",
    "How much of the body has collapsed?": "Partial",
    "Cause of the damage": "Osteoporosis",
    "Is this vertebra damaged by a spinal tumor?": "No",
    "Is the pain at this level, on examination?": "Yes",
}
OF_THE_PATIENT = {
    "Is the patient too frail": "Yes",
    "At risk of becoming bedridden?": "Yes",
    "Bleeding disorder": "None",
    "Allergy to bone cement?": "No",
    "Pregnant?": "No",
    "New weakness": "No",
}
STILL_OPEN = 3
"""Answers that would decide it: conservative management, since when and whether it failed, and an infection."""


@contextmanager
def made_up_clinic() -> Iterator[LiveServer]:
    """The service with its made-up clinic, on a database that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="screenshots") as folder:
        url = f"sqlite:///{folder}/demonstration.sqlite"
        settings = from_environment({"REFERRALS_MODE": DEMONSTRATION, "DATABASE_URL": url})
        upgrade(url)
        app = create_app(settings)
        with app.app_context():
            fill(app.extensions["database"], today(settings.time_zone), settings)
        server = LiveServer(app)
        yield server
        server.stop()


def today(time_zone: str) -> date:
    return datetime.now(ZoneInfo(time_zone)).date()


def somebody(server: LiveServer, role: RoleName) -> Person:
    with server.database.reading() as session:
        people = session.scalars(select(Person).order_by(Person.id)).unique()
        return next(person for person in people if role in person.role_names)


def one_to_decide(server: LiveServer) -> Referral:
    """In review: a candidate for one procedure, and short of an answer for the other."""
    with server.database.reading() as session:
        found = session.scalars(
            select(Referral)
            .where(Referral.state == State.IN_REVIEW)
            .where(Referral.kyphoplasty == CANDIDATE, Referral.vertebroplasty == MORE_INFORMATION)
            .order_by(Referral.id)
        ).first()
        assert found, "the made-up clinic has no such referral any more: choose another"
        return found


@contextmanager
def at(server: LiveServer, browser: Browser, role: RoleName, size: dict[str, int]) -> Iterator[Visit]:
    with browser.new_context(base_url=server.url, viewport=size) as context:  # type: ignore[arg-type]
        visit = Visit(context)
        visit.come_in(server, somebody(server, role))
        yield visit


def keep(visit: Visit, name: str) -> None:
    visit.page.screenshot(path=HERE / f"{name}.png", animations="disabled", caret="hide")


def intake(server: LiveServer, browser: Browser) -> None:
    with at(server, browser, RoleName.PHYSICIAN, DESK) as visit:
        visit.page.goto("/referrals/new")
        visit.tick_level("L1")
        for question, answer in OF_L1.items():
            visit.choose(question, answer, "L1")
        for question, answer in OF_THE_PATIENT.items():
            visit.choose(question, answer)
        expect(visit.page.locator("#so-far .needed").first.get_by_role("listitem")).to_have_count(STILL_OPEN)
        visit.page.locator("#vertebrae").evaluate("each => window.scrollTo(0, each.closest('section').offsetTop - 20)")
        keep(visit, "intake")


def referral(server: LiveServer, browser: Browser) -> None:
    with at(server, browser, RoleName.COORDINATOR, DESK) as visit:
        visit.page.goto(f"/referrals/{one_to_decide(server).public_id}")
        keep(visit, "referral")


def queue(server: LiveServer, browser: Browser) -> None:
    for size, name in ((DESK, "queue"), (TELEPHONE, "narrow")):
        with at(server, browser, RoleName.COORDINATOR, size) as visit:
            visit.page.goto("/queue/")
            keep(visit, name)


def draft(server: LiveServer, browser: Browser) -> None:
    with at(server, browser, RoleName.IR_PHYSICIAN, DESK | {"height": 1000}) as visit:
        visit.page.goto("/criteria/drafts")
        visit.page.get_by_role("link", name="Edition 2", exact=True).first.click()
        keep(visit, "draft")


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with made_up_clinic() as server, chromium() as browser:
        for picture in (intake, referral, queue, draft):
            picture(server, browser)
