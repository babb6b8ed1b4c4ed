"""The missed appointment, booked again, as the coordinator and the practice see it at their browsers."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from referrals.referral import Referral
from referrals.staff import RoleName
from tests import clinic
from tests.at_a_browser import Visit, axe_violations
from tests.corpus import today

TOMORROW = today() + timedelta(days=1)


@pytest.fixture
def story(live_server):
    """An accepted referral, and who works on it."""
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }
        referral = clinic.refer(session, people["physician"], today=today())
        clinic.accepted(session, referral, people["coordinator"], today())
        return people, f"/referrals/{referral.public_id}"


def at(open_browser, live_server, person):
    visit = Visit(open_browser())
    visit.come_in(live_server, person)
    return visit


def fill_in(visit, day, time, place="Angiography suite 1"):
    visit.page.get_by_label("Day").fill(day.isoformat())
    visit.page.get_by_label("Time (New York time)").fill(time)
    visit.page.get_by_label("Place").fill(place)


def spoken(day, time):
    return f"{day.day} {day:%b %Y}, {time}"


def book_the_procedure(coordinator, page):
    coordinator.page.goto(page)
    coordinator.follow("Book")
    coordinator.choose("Is the pain still there?", "Yes, but less")
    coordinator.choose("What is booked?", "Procedure")
    fill_in(coordinator, today(), "08:30")
    coordinator.press("Book")
    coordinator.is_told(f"{spoken(today(), '08:30')}, New York time")


def test_a_missed_appointment_is_booked_again_and_the_practice_reads_it(open_browser, live_server, story):
    people, page = story
    coordinator, physician = (at(open_browser, live_server, people[who]) for who in ("coordinator", "physician"))
    book_the_procedure(coordinator, page)
    coordinator.follow("Missed or cancelled")
    coordinator.page.get_by_label("Reason").select_option("There was no transport")
    coordinator.page.get_by_label("Comment").fill("The ambulance did not come.")
    coordinator.press("Record it")
    coordinator.is_told("Accepted, to be booked again")

    physician.page.goto("/referrals")
    physician.is_told(f"Missed: procedure, {spoken(today(), '08:30')}")
    physician.is_told("The ambulance did not come.")

    coordinator.follow("Book")
    fill_in(coordinator, TOMORROW, "14:00")
    coordinator.press("Book")
    coordinator.is_told("Booked. The referrer has been told.")
    physician.page.goto(f"{page}/visits")
    physician.is_told(f"Consultation on {spoken(TOMORROW, '14:00')}")
    physician.is_told("There was no transport")
    expect(physician.page.get_by_role("link", name="Rebook")).to_have_count(0)
    assert coordinator.complaints == physician.complaints == []


def test_the_pain_that_has_gone_shows_what_to_do_instead_at_once(open_browser, live_server, story):
    people, page = story
    coordinator = at(open_browser, live_server, people["coordinator"])
    coordinator.page.goto(f"{page}/book")
    instead = coordinator.page.get_by_text("If the pain has gone")
    expect(instead).to_be_hidden()
    coordinator.choose("Is the pain still there?", "No, it has gone")
    expect(instead).to_be_visible()
    assert not axe_violations(coordinator.page)
    coordinator.choose("Is the pain still there?", "Yes")
    expect(instead).to_be_hidden()


def test_a_visit_is_booked_with_the_keyboard_alone(open_browser, live_server, story):
    people, page = story
    coordinator = at(open_browser, live_server, people["coordinator"])
    coordinator.page.goto(f"{page}/book")
    keyboard = coordinator.page.keyboard
    coordinator.page.locator("#still_in_pain-yes").focus()
    keyboard.press("Space")
    keyboard.press("Tab")
    keyboard.press("ArrowRight")
    expect(coordinator.page.get_by_role("radio", name="Procedure", exact=True)).to_be_checked()
    keyboard.press("Tab")
    keyboard.type(f"{TOMORROW:%m%d%Y}")
    coordinator.page.get_by_label("Time (New York time)").focus()
    keyboard.type("0215PM")
    coordinator.page.get_by_label("Place").focus()
    keyboard.type("Room 2")
    keyboard.press("Enter")
    coordinator.is_told(f"{spoken(TOMORROW, '14:15')}, New York time")
    coordinator.is_told("Procedure on")


def test_what_was_treated_is_recorded_and_corrected(open_browser, live_server, story):
    people, page = story
    with live_server.database.begin() as session:
        referral = session.query(Referral).filter_by(public_id=page.rpartition("/")[2]).one()
        clinic.seen(session, referral, people["coordinator"], today=today())
    ir = at(open_browser, live_server, people["ir"])
    ir.page.goto(f"{page}/visits")
    ir.follow("Record the procedure")
    first = ir.page.get_by_role("group", name="First")
    first.get_by_label("Procedure").select_option("Kyphoplasty")
    ir.page.get_by_text("More levels").click()
    second = ir.page.get_by_role("group", name="Second")
    second.get_by_label("Level").select_option("T12")
    ir.press("Record it")
    ir.is_told("Say what was done here.")
    second.get_by_label("Procedure").select_option("Kyphoplasty")
    ir.press("Record it")
    ir.is_told("Kyphoplasty, first level, lumbar")
    ir.is_told("Kyphoplasty, each further level")
    ir.follow("Correct the record")
    first.get_by_label("CPT code").select_option("22513 Kyphoplasty, first level, thoracic")
    ir.press("Save the correction")
    ir.is_told("chosen by hand")
    assert ir.complaints == []
