"""A referral returned with advice, at a browser: sent again with script and without, and written about by keyboard."""

import pytest
from playwright.sync_api import expect

from referrals import triage
from referrals.clinical import PictureDetails
from referrals.staff import RoleName
from referrals.transition import Said
from tests import clinic
from tests.at_a_browser import Visit
from tests.clinic import COLLAPSED, FRAIL, TODAY

INFECTION = "Any active infection: systemic, of the spine, or at the site?"
ADVICE = "Wait for the cultures, and send it again."
UNDECIDED = PictureDetails({**FRAIL, "active_infection": None}, (COLLAPSED, {**COLLAPSED, "level": "T8"}))
MOST_TABS = 400


@pytest.fixture
def people(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }


@pytest.fixture
def returned(live_server, people):
    with live_server.database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, people["physician"], UNDECIDED), people["ir"])
        triage.return_with_advice(session, referral, people["ir"], referral.version, TODAY, Said(comment=ADVICE))
        return referral


@pytest.fixture
def come_in(open_browser, live_server, people):
    def at_a_browser(who, **options):
        visit = Visit(open_browser(**options))
        visit.come_in(live_server, people[who])
        return visit

    return at_a_browser


def test_a_level_that_is_unticked_is_said_to_go_before_and_after_sending_again(come_in, returned):
    visit = come_in("physician")
    visit.page.goto(f"/referrals/{returned.public_id}")
    visit.follow("Send again")
    visit.is_told(ADVICE)
    verdicts = visit.page.locator("#so-far .verdict-level")
    expect(verdicts.get_by_text("More information")).to_have_count(4)  # of T8 and L1, for two procedures
    visit.choose(INFECTION, "No")
    expect(verdicts.get_by_text("Candidate")).to_have_count(4)
    visit.page.get_by_role("checkbox", name="T8 ").uncheck()
    expect(visit.page.get_by_text("T8 is not ticked")).to_be_visible()
    visit.write("What has changed", "Cultures stayed negative.")
    visit.press("Send again")
    visit.reads("Sent again, and screened again. What was told of T8 is not in the picture any more.")
    assert visit.complaints == []


def test_without_script_it_is_sent_again_as_well(come_in, returned):
    visit = come_in("physician", java_script_enabled=False)
    visit.page.goto(f"/referrals/{returned.public_id}/resubmit")
    visit.choose(INFECTION, "No")
    visit.page.get_by_role("checkbox", name="L3 ").check()
    visit.press("Show the questions for these levels")
    visit.choose("Is the pain at this level, on examination?", "Yes", "L3")
    visit.write("What has changed", "L3 broke too.")
    visit.press("Send again")
    visit.reads("Sent, not yet opened")
    visit.reads("L3 broke too.")


def test_enter_in_a_box_checks_and_does_not_send(come_in, returned):
    visit = come_in("physician")
    visit.page.goto(f"/referrals/{returned.public_id}/resubmit")
    visit.write("What has changed", "Not yet.")
    visit.page.get_by_label("Latest INR", exact=True).press("Enter")
    visit.page.wait_for_load_state()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Send this referral again")
    expect(visit.page.get_by_label("What has changed")).to_have_value("Not yet.")


def test_by_keyboard_alone_a_message_is_written_and_read(come_in, returned):
    physician, coordinator = come_in("physician"), come_in("coordinator")
    physician.page.goto(f"/referrals/{returned.public_id}")
    press_on(physician.page, "link", "Messages")
    tab_to(physician.page, physician.page.get_by_label("Write a message"))
    physician.page.keyboard.type("Which brace?")
    press_on(physician.page, "button", "Send to the clinic")
    physician.reads("Which brace?")

    coordinator.page.goto(f"/referrals/{returned.public_id}")
    expect(coordinator.page.get_by_role("link", name="Messages 1")).to_be_visible()
    press_on(coordinator.page, "link", "Messages 1")
    new = coordinator.page.get_by_role("list", name="Messages, the oldest first").get_by_role("listitem")
    expect(new).to_contain_text("New")
    coordinator.page.reload()
    expect(new).not_to_contain_text("New")
    assert physician.complaints == coordinator.complaints == []


def tab_to(page, control):
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if control.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {control}")


def press_on(page, role, name):
    tab_to(page, page.get_by_role(role, name=name, exact=True))
    page.keyboard.press("Enter")
