"""Passkeys, with a browser that has one: add, sign in with, use as second factor, remove – under our strict policy."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from referrals.events import Event
from referrals.staff import Passkey, Person, RoleName
from tests import clinic
from tests.at_a_browser import Visit
from tests.second_factors import with_authenticator


class Key:
    """A security key in somebody's hand, that knows its holder or does not."""

    def __init__(self, visit, knows_its_holder=True):
        self.devtools = visit.context.new_cdp_session(visit.page)
        self.devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "automaticPresenceSimulation": True,
            "hasUserVerification": knows_its_holder, "isUserVerified": knows_its_holder,
        }  # fmt: skip
        self.id = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def forgets_its_holder(self):
        self.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False})


@pytest.fixture
def elm(live_server):
    with live_server.app.app_context(), live_server.database.begin() as session:
        practice = clinic.practice(session, "Elm Practice")
        return clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, practice)


@pytest.fixture
def visit(open_browser, live_server):
    """At http://localhost: passkeys need an address with a name."""
    return Visit(open_browser(base_url=live_server.url.replace("127.0.0.1", "localhost")))


def add_passkey(visit, name="Telephone"):
    visit.page.goto("/account/passkeys/new")
    visit.write("A name for it", name)
    visit.press("Go on")
    visit.is_told(f"The passkey “{name}” was added.")


def logged(server):
    with server.database.reading() as session:
        actions = session.scalars(select(Event.action).order_by(Event.id))
        return [action for action in actions if action != "list_read"]


def test_a_passkey_signs_in_in_place_of_the_password_and_after_it(visit, live_server, elm):
    Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    visit.press("Sign out")

    visit.press("Sign in with a passkey")
    expect(visit.page.get_by_role("banner")).to_contain_text("Elm Physician")
    visit.press("Sign out")

    visit.write("Email address", elm.email)
    visit.write("Password", clinic.PASSWORD)
    visit.press("Sign in")
    visit.is_told("Your password was right.")
    visit.press("Go on with a passkey")
    expect(visit.page.get_by_role("banner")).to_contain_text("Elm Physician")
    assert not visit.complaints
    assert logged(live_server) == [
        "signed_in", "passkey_added", "signed_out", "signed_in", "signed_out", "signed_in",
    ]  # fmt: skip


def test_a_passkey_leads_on_to_where_one_wanted_to_go(visit, elm):
    Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    visit.press("Sign out")
    visit.page.goto("/criteria")
    visit.press("Sign in with a passkey")
    visit.page.wait_for_url("**/criteria")


def test_a_passkey_is_removed_by_its_name(visit, live_server, elm):
    Key(visit)
    visit.sign_in(elm)
    add_passkey(visit, "Blue key")
    visit.press("Remove the passkey Blue key")
    visit.is_told("It was removed.")
    with live_server.database.reading() as session:
        assert session.scalars(select(Passkey)).all() == []
    assert logged(live_server)[-1] == "passkey_removed"


def test_a_found_key_that_does_not_know_its_holder_signs_nobody_in_by_itself(visit, live_server, elm):
    key = Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    visit.press("Sign out")
    key.forgets_its_holder()
    visit.press("Sign in with a passkey")
    visit.is_told("No passkey was used, or it took too long.")
    expect(visit.page.get_by_role("banner")).not_to_contain_text("Elm Physician")


def test_a_challenge_of_the_second_step_is_no_way_round_the_password(visit, live_server, elm):
    """A key that does not know its holder, and the challenge that was meant for after a password."""
    key = Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    key.forgets_its_holder()
    visit.page.goto("/verify/passkey")
    visit.page.route("**/verify/passkey/*", lambda route: route.abort())  # its answer is kept for later
    with visit.page.expect_request("**/verify/passkey/*") as asked:
        visit.press("Go on with a passkey")
    token = asked.value.url.split("?")[0].rpartition("/")[2]
    visit.page.goto("/account/second-factor")
    visit.press("Sign out")
    visit.is_told("Email address")
    answer = visit.page.evaluate(
        """([token, body]) => {
            const form = new URLSearchParams(body);
            form.set("csrf_token", document.querySelector("[name=csrf_token]").value);
            return fetch("/sign-in/passkey/" + token, {method: "POST", body: form}).then((each) => each.text());
        }""",
        [token, asked.value.post_data],
    )
    assert "Sign in with a passkey" in answer
    assert "Your password was right" not in answer
    visit.page.goto("/criteria")
    visit.page.wait_for_url(re.compile("/sign-in"))


def test_somebody_else_s_passkey_is_no_second_factor(visit, live_server, elm):
    with live_server.app.app_context(), live_server.database.begin() as session:
        oak = clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, clinic.practice(session, "Oak Practice"))
    Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    visit.press("Sign out")
    with live_server.database.begin() as session:  # as if the browser offered it for another account
        session.scalars(select(Passkey)).one().user_id = oak.id
        handle = session.get(Person, elm.id).fs_webauthn_user_handle
        session.get(Person, elm.id).fs_webauthn_user_handle = None
        session.flush()
        session.get(Person, oak.id).fs_webauthn_user_handle = handle
    with_authenticator(live_server.app, elm)
    visit.write("Email address", elm.email)
    visit.write("Password", clinic.PASSWORD)
    visit.press("Sign in")
    visit.is_told("Enter the code")
    visit.page.goto("/sign-in/passkey")
    visit.press("Go on with a passkey")
    visit.is_told("This passkey cannot be used here.")
    visit.page.goto("/criteria")
    visit.page.wait_for_url(re.compile("/sign-in"))


def test_who_has_both_chooses_and_may_change_one_s_mind(visit, live_server, elm):
    Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    visit.press("Sign out")
    telephone = with_authenticator(live_server.app, elm)
    visit.write("Email address", elm.email)
    visit.write("Password", clinic.PASSWORD)
    visit.press("Sign in")
    visit.press("Enter a code of the authenticator app")
    visit.follow("Use a passkey instead")
    visit.press("Enter a code of the authenticator app")
    visit.write("Code", telephone.code())
    visit.press("Sign in")
    expect(visit.page.get_by_role("banner")).to_contain_text("Elm Physician")


def test_a_passkey_that_is_there_already_is_not_made_twice(visit, elm):
    Key(visit)
    visit.sign_in(elm)
    add_passkey(visit)
    visit.page.goto("/account/passkeys/new")
    visit.write("A name for it", "Again")
    visit.press("Go on")
    visit.is_told("This device holds a passkey for you already.")
