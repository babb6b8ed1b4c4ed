"""An administrator at a real browser: invites somebody, who joins; changes what they may do; and ends their access."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from referrals.staff import Person, RoleName
from tests import clinic
from tests.at_a_browser import Visit, axe_violations, too_wide

LONG = "nine otters knit at dusk"


@pytest.fixture
def people(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "admin": clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital),
        }


@pytest.fixture
def admin(open_browser, live_server, people):
    visit = Visit(open_browser())
    visit.come_in(live_server, people["admin"])
    visit.page.goto("/")
    return visit


def sign_in(visit, email, password):
    visit.page.get_by_label("Email address").fill(email)
    visit.page.get_by_label("Password").fill(password)
    visit.press("Sign in")


def enter_a_practice(admin):
    admin.follow("Practices")
    admin.follow("Enter a practice")
    admin.write("Name", "Oak Practice")
    admin.write("Telephone", "555-0150")
    admin.press("Enter the practice")
    admin.is_told("Nobody belongs to it yet")


def invite(admin):
    """Gives back the link to hand over."""
    admin.follow("Invite somebody")
    admin.press("Invite")
    admin.is_told("4 answers need another look")
    admin.write("Name", "Dr. New Person")
    admin.write("Email address", "new@oak.example")
    admin.page.get_by_role("combobox", name="Practice").select_option("Oak Practice")
    admin.page.get_by_role("checkbox", name="Referring physician").check()
    admin.press("Invite")
    admin.is_told("Has not joined yet")
    return admin.page.locator(".link-to-hand-over").inner_text()


def join(newcomer, link):
    newcomer.page.goto(link)
    newcomer.is_told("Welcome, Dr. New Person")
    newcomer.page.get_by_label("Password", exact=False).first.fill(LONG)
    newcomer.write("New password once more", LONG)
    newcomer.press("Set the password")
    newcomer.is_told("Your password is set")


def change_the_role(admin):
    admin.page.reload()
    admin.is_told("In 1 browser")
    admin.follow("Change roles or practice")
    admin.page.get_by_role("checkbox", name="Practice delegate").check()
    admin.page.get_by_role("checkbox", name="Referring physician").uncheck()
    admin.press("Save")
    admin.is_told("Every session of theirs has ended")


def test_from_the_invitation_to_the_end_of_access(open_browser, admin):
    enter_a_practice(admin)
    newcomer = Visit(open_browser())
    join(newcomer, invite(admin))
    sign_in(newcomer, "new@oak.example", LONG)
    expect(newcomer.page.get_by_role("banner")).to_contain_text("Referring physician, Oak Practice")

    change_the_role(admin)
    newcomer.page.goto("/referrals")
    newcomer.is_told("Email address")
    sign_in(newcomer, "new@oak.example", LONG)
    expect(newcomer.page.get_by_role("banner")).to_contain_text("Practice delegate, Oak Practice")

    admin.follow("Deactivate")
    admin.write("Why", "Has left the practice")
    admin.press("Deactivate")
    admin.is_told("cannot sign in any more")
    newcomer.page.goto("/referrals")
    sign_in(newcomer, "new@oak.example", LONG)
    expect(newcomer.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert newcomer.complaints == []
    assert admin.complaints == []


def test_a_person_is_found_by_keyboard_alone(admin, people):
    admin.page.get_by_label("Name, email address or NPI").focus()
    admin.page.keyboard.type("elm")
    admin.page.keyboard.press("Enter")
    expect(admin.page.get_by_role("row")).to_have_count(2)
    admin.page.get_by_role("link", name="Elm Physician").focus()
    admin.page.keyboard.press("Enter")
    expect(admin.page.get_by_role("heading", level=1)).to_have_text("Elm Physician")


def test_tab_goes_through_the_invitation_in_the_order_that_it_is_read(admin):
    admin.follow("Invite somebody")
    admin.page.wait_for_url("**/invite")
    admin.page.get_by_label("Name", exact=False).first.focus()
    places = []
    for _ in range(13):
        places.append(admin.page.evaluate("document.activeElement.getBoundingClientRect().top + window.scrollY"))
        admin.page.keyboard.press("Tab")
    assert all(before <= after + 3 for before, after in pairwise(places)), places


def test_of_two_administrators_the_later_is_told_and_keeps_what_was_written(live_server, people, admin):
    admin.page.goto(f"/administration/people/{people['physician'].public_id}/edit")
    admin.write("Name", "A name to keep")
    with live_server.database.begin() as session:
        session.get(Person, people["physician"].id).call_back = "555-0188"
    admin.press("Save")
    admin.is_told("Somebody changed this while you had it open")
    admin.is_told("A name to keep")
    assert [*axe_violations(admin.page), *too_wide(admin.page)] == []
    admin.follow("Open it as it is now")
    expect(admin.page.get_by_label("Call-back number")).to_have_value("555-0188")


def test_a_link_that_is_over_says_what_to_do(open_browser, live_server, people):
    visit = Visit(open_browser(viewport={"width": 390, "height": 800}))
    visit.page.goto("/invitation/long-ago")
    visit.is_told("ask the administrator who invited you")
    assert [*axe_violations(visit.page), *too_wide(visit.page)] == []
