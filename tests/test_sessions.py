"""How long a sign-in lasts, what ends it at once, and that a form outlives it."""

import html
import re
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from config import PRODUCTION, Settings
from referrals import create_app, user_session
from referrals.clinical import ClinicalPicture
from referrals.db import now
from referrals.events import Event
from referrals.referral import Referral
from referrals.staff import Person, Role, RoleName
from referrals.user_session import UserSession
from referrals.workflow import State
from tests import clinic
from tests.clinic import PASSWORD
from tests.intake_form import COMPLETE, opened
from tests.visitor import Visitor, hidden

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">|<textarea name="([^"]+)" hidden>\n?([^<]*)')


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "colleague": clinic.person(session, "Elm Colleague", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }


def is_in(visitor):
    return visitor.get("/criteria").status_code == 200


def put_back(database, **by):
    """Every session was last used, or began, so long ago."""
    with database.begin() as session:
        session.execute(update(UserSession).values({name: now() - ago for name, ago in by.items()}))


# How long


@pytest.mark.parametrize(("who", "minutes"), [("coordinator", 15), ("physician", 30)])
def test_a_session_that_is_not_used_ends(app, database, people, who, minutes):
    visitor = Visitor(app, people[who])
    put_back(database, seen_at=timedelta(minutes=minutes, seconds=-20))
    assert is_in(visitor)
    put_back(database, seen_at=timedelta(minutes=minutes, seconds=1))
    assert not is_in(visitor)


def test_using_it_keeps_it_alive_but_for_twelve_hours_at_most(app, people):
    with time_machine.travel(now(), tick=False) as clock:
        visitor = Visitor(app, people["coordinator"])
        for _ in range(12 * 6 - 1):
            clock.shift(timedelta(minutes=10))
            assert is_in(visitor)
        clock.shift(timedelta(minutes=10))
        assert not is_in(visitor)


# At once


def deactivate(session, person):
    person.active = False


def leave_for_good(session, person):
    user_session.end_all(session, person)


def change_role(session, person):
    """As whoever changes a role does it: it ends every session."""
    person.roles = [session.scalars(select(Role).where(Role.name == RoleName.DELEGATE)).one()]
    user_session.end_all(session, person)


def change_account(session, person):
    person.fs_uniquifier = "another"


@pytest.mark.parametrize("verb", [deactivate, leave_for_good, change_role, change_account])
def test_what_changes_the_access_of_a_person_ends_the_session_at_once(app, database, people, verb):
    visitor = Visitor(app, people["physician"])
    assert is_in(visitor)
    with database.begin() as session:
        verb(session, session.get(Person, people["physician"].id))
    assert not is_in(visitor)


def stolen(app, visitor):
    """Another browser with a copy of the cookie."""
    thief = Visitor(app)
    thief.client.set_cookie("session", visitor.client.get_cookie("session").value)
    assert is_in(thief)
    return thief


def test_saying_again_who_one_is_leaves_a_stolen_cookie_outside(app, people):
    visitor = Visitor(app, people["physician"])
    thief = stolen(app, visitor)
    answer = visitor.post("/sign-in/again", email=people["physician"].email, password=PASSWORD)
    assert answer.status_code == 302
    assert is_in(visitor)
    assert not is_in(thief)


def test_a_new_password_leaves_a_stolen_cookie_outside(app, people):
    visitor = Visitor(app, people["physician"])
    thief = stolen(app, visitor)
    new = "another made up password 47"
    said = {"password": PASSWORD, "new_password": new, "password_again": new}
    answer = visitor.post("/account/password", said)
    assert answer.status_code == 303, answer.text
    assert is_in(visitor)
    assert not is_in(thief)


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/second-factor", "/sign-in/recovery-code"])
def test_who_is_signed_in_is_not_signed_out_by_the_pages_of_signing_in(app, people, path):
    visitor = Visitor(app, people["physician"])
    assert visitor.get(path).headers["Location"] == "/"
    assert is_in(visitor)


def test_an_old_cookie_is_worth_nothing_after_signing_out(app, people):
    visitor = Visitor(app, people["physician"])
    copied = visitor.client.get_cookie("session").value
    visitor.post("/sign-out")
    thief = Visitor(app)
    thief.client.set_cookie("session", copied)
    assert not is_in(thief)


def test_signing_in_again_ends_what_this_browser_had(app, people):
    visitor = Visitor(app)
    visitor.sign_in("elm.physician@example.org")
    copied = visitor.client.get_cookie("session").value
    visitor.post("/sign-out")
    visitor.sign_in("elm.colleague@example.org")
    thief = Visitor(app)
    thief.client.set_cookie("session", copied)
    assert is_in(visitor)
    assert not is_in(thief)


def test_nothing_remembers_anybody_beyond_the_session(app, people):
    visitor = Visitor(app)
    token = hidden(visitor.get("/sign-in").text, "csrf_token")
    said = {"email": "elm.physician@example.org", "password": PASSWORD, "remember": "y", "csrf_token": token}
    assert visitor.client.post("/sign-in", data=said).status_code == 302
    assert visitor.client.get_cookie("remember_token") is None


# The cookie


def test_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(sqlite_url):
    secret = "q8Vd0sJx_4mZr-Lw2Tn7Yh5KbGf1Uc9EoPi3Aa6"
    app = create_app(
        Settings(mode=PRODUCTION, secret_key=secret, database_url=sqlite_url, public_url="https://localhost")
    )
    cookie = app.test_client().get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]
    name, *attributes = re.split(r"=|; ", cookie)
    assert name == "__Host-session"
    assert {"Secure", "HttpOnly"} < set(attributes)
    assert "Path=/" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_the_demonstration_needs_no_https(app):
    cookie = app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "Secure" not in cookie


# A lost session never loses a form


@pytest.fixture
def visitor(app, people):
    return Visitor(app, people["physician"])


def lose_session(database):
    put_back(database, seen_at=timedelta(hours=1))


def held(page):
    """The form that the page holds: where it goes, and what is in it."""
    form = page.partition('<form class="send-again"')[2].partition("</form>")[0]
    found = [(name or area, html.unescape(value or text)) for name, value, area, text in HIDDEN.findall(form)]
    action = re.search(r'action="([^"]+)"', form)
    return html.unescape(action.group(1)) if action else None, found


def again(visitor, page):
    action, fields = held(page)
    return visitor.client.post(action, data=dict(fields))


def test_a_referral_sent_after_the_session_ended_is_sent_again_after_signing_in(app, database, people, visitor):
    form = {**opened(visitor), **COMPLETE, "narrative": 'Fell.\r\n"Twice" & <hard>'}
    lose_session(database)
    lost = visitor.post("/referrals/new", form)
    assert lost.status_code == 401
    assert PASSWORD not in lost.text
    assert visitor.sign_in("elm.physician@example.org").status_code == 302
    assert again(visitor, lost.text).status_code == 303
    with database.reading() as session:
        [referral] = session.scalars(select(Referral)).all()
        [picture] = session.scalars(select(ClinicalPicture)).all()
    assert referral.status is State.SUBMITTED
    assert picture.narrative == 'Fell.\n"Twice" & <hard>'


def test_a_decision_too_with_the_version_that_it_was_about(app, database, people):
    with database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, people["physician"]), people["coordinator"])
    visitor = Visitor(app, people["coordinator"])
    lose_session(database)
    said = {"version": referral.version, "reason": "duplicate", "comment": "A long thought.", "would_change": "No."}
    lost = visitor.post(f"/referrals/{referral.public_id}/decline?from=queue", said)
    assert held(lost.text)[0].endswith("/decline?from=queue")
    visitor.sign_in("test.coordinator@example.org")
    assert again(visitor, lost.text).status_code == 303
    with database.reading() as session:
        assert session.get(Referral, referral.id).status is State.DECLINED


def test_somebody_else_who_signs_in_at_the_same_browser_cannot_send_it(app, database, people, visitor):
    form = {**opened(visitor), **COMPLETE}
    lose_session(database)
    lost = visitor.post("/referrals/new", form)
    visitor.sign_in("elm.colleague@example.org")
    assert again(visitor, lost.text).status_code == 400
    with database.reading() as session:
        assert session.scalars(select(Referral)).all() == []


def test_a_form_of_another_site_is_never_held(app, database, people, visitor):
    """A browser sends it without our cookie, or without a token: either way there is nothing to press."""
    lose_session(database)
    for sender in (Visitor(app), visitor):
        answer = sender.client.post("/referrals/new", data={"given_name": "Ada", "csrf_token": "made-up"})
        assert answer.status_code == 401
        assert held(answer.text) == (None, [])
        assert "Set-Cookie" not in answer.headers


def test_what_needs_a_fresh_sign_in_is_held_until_then(app, people):
    visitor = Visitor(app, people["physician"])
    with visitor.client.session_transaction() as session:
        session["fs_paa"] = time.time() - 601
    answer = visitor.post("/account/password", comment="kept")
    assert answer.status_code == 401
    assert dict(held(answer.text)[1])["comment"] == "kept"
    visitor.post("/sign-in/again", password=PASSWORD, next="/signed-in")
    assert again(visitor, answer.text).status_code == 422


def test_signing_in_is_in_the_log_and_so_is_signing_out(app, database, people):
    visitor = Visitor(app)
    visitor.sign_in("elm.physician@example.org")
    visitor.post("/sign-out")
    with database.reading() as session:
        told = [(event.action, event.details) for event in session.scalars(select(Event).order_by(Event.id))]
    assert told == [("signed_in", {"with": "password"}), ("signed_out", {})]
