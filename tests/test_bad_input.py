"""Bad input, line by line of bad_input.txt: refused with the text kept and nothing stored, on both databases."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from secrets import token_hex
from typing import NamedTuple
from unicodedata import normalize

import pytest
from sqlalchemy.engine import make_url

from referrals import inquiry
from referrals.db import Database
from referrals.inquiry import Item
from referrals.staff import RoleName
from tests import clinic
from tests.clinic import TODAY
from tests.conftest import BOTH, application, at, statement, whole_database
from tests.contents import contents
from tests.corpus import FORM, LINES, Form, bytes_of, filled, today
from tests.intake_form import COMPLETE, opened
from tests.page_text import PageText
from tests.visitor import Visitor, hidden

AT_LEAST = 60
REFUSED = [line for line in LINES if line.status >= 400]
TAKEN = [line for line in LINES if line.status < 400]
MANY_DAYS = timedelta(days=7)
_number = count(1)


class Door(NamedTuple):
    """Where a page is, who is at it, and in which state the referral has to be that it is about."""

    address: str
    who: str = "physician"
    state: str = "submitted"


DOORS = {
    "intake": Door("/referrals/new"),
    "intake when signed out": Door("/referrals/new", "nobody"),
    "draft": Door("/referrals/new/draft"),
    "draft when signed out": Door("/referrals/new/draft", "nobody"),
    "preview": Door("/referrals/new/preview"),
    "vertebra": Door("/referrals/new/vertebra/"),
    "referral": Door("/referrals/"),
    "list": Door("/referrals/list/"),
    "news": Door("/referrals/news"),
    "inbox": Door("/inbox/read"),
    "inbox of one": Door("/inbox/{own}/read"),
    "mails": Door("/account/mails"),
    "queue": Door("/queue/", "coordinator"),
    "search": Door("/queue/all", "coordinator"),
    "search a list that is not there": Door("/queue/zz", "coordinator"),
    "static": Door("/static/"),
    "assets": Door("/assets/"),
    "sign-in": Door("/sign-in", "nobody"),
    "claim": Door("/referrals/{own}/claim", "coordinator"),
    "claim nobody's": Door("/referrals/zzzzzzzzzzzz/claim", "coordinator"),
    "claim as the referrer": Door("/referrals/{own}/claim"),
    "ask": Door("/referrals/{own}/ask", "coordinator", "in_review"),
    "answer": Door("/referrals/{own}/answer", "physician", "awaiting_information"),
    "answer a neighbor's": Door("/referrals/{neighbor}/answer"),
    "accept": Door("/referrals/{own}/accept", "coordinator", "in_review"),
    "decline": Door("/referrals/{own}/decline", "coordinator", "in_review"),
    "decline nobody's": Door("/referrals/zzzzzzzzzzzz/decline", "coordinator"),
    "decline as the referrer": Door("/referrals/{own}/decline", "physician", "in_review"),
    "withdraw": Door("/referrals/{own}/withdraw"),
    "withdraw a neighbor's": Door("/referrals/{neighbor}/withdraw"),
    "messages": Door("/referrals/{own}/messages"),
    "messages of a neighbor": Door("/referrals/{neighbor}/messages"),
    "amend": Door("/referrals/{own}/amend"),
    "amend what is claimed": Door("/referrals/{own}/amend", "physician", "in_review"),
    "pictures": Door("/referrals/{own}/pictures/compare"),
    "people": Door("/administration/people", "administrator"),
    "invite": Door("/administration/people/invite", "administrator"),
    "invite as the referrer": Door("/administration/people/invite"),
    "practice": Door("/administration/practices/new", "administrator"),
    "invitation": Door("/invitation/", "nobody"),
    "oversight": Door("/administration/referrals", "administrator"),
}
WELL = {
    "intake": COMPLETE | {"separate": "yes"},
    "draft": COMPLETE,
    "preview": COMPLETE,
    "sign-in": {"email": "elm.physician@example.org", "password": clinic.PASSWORD},
    "ask": {"own": "Which brace?", "comment": "Please look.", "due_on": (today() + MANY_DAYS).isoformat()},
    "answer": {"item0": "no", "item1": "A soft one", "item2": "7", "item3": "2026-03-09", "comment": "By telephone"},
    "accept": {"comment": "Booking by telephone."},
    "decline": {"reason": "duplicate", "comment": "Sent twice.", "would_change": "Nothing."},
    "withdraw": {"reason": "improved", "comment": "Walks again."},
    "messages": {"text": "Which brace?"},
    "amend": {"neurological_deficit": "no", "levels": "L1", "L1-painful": "no", "comment": "Examined again."},
    "invite": {"name": "New Person", "email": "new.person@example.org", "roles": "physician", "call_back": "555-0140"},
    "practice": {"name": "Oak and Elm", "telephone": "555-0150", "fax": "555-0151", "address": "1 Made Up Street"},
    "news": {"seen_at": (datetime.now(UTC) + MANY_DAYS).isoformat()},
    "inbox": {"seen_at": (datetime.now(UTC) + MANY_DAYS).isoformat()},
    "mails": {"by_mail": "accept"},
}
ASKED = (
    Item("Any active infection?", "active_infection"),
    Item("Which brace?"),
    Item("Worst pain?", "pain_score"),
    Item("L1: Since when?", "onset_on", 0, "L1"),
)
IN_WORDS = ("family_name", "comment", "would_change", "item1", "own")
"""What a person would miss if a page that cannot show the form did not give it back."""


class Town:
    """Two practices and the clinic on one database. The lines that are refused leave it as it was, so they share it."""

    def __init__(self, app, behind):
        self.database = whole_database(app)
        self.behind = behind
        with app.app_context(), self.database.begin() as session:
            elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
            hospital = clinic.practice(session, "Clinic", is_clinic=True)
            self.physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
            colleague = clinic.person(session, "Elm Colleague", RoleName.PHYSICIAN, elm)
            self.coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
            administrator = clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital)
            self.practice = elm.public_id
            self.neighbor = clinic.refer(session, clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, oak))
        self.visitors = {
            "physician": Visitor(app, self.physician),
            "coordinator": Visitor(app, self.coordinator),
            "administrator": Visitor(app, administrator),
            "nobody": Visitor(app),
        }
        self.unused_token = opened(self.visitors["physician"])["token"]
        self.token_of_a_colleague = opened(Visitor(app, colleague))["token"]
        self.known = None
        self.standing = {state: self.referral(state) for state in ("submitted", "in_review", "awaiting_information")}

    def referral(self, state):
        """A new referral of the physician's, in this state."""
        with self.database.begin() as session:
            referral = clinic.refer(session, self.physician, separate=True)
            if state != "submitted":
                clinic.claim(session, referral, self.coordinator)
            if state == "awaiting_information":
                inquiry.ask(session, referral, self.coordinator, referral.version, TODAY, ASKED, TODAY + MANY_DAYS)
        return referral

    def left_as_it_was(self):
        """Whether every row is as it was when this was last asked: reading them all takes most of a line's time."""
        before, self.known = self.known, self.contents()
        return before == self.known

    def contents(self):
        """Every row of every table, but for what is kept of sessions, of failing to sign in, and of who read what."""
        with self.behind.reading() as session:
            return contents(session, NOTED, frozenset({"user_sessions", "failed_sign_ins"}))


NOTED = "action IN ('sign_in_failed', 'read', 'list_read', 'outline_read', 'refused')"
"""Entries of the log that say what somebody saw or tried, not that something was stored."""


class Sending:
    """One line on its way to its page in the town."""

    def __init__(self, town, line):
        self.town, self.line, self.door = town, line, DOORS[line.page]
        self.visitor = town.visitors[self.door.who]
        self.is_to_store = line in TAKEN and line.method == "POST"
        self.own = town.referral(self.door.state) if self.is_to_store else town.standing[self.door.state]
        names = {
            "own": lambda: self.own.public_id,
            "neighbor": lambda: town.neighbor.public_id,
            "token": lambda: self.well["token"],
            "token of a colleague": lambda: town.token_of_a_colleague,
        }
        self.address, self.escaped = filled(self.door.address, names), line.escaped(names)
        self.form = Form(self.well, self.escaped)

    @cached_property
    def well(self):
        """The page's form as somebody would send it to whom nothing odd happens."""
        page = self.line.page.partition(" ")[0]
        well = {"csrf_token": self.visitor.csrf_token, **WELL.get(page, {})}
        if page in ("intake", "draft", "preview"):
            token = opened(self.visitor)["token"] if self.is_to_store else self.town.unused_token
            well |= {"mrn": f"T-{next(_number)}", "token": token}
        elif page == "messages":
            well["token"] = opened(self.visitor)["token"] if self.is_to_store else self.town.unused_token
        elif page == "sign-in":
            well["csrf_token"] = hidden(self.visitor.get("/sign-in").text, "csrf_token")
        elif page == "invite":
            well["practice"] = self.town.practice
        elif "{own}" in self.door.address:
            well["version"] = str(self.own.version)
        return well

    def answer(self):
        open_page, method = self.visitor.client.open, self.line.method
        if method in ("GET", "HEAD", "OPTIONS"):
            return open_page(self.address + self.escaped, method=method)
        body = bytes_of(self.escaped) if self.line.kind else self.form.body
        return open_page(self.address, method=method, data=body, content_type=self.line.kind or FORM)


@contextmanager
def database_of_the_module(request, folder):
    """A database at head for as long as the lines run."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), folder)}"
        return
    server, name = request.getfixturevalue("postgres_url"), f"referrals_lines_{token_hex(6)}"
    roles, template = request.getfixturevalue("roles"), request.getfixturevalue("migrated_postgresql")
    statement(server, f"CREATE DATABASE {name} TEMPLATE {template} OWNER {roles.owner}")
    yield roles.as_service(name)
    statement(server, f"DROP DATABASE {name} WITH (FORCE)")


def behind_the_wall(request, url):
    """The same database with all rights: to be shown each row by the second wall takes ten times as long."""
    if request.param == "postgresql":
        url = at(request.getfixturevalue("postgres_url"), str(make_url(url).database))
    return Database(url)


@pytest.fixture(scope="module", params=BOTH)
def town(request, tmp_path_factory) -> Iterator[Town]:
    with database_of_the_module(request, tmp_path_factory.mktemp("lines")) as url:
        app = application(url)
        behind = behind_the_wall(request, url)
        yield Town(app, behind)
        for database in (app.extensions["database"], behind):
            database.engine.dispose()


@pytest.mark.parametrize("line", REFUSED, ids=str)
def test_what_nobody_can_mean_is_refused_with_the_text_kept_and_nothing_stored(town, line):
    sending = Sending(town, line)
    town.known = town.known or town.contents()
    answer = sending.answer()
    assert answer.status_code == line.status
    assert town.left_as_it_was()
    if is_shown_again(line):
        check_that_the_text_is_kept(sending.form.written, PageText(answer.text))


def is_shown_again(line):
    """Whether the answer takes the place of the page that the text was written on, and the text could be read."""
    own_page = line.page.partition(" ")[0] in (
        "intake",
        "ask",
        "answer",
        "accept",
        "decline",
        "withdraw",
        "messages",
        "amend",
        "invite",
        "practice",
    )
    readable = not line.kind and "{1000000*" not in line.sent
    return own_page and readable and line.method == "POST" and line.status in (400, 401, 409, 422)


def check_that_the_text_is_kept(written, page):
    """In its box where the page shows the form again, else among its words, to be copied."""
    shown_again = page.boxes.keys() & written.keys()
    for name in shown_again:
        assert page.boxes[name] in written[name], name
    for name in () if shown_again else IN_WORDS:
        for text in written.get(name, ()):
            assert text in page.words, name
    assert shown_again or page.boxes == {}


@pytest.mark.parametrize("line", TAKEN, ids=str)
def test_what_is_odd_but_right_is_taken(town, line):
    sending = Sending(town, line)
    town.known = town.contents()
    answer = sending.answer()
    assert answer.status_code == line.status
    assert town.left_as_it_was() is not (line.status == 303 or line.page == "draft")
    if line.status == 303 and line.page != "news":
        check_that_the_page_shows(sending.visitor.get(answer.headers["Location"]), sending)


def check_that_the_page_shows(page, sending):
    assert page.status_code == 200
    words = PageText(page.text).words
    for name, text in sending.form.said:
        if name in ("reason", "narrative", "comment", "item1", "would_change", "family_name", "text"):
            assert normalize("NFC", text.replace("\r\n", "\n").strip()) in words


def test_the_lines_are_as_many_as_promised_and_each_has_its_own_name():
    assert len(REFUSED) >= AT_LEAST
    assert len(set(map(str, LINES))) == len(LINES)
