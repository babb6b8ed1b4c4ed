"""The incomplete referral at two browsers: asked, answered, declined with what would change it, sent again, taken."""

import pytest
from playwright.sync_api import expect

from referrals.staff import RoleName
from tests import clinic
from tests.at_a_browser import Visit, fill_in_patient

INFECTION = "Any active infection: systemic, of the spine, or at the site?"
WHAT_WOULD_CHANGE_IT = """Vertebroplasty, L1: would be a candidate if an active infection is not present.
Kyphoplasty, L1: would be a candidate if an active infection is not present."""
CULTURES = "Cultures stayed negative, antibiotics ended."


@pytest.fixture
def people(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }


def test_an_incomplete_referral_is_asked_about_declined_sent_again_and_accepted(open_browser, people):
    physician, ir = Visit(open_browser()), Visit(open_browser())
    physician.sign_in(people["physician"])
    refer_without_saying_whether_there_is_an_infection(physician)
    ir.sign_in(people["ir"])
    claim_and_ask(ir)
    answer_that_there_is_one(physician)
    decline_and_say_what_would_change_it(ir)
    read_why_and_send_again(physician)
    compare_and_accept(ir)
    physician.page.reload()
    physician.reads("Accepted, booking to follow")
    physician.reads("Booking by telephone.")
    assert physician.complaints == ir.complaints == []


def refer_without_saying_whether_there_is_an_infection(physician):
    physician.page.get_by_role("link", name="Refer a patient").first.click()
    fill_in_patient(physician)
    physician.tick_level("L1")
    physician.choose("What does imaging show?", "Compression fracture", "L1")
    physician.choose("How much of the body has collapsed?", "Partial", "L1")
    physician.choose("Cause of the damage", "Osteoporosis", "L1")
    physician.choose("Is this vertebra damaged by a spinal tumor?", "No", "L1")
    physician.choose("Is the pain at this level, on examination?", "Yes", "L1")
    physician.choose("Is the patient too frail to undergo spinal surgery?", "Yes")
    physician.choose("At risk of becoming bedridden?", "Yes")
    physician.page.get_by_label("When did conservative management begin?", exact=True).fill("2026-10-11")
    physician.choose("Has conservative management been unsuccessful?", "Yes")
    physician.choose("Bleeding disorder or anticoagulation", "None")
    for question in ("Allergy to bone cement?", "Pregnant?", "New weakness, numbness"):
        physician.choose(question, "No")
    still_needed = physician.page.get_by_role("complementary").locator(".needed").first
    expect(still_needed.get_by_role("listitem")).to_have_text([INFECTION])
    physician.press("Send the referral")
    physician.reads("Sent, not yet opened")
    physician.reads("More information")


def claim_and_ask(ir):
    ir.page.get_by_role("button", name="Claim").click()
    ir.reads("In review with you")
    ir.follow("Ask for information")
    expect(ir.page.get_by_label("Any active infection")).to_be_checked()
    ir.write("Comment", "Please look.")
    ir.press("Ask Elm Practice")
    ir.reads("Waiting for Elm Practice")


def answer_that_there_is_one(physician):
    physician.follow("My referrals")
    physician.page.get_by_role("link", name="Answer").last.click()
    physician.reads("Please look.")
    physician.choose(INFECTION, "Yes")
    physician.press("Send the answers")
    physician.reads("screened again")
    physician.reads("Contraindicated")


def decline_and_say_what_would_change_it(ir):
    ir.page.reload()
    ir.reads("Contraindicated")
    ir.follow("Decline")
    ir.page.get_by_label("Reason").select_option("There is an infection")
    ir.write("Comment", "No cement while there is an infection.")
    expect(ir.page.get_by_label("What would change this")).to_have_value(WHAT_WOULD_CHANGE_IT)
    ir.press("Decline")
    ir.reads("Declined. The referrer has been told why, and what would change it.")


def read_why_and_send_again(physician):
    physician.page.reload()
    physician.reads("Not accepted, because there is an infection")
    physician.follow("Send again")
    physician.is_told("No cement while there is an infection.")
    physician.is_told(WHAT_WOULD_CHANGE_IT.splitlines()[0])
    so_far = physician.page.locator("#so-far .verdict-level")
    expect(so_far.get_by_text("Contraindicated")).to_have_count(2)
    physician.choose(INFECTION, "No")
    expect(so_far.get_by_text("Candidate")).to_have_count(2)
    physician.write("What has changed", CULTURES)
    physician.press("Send again")
    physician.reads("Sent, not yet opened")


def compare_and_accept(ir):
    ir.page.reload()
    again = ir.page.get_by_role("listitem").filter(has_text=CULTURES).last
    expect(again).to_contain_text("Contraindicated became Candidate")
    ir.follow("Pictures")
    ir.page.get_by_role("link", name="What changed").first.click()
    ir.is_told("Active infection")
    ir.page.get_by_text("Show what is the same").click()
    ir.is_told("Too frail for surgery")
    ir.page.go_back()
    ir.follow("Referral")
    ir.press("Claim")
    ir.follow("Accept")
    ir.write("Comment", "Booking by telephone.")
    ir.press("Accept")
    ir.reads("Accepted, to be booked")
