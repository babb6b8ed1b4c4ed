"""The clinic asks; the referrer finds it by mail and in the inbox, and reads it: at two browsers."""

import re

import pytest
from playwright.sync_api import expect

from referrals.staff import RoleName
from tests import clinic, letterbox
from tests.at_a_browser import Visit


@pytest.fixture
def town(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }
        referral = clinic.refer(session, people["physician"], of=clinic.patient(family_name="Elmname"))
    return people | {"page": f"/referrals/{referral.public_id}"}


def test_a_question_goes_to_the_inbox_and_by_mail_and_is_read(live_server, open_browser, town):
    mails = letterbox.letterbox(live_server.app)
    desk, practice = Visit(open_browser()), Visit(open_browser())
    desk.come_in(live_server, town["coordinator"])
    desk.page.goto("/inbox")
    expect(desk.page.get_by_role("main")).to_contain_text("Elm Physician sent a referral")
    desk.page.get_by_role("link", name="Elmname, Ada").click()
    desk.press("Claim")
    desk.page.goto(f"{town['page']}/ask")
    desk.page.get_by_label("Your own questions").fill("Which brace?")
    desk.page.get_by_role("button", name=re.compile("Ask Elm Practice")).click()
    desk.is_told("Asked Elm Physician.")

    [mail] = mails()
    assert f"{town['page']}\n" in mail.get_content()
    assert "Elmname" not in mail.get_content()
    practice.come_in(live_server, town["physician"])
    practice.page.goto(town["page"])
    expect(practice.page.get_by_role("main")).to_contain_text("Which brace?")
    navigation = practice.page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Inbox 2 unread")).to_be_visible()
    navigation.get_by_role("link", name="Inbox").click()
    expect(practice.page.get_by_role("main")).to_contain_text("Test Coordinator asked for information")
    practice.page.get_by_role("button", name=re.compile("Mark as read.*Elmname, Ada")).click()
    expect(practice.page.get_by_role("main")).to_contain_text("All is read")
    expect(navigation).not_to_contain_text("unread")
    assert practice.complaints + desk.complaints == []


def test_what_is_mailed_is_chosen_with_the_keyboard_alone(live_server, open_browser, town):
    visit = Visit(open_browser())
    visit.come_in(live_server, town["physician"])
    visit.page.goto("/account")
    visit.page.get_by_role("link", name="Choose what you are mailed").press("Enter")
    accepted = visit.page.get_by_label("A referral was accepted")
    expect(accepted).to_be_checked()
    accepted.press("Space")
    visit.page.get_by_role("button", name="Save").press("Enter")
    expect(visit.page.get_by_role("status")).to_contain_text("Your mails are chosen")
    visit.page.goto("/account/mails")
    expect(accepted).not_to_be_checked()
