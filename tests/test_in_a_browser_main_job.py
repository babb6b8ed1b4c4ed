"""The whole main job as people do it, each at a browser of their own."""

import pytest
from playwright.sync_api import expect

from referrals.staff import RoleName
from tests import clinic
from tests.at_a_browser import Visit, fill_in_patient

INFECTION = "Any active infection: systemic, of the spine, or at the site?"


@pytest.fixture
def people(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm = clinic.practice(session, "Elm Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }


def test_a_referral_goes_from_the_physician_to_the_clinic_and_back(open_browser, people):
    physician, coordinator = Visit(open_browser()), Visit(open_browser())
    physician.sign_in(people["physician"])
    refer_without_saying_whether_there_is_an_infection(physician)
    coordinator.sign_in(people["coordinator"])
    claim_and_ask(coordinator)
    answer(physician)
    accept(coordinator)
    physician.page.reload()
    physician.reads("Accepted, booking to follow")
    physician.reads("Booking by telephone.")
    assert physician.complaints == coordinator.complaints == []


def refer_without_saying_whether_there_is_an_infection(visit):
    visit.page.get_by_role("link", name="Refer a patient").first.click()
    fill_in_patient(visit)
    visit.tick_level("L1")
    visit.choose("What does imaging show?", "Compression fracture", "L1")
    visit.choose("How much of the body has collapsed?", "Partial", "L1")
    visit.choose("Cause of the damage", "Osteoporosis", "L1")
    visit.choose("Is this vertebra damaged by a spinal tumor?", "No", "L1")
    visit.choose("Is the pain at this level, on examination?", "Yes", "L1")
    visit.choose("Is the patient too frail to undergo spinal surgery?", "Yes")
    visit.choose("At risk of becoming bedridden?", "Yes")
    visit.page.get_by_label("When did conservative management begin?", exact=True).fill("2026-10-11")
    visit.choose("Has it been unsuccessful?", "Yes")
    visit.choose("Bleeding disorder or anticoagulation", "None")
    for question in ("Allergy to bone cement?", "Pregnant?", "New weakness, numbness"):
        visit.choose(question, "No")
    still_needed = visit.page.get_by_role("complementary").locator(".needed").first
    expect(still_needed.get_by_role("listitem")).to_have_text([INFECTION])
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    visit.reads("More information")


def claim_and_ask(visit):
    visit.page.get_by_role("button", name="Claim").click()
    visit.reads("In review with you")
    visit.follow("Ask for information")
    expect(visit.page.get_by_label("Any active infection")).to_be_checked()
    visit.page.get_by_label("Comment").fill("Please look.")
    visit.press("Ask Elm Practice")
    visit.reads("Waiting for Elm Practice")


def answer(visit):
    visit.follow("My referrals")
    visit.page.get_by_role("link", name="Answer", exact=False).last.click()
    visit.reads("Please look.")
    visit.choose(INFECTION, "No")
    visit.press("Send the answers")
    visit.reads("screened again")
    visit.reads("Candidate")


def accept(visit):
    visit.page.reload()
    visit.reads("Candidate")
    visit.follow("Accept")
    visit.page.get_by_label("Comment").fill("Booking by telephone.")
    visit.press("Accept")
    visit.reads("Accepted, to be booked")
