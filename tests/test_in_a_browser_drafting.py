"""A radiologist drafts an edition in a browser without script, signs it, and an administrator signs with them."""

import pytest

from tests import clinic
from tests.at_a_browser import Visit
from tests.corpus import today
from tests.second_factors import with_authenticator

WAIT = "Tumor damage, or four weeks of conservative management without success"


@pytest.fixture
def people(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        made = clinic.everybody(session)
    for who in ("ir", "administrator"):
        with_authenticator(live_server.app, made[who])
    return made


@pytest.fixture
def somebody(live_server, open_browser, people):
    """Their page, signed in, in a browser that runs no script."""

    def come_in(who):
        visit = Visit(open_browser(java_script_enabled=False))
        visit.come_in(live_server, people[who])
        return visit

    return come_in


def change_the_wait(visit):
    """From four weeks to six, with a slip on the way."""
    visit.page.get_by_role("link", name=f"Change “{WAIT}”").click()
    since = visit.page.get_by_role("group", name="When did conservative management begin?")
    since.get_by_label("From").fill("42")
    since.get_by_label("To").fill("40")
    visit.press("Save the criterion")
    visit.is_told("The window ends before it begins.")
    since.get_by_label("To").fill("")
    visit.press("Save the criterion")
    visit.is_told("Conservative management began at least 42 days ago")


def add_a_criterion(visit):
    visit.follow("Add a criterion")
    visit.follow("Kyphotic deformity?")
    visit.choose("Kyphotic deformity?", "Yes")
    visit.choose("Vertebroplasty", "Not asked")
    visit.choose("Kyphoplasty", "It asks for this")
    visit.write("Title", "A deformity to correct")
    visit.write("Read as", "Seen on the newest film.")
    visit.press("Add the criterion")
    visit.is_told("A deformity to correct")


def sign(visit, name, button):
    visit.write("Your name, to sign", name)
    visit.press(button)


def test_an_edition_is_drafted_and_signed_by_two(somebody):
    ira, alma = somebody("ir"), somebody("administrator")
    ira.page.goto("/criteria/drafts")
    ira.press("Start a draft")
    change_the_wait(ira)
    add_a_criterion(ira)
    ira.page.get_by_label("Signatures").get_by_role("link", name="Sign", exact=True).first.click()
    ira.write("Why this edition", "As the payer asks")
    ira.write("Its first day", today().isoformat())
    sign(ira, "Test Radiologist", "Sign")
    ira.is_told("You have signed it. Another person signs with you.")

    alma.page.goto(ira.page.url)
    alma.follow("Sign as the second")
    sign(alma, "Test Administrator", "Sign and adopt")
    alma.is_told("It is adopted, and counts from its first day.")
    alma.page.goto("/criteria")
    alma.is_told("Test Radiologist and Test Administrator")
    alma.is_told("A deformity to correct")
    assert ira.complaints + alma.complaints == []
