"""A session ends while somebody writes: they sign in beside the page, go on where they were, and nothing is lost."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from referrals.db import now
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.user_session import UserSession
from referrals.workflow import State
from tests import clinic
from tests.at_a_browser import Visit, fill_in_patient

RED_FLAG = "New weakness, numbness"


@pytest.fixture
def people(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm = clinic.practice(session, "Elm Practice")
        return [clinic.person(session, f"Elm {name}", RoleName.PHYSICIAN, elm) for name in ("Physician", "Colleague")]


def begun(live_server, visit, person):
    """At an intake page that is half filled in."""
    visit.come_in(live_server, person)
    visit.page.goto("/referrals/new")
    fill_in_patient(visit)
    visit.choose(RED_FLAG, "No")


def leave_it_idle(live_server):
    with live_server.database.begin() as session:
        session.execute(update(UserSession).values(seen_at=now() - timedelta(hours=1)))


def sign_in_beside(visit, person):
    """By the page's own link, in the tab that it opens."""
    with visit.context.expect_page() as opened:
        visit.page.get_by_role("link", name="Sign in in a new tab").click()
    tab = opened.value
    tab.get_by_label("Email address").fill(person.email)
    tab.get_by_label("Password").fill(clinic.PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("heading", name="You are signed in")).to_be_visible()
    tab.close()


def states(live_server):
    with live_server.database.reading() as session:
        return [referral.status for referral in session.scalars(select(Referral))]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_referral_that_is_sent_too_late_is_sent_again(live_server, open_browser, people, script):
    visit = Visit(open_browser(java_script_enabled=script))
    begun(live_server, visit, people[0])
    leave_it_idle(live_server)
    visit.press("Send the referral")
    visit.reads("You are not signed in any more")
    sign_in_beside(visit, people[0])
    visit.press("Send it again")
    visit.reads("Sent, not yet opened")
    visit.reads("Painful fracture, no relief")
    assert State.SUBMITTED in states(live_server)


def test_a_colleague_who_signs_in_there_cannot_send_it(live_server, open_browser, people):
    visit = Visit(open_browser(java_script_enabled=False))
    begun(live_server, visit, people[0])
    leave_it_idle(live_server)
    visit.press("Send the referral")
    sign_in_beside(visit, people[1])
    visit.press("Send it again")
    visit.reads("We could not read what the page sent")
    assert states(live_server) == []


def test_the_page_says_that_its_reader_is_signed_out_and_goes_on_without_being_loaded_anew(
    live_server, open_browser, people
):
    visit = Visit(open_browser())
    visit.come_in(live_server, people[0])
    visit.page.clock.install()
    begun(live_server, visit, people[0])
    notice = visit.page.get_by_role("alert").filter(has_text="You are signed out")
    leave_it_idle(live_server)
    visit.write("Family name", "Changed")
    visit.page.clock.run_for(5_000)
    expect(notice).to_be_visible()
    sign_in_beside(visit, people[0])
    visit.page.clock.run_for(20_000)
    expect(notice).to_be_hidden()
    expect(visit.page.get_by_role("status").filter(has_text="Draft saved")).to_be_visible()
    visit.tick_level("L1")
    expect(visit.page.get_by_role("complementary").get_by_role("heading", name="L1")).to_be_visible()
    expect(visit.page.get_by_label("Family name")).to_have_value("Changed")
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    assert states(live_server) == [State.SUBMITTED]
    assert [words for words in visit.complaints if "401" not in words] == []  # htmx notes that it was refused
