"""The candidate, treated and closed with a letter and an outcome; and the queue that is worked on the way."""

import re

import pytest
from playwright.sync_api import expect

from referrals.staff import RoleName
from tests import clinic
from tests.at_a_browser import Visit, axe_violations, too_wide
from tests.corpus import today


@pytest.fixture
def story(live_server):
    """Two new candidates, and who works on them."""
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }
        for name in ("First", "Second"):
            of = clinic.patient(given_name="Ada", family_name=name)
            clinic.refer(session, people["physician"], of=of, today=today())
        return people


@pytest.fixture
def at(open_browser, live_server, story):
    def somebody(who, **options):
        visit = Visit(open_browser(**options))
        visit.come_in(live_server, story[who])
        return visit

    return somebody


def accept_from_the_queue(visit):
    visit.page.goto("/queue/")
    visit.page.get_by_role("button", name="Claim the referral of First, Ada").click()
    visit.page.goto("/queue/undecided")
    visit.follow("First, Ada")
    visit.follow("Accept")
    visit.press("Accept")
    visit.is_told("Accepted. The referrer has been told.")


def book_today(visit):
    visit.follow("Book")
    visit.choose("Is the pain still there?", "Yes")
    visit.choose("What is booked?", "Procedure")
    visit.page.get_by_label("Day").fill(today().isoformat())
    visit.page.get_by_label("Time (New York time)").fill("08:30")
    visit.page.get_by_label("Place").fill("Angiography suite 1")
    visit.press("Book")


def test_a_candidate_is_treated_and_the_referrer_reads_letter_and_outcome(at):
    coordinator, ir, physician = at("coordinator"), at("ir"), at("physician")
    accept_from_the_queue(coordinator)
    book_today(coordinator)

    treat(ir)
    write_the_letter(ir)
    ir.follow("Referral")
    ir.follow("Finish")
    after = ir.page.get_by_label("Who looks after the bones from now on?")
    after.select_option(label="Left to the referring physician, as the letter says")
    ir.press("Finish")
    ir.is_told("Finished, letter sent")
    read_it(physician)
    assert coordinator.complaints == ir.complaints == physician.complaints == []


def treat(ir):
    ir.page.goto("/queue/today")
    ir.follow("First, Ada")
    ir.follow("Record the visit")
    ir.choose("What came of it?", "Treated")
    ir.page.get_by_label("What was found").fill("Kyphoplasty of L1 without a leak.")
    ir.press("Record the visit")


def write_the_letter(ir):
    ir.page.goto("/queue/letters")
    ir.follow("First, Ada")
    ir.follow("Letters")
    ir.follow("Write: outcome")
    ir.write("In your own words", "Please start treatment of the osteoporosis.")
    ir.press("Show it in the letter")
    ir.is_told("Please start treatment of the osteoporosis.")
    ir.write("Your name, to sign", "Test Radiologist")
    ir.press("Sign and send")
    ir.is_told("Signed and sent. The referrer has been told.")


def read_it(physician):
    physician.page.goto("/referrals/list/decided")
    physician.page.locator("#list").get_by_role("link", name="First, Ada").click()
    physician.is_told("Finished, letter sent")
    physician.follow("Letters 1")
    with physician.page.expect_download() as given:
        physician.follow("Outcome")
    assert given.value.suggested_filename.endswith(".pdf")


def test_the_queue_follows_what_others_do_without_losing_the_place(at, live_server, story):
    visit, other = at("coordinator"), at("ir")
    visit.page.goto("/queue/")
    visit.page.keyboard.press("j")
    expect(visit.page.get_by_role("link", name="First, Ada")).to_be_focused()
    visit.page.keyboard.press("j")
    expect(visit.page.get_by_role("link", name="Second, Ada")).to_be_focused()
    other.page.goto("/queue/")
    other.page.get_by_role("button", name="Claim the referral of First, Ada").click()
    visit.page.evaluate("window.dispatchEvent(new Event('look-again'))")
    expect(visit.page.get_by_role("link", name="First, Ada")).to_have_count(0)
    expect(visit.page.get_by_role("link", name="Second, Ada")).to_be_focused()
    expect(visit.page.locator('[data-count="new"]')).to_have_text(["1", "1"])  # in the list of lists, and folded
    visit.page.keyboard.press("Enter")
    visit.is_told("New, nobody has claimed it")
    assert visit.complaints == other.complaints == []


def test_keys_search_change_the_list_and_explain_themselves(at):
    visit = at("coordinator")
    visit.page.goto("/queue/")
    visit.page.keyboard.press("/")
    expect(visit.page.get_by_label("Name, MRN or referral id")).to_be_focused()
    visit.page.keyboard.type("j?gm")  # typed, not obeyed
    expect(visit.page.get_by_label("Name, MRN or referral id")).to_have_value("j?gm")
    visit.page.locator("main").focus()
    visit.page.keyboard.press("g")
    visit.page.keyboard.press("m")
    expect(visit.page).to_have_url(re.compile("/queue/mine$"))
    expect(visit.page.locator("html.js .queue-keys a")).to_be_visible()
    visit.page.keyboard.press("?")
    visit.is_told("Down to the next referral")


def test_on_a_telephone_lists_and_filters_are_folded_until_they_are_asked_for(at):
    visit = at("coordinator", viewport={"width": 390, "height": 844})
    visit.page.goto("/queue/")
    lists, undecided = visit.page.get_by_text("Lists: New 2"), visit.page.get_by_role("link", name="Undecided 0")
    urgency = visit.page.get_by_label("Urgency")
    expect(visit.page.get_by_role("link", name="First, Ada")).to_be_in_viewport()
    expect(undecided).to_be_hidden()
    expect(urgency).to_be_hidden()
    lists.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("link", name="All", exact=True)).to_be_visible()
    visit.page.get_by_text("Filter and order").click()
    urgency.select_option("Routine")
    visit.press("Show")
    expect(urgency).to_be_visible()  # what narrows the list shows
    expect(lists).to_be_visible()
    visit.page.set_viewport_size({"width": 1280, "height": 900})  # turned, or on a larger screen
    expect(undecided).to_be_visible()
    expect(lists).to_be_hidden()
    assert visit.complaints == []


def test_without_script_nothing_of_the_queue_is_folded_away(at):
    visit = at("coordinator", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    visit.page.goto("/queue/")
    expect(visit.page.get_by_role("link", name="All", exact=True)).to_be_visible()
    expect(visit.page.get_by_label("Urgency")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_new_pages_of_the_desk_can_be_used_by_everybody(at, width):
    visit = at("coordinator", viewport={"width": width, "height": 900})
    visit.page.goto("/queue/")
    visit.page.get_by_role("button", name="Claim the referral of First, Ada").click()
    page = visit.page.url.partition("?")[0]
    for path in (
        "/queue/undecided", "/queue/shortcuts", "/enter", "/sheets/kyphoplasty", f"{page}/letters",
        f"{page}/letters/acknowledgement", f"{page}/assign", f"{page}/return", f"{page}/redirect", f"{page}/urgency",
    ):  # fmt: skip
        visit.page.goto(path)
        assert axe_violations(visit.page) == [], path
        assert too_wide(visit.page) == [], path
    assert visit.complaints == []
