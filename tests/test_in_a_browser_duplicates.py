"""The same patient twice, at a browser: the hint while typing, the clinic's answer, and the administrator's merging."""

import pytest
from playwright.sync_api import expect

from referrals.patients import PatientDetails
from referrals.staff import RoleName
from tests import clinic
from tests.at_a_browser import Visit, axe_violations, fill_in_patient
from tests.test_likeness import BORN

WHO = {
    "physician": ("Elm Physician", RoleName.PHYSICIAN, "Elm"),
    "oak": ("Oak Physician", RoleName.PHYSICIAN, "Oak"),
    "coordinator": ("Test Coordinator", RoleName.COORDINATOR, "Clinic"),
    "administrator": ("Test Administrator", RoleName.ADMINISTRATOR, "Clinic"),
}


@pytest.fixture
def town(live_server, open_browser):
    """Ada Sample, referred by one practice; and everybody's browser."""
    with live_server.app.app_context(), live_server.database.begin() as session:
        places = {name: clinic.practice(session, name, name == "Clinic") for name in ("Elm", "Oak", "Clinic")}
        people = {who: clinic.person(session, name, role, places[at]) for who, (name, role, at) in WHO.items()}
        clinic.refer(session, people["physician"], of=PatientDetails("Ada", "Sample", BORN, "female", "T-1"))

    def at(who, page, **options):
        visit = Visit(open_browser(**options))
        visit.come_in(live_server, people[who])
        visit.page.goto(page)
        return visit

    return at


def fill_in_misspelled(visit):
    fill_in_patient(visit, "Smaple")
    visit.choose("New weakness, numbness", "No")


def test_whoever_types_a_patient_whom_the_practice_knows_is_told_before_sending(town):
    visit = town("physician", "/referrals/new")
    hint = visit.page.locator("#sent-before")
    visit.write("Given name", "Ada")
    visit.write("Family name", "Smaple")
    expect(hint).to_be_empty()
    visit.write("Date of birth", "1943-03-09")
    expect(hint).to_contain_text("Sample, Ada")
    expect(hint).to_contain_text("Name written almost alike, same birth date.")
    assert axe_violations(visit.page) == []
    visit.write("Date of birth", "1950-01-01")
    expect(hint.get_by_text("Sample, Ada")).to_have_count(0)
    assert visit.complaints == []


def test_whoever_is_of_another_practice_is_told_nothing(town):
    visit = town("oak", "/referrals/new")
    fill_in_patient(visit)
    with visit.page.expect_response("**/referrals/new/sent-before") as answered:
        visit.write("Medical record number", "T-1")
    assert "Sample" not in answered.value.text()
    assert visit.page.locator("#sent-before").inner_text().strip() == ""


def test_without_script_the_patient_is_shown_when_eligibility_is_checked(town):
    visit = town("physician", "/referrals/new", java_script_enabled=False)
    fill_in_misspelled(visit)
    visit.press("Check eligibility")
    visit.is_told("Sent already?")
    visit.is_told("Sample, Ada")


def sent_all_the_same(town):
    """At the page of a referral that was sent although the patient looks like one who has another."""
    visit = town("physician", "/referrals/new")
    fill_in_misspelled(visit)
    visit.press("Send the referral")
    visit.is_told("This may be a patient with an open referral")
    visit.page.get_by_label("Send it as a separate referral all the same").check()
    visit.press("Send the referral")
    visit.reads("Sent, not yet opened")
    return visit


def said_to_be_the_same(town, referral):
    desk = town("coordinator", referral)
    desk.is_told("Possibly sent twice")
    desk.follow("Compare them")
    desk.press("Same patient – Sample, Ada, Elm")
    desk.is_told("The same patient")
    return desk


def is_headed(visit, name):
    visit.page.reload()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(name)


def test_from_the_hint_to_all_referrals_on_one_page(town):
    visit = sent_all_the_same(town)
    desk = said_to_be_the_same(town, visit.page.url)
    desk.follow("All referrals of Smaple, Ada on one page")
    desk.is_told("2 referrals, from 2 records that are said to be the same patient")
    assert visit.complaints == desk.complaints == []


def test_an_administrator_merges_the_two_and_takes_them_apart_again(town):
    visit = sent_all_the_same(town)
    said_to_be_the_same(town, visit.page.url)
    office = town("administrator", "/administration/records")
    office.follow("Compare Sample, Ada and Smaple, Ada")
    office.page.get_by_role("radio", name="The older record: Sample, Ada").check()
    office.write("Why", "Two letters were swapped.")
    office.press("Merge the records")
    office.is_told("Merged. It can be undone from this page.")
    is_headed(visit, "Sample, Ada")
    visit.is_told("Two letters were swapped.")
    office.follow("Undo the merging of Smaple, Ada into Sample, Ada")
    office.write("Why", "They are two after all.")
    office.press("Undo the merge")
    office.is_told("Undone: both records are as they were.")
    is_headed(visit, "Smaple, Ada")
    assert visit.complaints == office.complaints == []
