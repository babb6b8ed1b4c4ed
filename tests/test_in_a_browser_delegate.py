"""A delegate of the made-up clinic refers a patient for a physician of the practice, at a browser."""

from playwright.sync_api import expect

from referrals import demonstration
from referrals.demonstration.people import PASSWORD
from tests.at_a_browser import Visit, as_wide_as, axe_violations, fill_in_patient, too_wide
from tests.clinic import TODAY

IMOGEN, PETER = "1999900016", "1999900024"
WIDE, NARROW = 1280, 390


def test_a_delegate_refers_for_a_physician(open_browser, live_server):
    with live_server.app.app_context():
        demonstration.fill(live_server.database, TODAY, live_server.app.extensions["settings"])
    dora = Visit(open_browser())
    sign_in(dora)
    dora.page.get_by_role("link", name="Refer a patient").first.click()
    choose_for_whom(dora)
    assert faults(dora) == []
    fill_in_patient(dora, "Sample")
    dora.choose("New weakness, numbness", "No")
    dora.press("Send the referral")
    dora.reads("Sent, not yet opened")
    dora.reads("Dora Pretended for Dr. Imogen Invented")
    dora.reads(f"Dr. Imogen Invented, NPI {IMOGEN}")
    assert dora.complaints == []


def test_a_physician_chosen_before_the_script_was_there_brings_the_numbers_too(open_browser, live_server):
    with live_server.app.app_context():
        demonstration.fill(live_server.database, TODAY, live_server.app.extensions["settings"])
    dora = Visit(open_browser())
    sign_in(dora)
    with dora.held_back("intake.js"):
        dora.page.goto("/referrals/new", wait_until="commit")
        dora.page.get_by_label("Referring physician").select_option("Dr. Peter Placeholder")
        dora.write("Call-back number", "555-0777")
    expect(dora.page.get_by_label("NPI")).to_have_value(PETER)
    expect(dora.page.get_by_label("Call-back number")).to_have_value("555-0777")


def sign_in(visit):
    visit.page.goto("/sign-in")
    visit.page.get_by_label("Email address").fill("dora@family.example")
    visit.page.get_by_label("Password").fill(PASSWORD)
    visit.press("Sign in")
    expect(visit.page.get_by_role("banner")).to_contain_text("Dora Pretended")


def choose_for_whom(visit):
    """Changing one's mind changes the numbers that belong to the physician, by keyboard as by mouse."""
    chooser, npi, call_back = (
        visit.page.get_by_label(label) for label in ("Referring physician", "NPI", "Call-back number")
    )
    visit.press("Send the referral")
    visit.follow("Referring physician: Choose the physician for whom you send this.")
    expect(chooser).to_be_focused()
    chooser.select_option("Dr. Peter Placeholder")
    expect(npi).to_have_value(PETER)
    chooser.press("ArrowUp")
    expect(npi).to_have_value(IMOGEN)
    expect(call_back).to_have_value("555-0111")


def faults(visit):
    found = []
    for width in (WIDE, NARROW):
        with as_wide_as(visit.page, width):
            found += [*too_wide(visit.page), *axe_violations(visit.page)]
    return found
