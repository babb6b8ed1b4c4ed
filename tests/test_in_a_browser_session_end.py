"""A session that nobody uses: it is said before it ends, a touch keeps it, and then no patient stays on the screen."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from referrals.db import now
from referrals.staff import RoleName
from referrals.user_session import UserSession
from tests import clinic
from tests.at_a_browser import Visit, axe_violations, too_wide

TYPED = "A long thought about the answer"


@pytest.fixture
def town(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(
            session, "Elm Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm Practice")
        )
        people = [
            clinic.person(session, f"{name} Coordinator", RoleName.COORDINATOR, hospital) for name in ("Test", "Other")
        ]
        referral = clinic.refer(session, physician, of=clinic.patient(family_name="Onscreen"))
        clinic.claim(session, referral, people[0])
    return people, f"/referrals/{referral.public_id}"


@pytest.fixture
def visit(live_server, open_browser, town):
    """A coordinator at a browser whose clock the test turns."""
    visit = Visit(open_browser())
    visit.come_in(live_server, town[0][0])
    visit.page.clock.install()
    return visit


def unused_for(live_server, **time):
    with live_server.database.begin() as session:
        session.execute(update(UserSession).values(seen_at=now() - timedelta(**time)))


def last_used(live_server):
    with live_server.database.reading() as session:
        return min(session.scalars(select(UserSession.seen_at)))


def wait(visit, minutes):
    """The clock of the browser goes on; the page asks how long the session lasts when it thinks that it ends."""
    with visit.page.expect_response("**/account/session"):
        visit.page.clock.fast_forward(f"{minutes}:00")


def warning(visit):
    return visit.page.get_by_role("alert").filter(has_text="You will be signed out at")


def test_it_is_said_two_minutes_before_and_a_button_keeps_it(visit, live_server, town):
    visit.page.goto(town[1])
    wait(visit, 14)
    expect(warning(visit)).to_be_hidden()  # the page looked: it was used meanwhile
    unused_for(live_server, minutes=14)
    wait(visit, 14)
    expect(warning(visit)).to_be_visible()
    assert axe_violations(visit.page) == []
    for width in (1280, 390):
        visit.page.set_viewport_size({"width": width, "height": 800})
        assert too_wide(visit.page) == []
    visit.press("Stay signed in")
    expect(warning(visit)).to_be_hidden()
    assert now() - last_used(live_server) < timedelta(minutes=1)
    expect(visit.page.get_by_role("heading", name="Onscreen")).to_be_visible()
    assert not visit.complaints


def test_a_key_keeps_it_too_and_a_page_that_asks_by_itself_does_not(visit, live_server, town):
    visit.page.goto(town[1])
    unused_for(live_server, minutes=14)
    wait(visit, 14)
    assert now() - last_used(live_server) > timedelta(minutes=13)
    with visit.page.expect_response("**/account/session"):
        visit.page.keyboard.press("Shift")
    expect(warning(visit)).to_be_hidden()
    assert now() - last_used(live_server) < timedelta(minutes=1)


def test_who_works_on_a_page_for_long_is_not_signed_out_of_it(visit, live_server, town):
    visit.page.goto(f"{town[1]}/decline")
    unused_for(live_server, minutes=10)
    visit.page.clock.fast_forward("02:00")
    with visit.page.expect_response("**/account/session"):
        visit.page.get_by_label("Comment").press_sequentially("Long")
    assert now() - last_used(live_server) < timedelta(minutes=1)


def test_after_twelve_hours_nobody_is_told_that_they_could_stay(visit, live_server, town):
    visit.page.goto(town[1])
    with live_server.database.begin() as session:
        session.execute(update(UserSession).values(started_at=now() - timedelta(hours=11, minutes=59)))
    wait(visit, 14)
    expect(warning(visit)).to_contain_text("A session lasts 12 hours at most.")
    expect(visit.page.get_by_role("button", name="Stay signed in")).to_be_hidden()


def test_a_page_on_which_nothing_was_written_makes_room_for_signing_in_and_comes_back(visit, live_server, town):
    people, page = town
    visit.page.goto(page)
    unused_for(live_server, hours=1)
    visit.page.clock.fast_forward("15:00")
    visit.page.wait_for_url("**/sign-in?next=**")
    assert "Onscreen" not in visit.page.content()
    visit.sign_in(people[0])
    visit.page.wait_for_url(f"**{page}")


def covered(visit, live_server, page):
    """At a page on which something was written, when its session has ended."""
    visit.page.goto(f"{page}/decline")
    visit.write("Comment", TYPED)
    unused_for(live_server, hours=1)
    visit.page.clock.fast_forward("15:00")
    expect(visit.page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(visit.page.get_by_text("Onscreen").first).to_be_hidden()
    assert "Onscreen" not in visit.page.title()


def sign_in_beside(visit, person):
    with visit.context.expect_page() as opened:
        visit.follow("Sign in beside this page")
    tab = opened.value
    tab.get_by_label("Email address").fill(person.email)
    tab.get_by_label("Password").fill(clinic.PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("heading", name="You are signed in")).to_be_visible()
    tab.close()
    with visit.page.expect_response("**/account/session"):
        visit.page.evaluate("window.dispatchEvent(new Event('focus'))")


def test_what_was_written_is_covered_and_shows_again_to_whoever_wrote_it(visit, live_server, town):
    people, page = town
    covered(visit, live_server, page)
    assert axe_violations(visit.page) == []
    sign_in_beside(visit, people[0])
    expect(visit.page.get_by_label("Comment")).to_have_value(TYPED)
    expect(visit.page.get_by_role("heading", name="You are signed out")).to_be_hidden()
    assert [words for words in visit.complaints if "401" not in words] == []


def test_a_service_that_does_not_answer_leaves_no_patient_on_the_screen_either(visit, town):
    visit.page.goto(f"{town[1]}/decline")
    visit.write("Comment", TYPED)
    visit.page.route("**/account/session", lambda route: route.abort())
    visit.page.clock.fast_forward("14:00")
    expect(visit.page.get_by_text("Onscreen").first).to_be_visible()
    visit.page.clock.run_for(3 * 60_000)
    expect(visit.page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(visit.page.get_by_text("Onscreen").first).to_be_hidden()


def test_it_shows_to_nobody_else_who_signs_in_there(visit, live_server, town):
    people, page = town
    covered(visit, live_server, page)
    sign_in_beside(visit, people[1])
    expect(visit.page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(visit.page.get_by_label("Comment")).to_be_hidden()
