"""Sign-on by OpenID Connect: by issuer and subject, never by mail, and only with a token that is ours."""

import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from config import DEMONSTRATION, DEMONSTRATION_SECRET, Settings
from referrals import second_factor
from referrals.events import Event
from referrals.fitness import missing
from referrals.staff import Identity, Person, RoleName
from tests import clinic
from tests.conftest import whole_database
from tests.issuer import CLIENT, SECRET, Issuer
from tests.lasting import put_away, quick
from tests.second_factors import is_signed_in, production, send, with_authenticator
from tests.visitor import Visitor

SETTINGS: dict[str, Any] = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_name": "Hospital"}


@pytest.fixture
def issuer():
    running = Issuer()
    yield running
    running.stop()


@pytest.fixture
def app(issuer, database_url):
    """The made-up clinic, which trusts the issuer."""
    made = quick(clinic_settings(database_url, oidc_issuer=issuer.url))
    yield made
    put_away(made)


def clinic_settings(database_url, **more):
    return Settings(mode=DEMONSTRATION, secret_key=DEMONSTRATION_SECRET, database_url=database_url, **SETTINGS, **more)


@pytest.fixture
def elm(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm Practice"))


def linked(database, person, issuer, subject="subject-1"):
    with database.begin() as session:
        second_factor.link(session, second_factor.locked(session, person.id), issuer.url, subject)


def come_back(visitor, issuer, **query):
    """Off to the issuer, signed in there, and back."""
    address = visitor.get("/sign-on", query_string=query).headers["Location"]
    return visitor.get(back_at(issuer.sign_in(address)))


def back_at(address):
    split = urlsplit(address)
    return f"{split.path}?{split.query}"


def test_a_linked_account_signs_its_person_in_and_leads_on(app, database, elm, issuer):
    linked(database, elm, issuer)
    visitor = Visitor(app)
    assert "Sign in with Hospital" in visitor.get("/sign-in").text
    answer = come_back(visitor, issuer, next="/criteria")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/criteria")
    assert is_signed_in(visitor)
    assert "Elm Physician" in visitor.get("/criteria").text
    [asked] = issuer.asked
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert len(asked["nonce"]) > 16
    assert len(asked["state"]) > 16


def test_signing_on_leads_nowhere_else(app, database, elm, issuer):
    linked(database, elm, issuer)
    assert come_back(Visitor(app), issuer, next="https://evil.example/").headers["Location"] == "/"


def test_the_same_address_of_mail_is_not_enough(app, database, elm, issuer):
    visitor = Visitor(app)
    answer = come_back(visitor, issuer)  # the issuer says elm.physician@example.org
    assert answer.status_code == 403
    assert "Link your account with Hospital" in answer.text
    assert not is_signed_in(visitor)
    with database.reading() as session:
        assert session.scalars(select(Identity)).all() == []


def test_the_same_subject_of_another_issuer_is_somebody_else(app, database, elm, issuer):
    with database.begin() as session:
        second_factor.link(session, second_factor.locked(session, elm.id), "https://elsewhere.example", "subject-1")
    assert come_back(Visitor(app), issuer).status_code == 403


def test_somebody_deactivated_is_refused(app, database, elm, issuer):
    linked(database, elm, issuer)
    with database.begin() as session:
        session.get(Person, elm.id).active = False
    visitor = Visitor(app)
    assert come_back(visitor, issuer).status_code == 403
    assert not is_signed_in(visitor)


def asked_again(app, person, issuer, **changes):
    """Somebody whose sign-in is not fresh goes to change a password, and says who they are at the issuer."""
    visitor = Visitor(app, person)
    with visitor.client.session_transaction() as session:
        session["fs_paa"] = time.time() - 601
    page = visitor.get("/sign-in/again?next=/account/password")
    assert "Sign in again with Hospital" in page.text
    issuer.changes = changes
    return visitor, come_back(visitor, issuer, again="1", next="/account/password")


def test_signing_on_again_is_a_fresh_sign_in(app, database, elm, issuer):
    linked(database, elm, issuer)
    visitor, answer = asked_again(app, elm, issuer)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/password")
    assert visitor.get("/account/password").status_code == 200
    [asked] = issuer.asked
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")


@pytest.mark.parametrize(
    "changes",
    [{"sub": "subject-2"}, {"auth_time": None}, {"auth_time": int(time.time()) - 3600}],
    ids=["somebody else", "no time said", "an hour ago"],
)
def test_signing_on_again_as_somebody_else_or_unasked_is_none(app, database, elm, issuer, changes):
    linked(database, elm, issuer)
    visitor, answer = asked_again(app, elm, issuer, **changes)
    assert answer.status_code == 403
    assert visitor.get("/account/password").status_code == 302
    assert "Elm Physician" in visitor.get("/criteria").text


FORGED = {
    "of another attempt": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "for another application": {"aud": "another"},
    "for us among others, asked for by another": {"aud": [CLIENT, "another"], "azp": "another"},
    "expired": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
    "that never expires": {"exp": None},
    "of another issuer": {"iss": "https://evil.example"},
    "of no issuer": {"iss": None},
    "of nobody": {"sub": None},
    "of an empty subject": {"sub": ""},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_token_that_is_not_ours_is_refused(app, database, elm, issuer, changes):
    linked(database, elm, issuer)
    issuer.changes = changes
    visitor = Visitor(app)
    answer = come_back(visitor, issuer)
    assert answer.status_code == 400
    assert "did not work" in answer.text
    assert not is_signed_in(visitor)


@pytest.mark.parametrize("how", ["signed_by_nobody", "signed_by_another"])
def test_a_token_that_the_issuer_did_not_sign_is_refused(app, database, elm, issuer, how):
    linked(database, elm, issuer)
    issuer.sign = getattr(issuer, how)
    visitor = Visitor(app)
    assert come_back(visitor, issuer).status_code == 400
    assert not is_signed_in(visitor)


def test_an_issuer_that_says_it_is_another_is_not_trusted(app, issuer):
    issuer.says_it_is = "https://evil.example"
    assert Visitor(app).get("/sign-on").status_code == 502


def test_an_answer_counts_once_and_in_its_own_browser(app, database, elm, issuer):
    linked(database, elm, issuer)
    first, second = Visitor(app), Visitor(app)
    back = back_at(issuer.sign_in(first.get("/sign-on").headers["Location"]))
    assert second.get(back).status_code == 400
    assert first.get(back).status_code == 302
    first.client.delete_cookie("session")
    assert first.get(back).status_code == 400
    assert not is_signed_in(first)


def test_a_code_that_was_used_opens_nothing_in_a_new_attempt(app, database, elm, issuer):
    linked(database, elm, issuer)
    first, second = Visitor(app), Visitor(app)
    used = issuer.sign_in(first.get("/sign-on").headers["Location"])
    first.get(back_at(used))
    state = issuer.sign_in(second.get("/sign-on").headers["Location"]).partition("&state=")[2]
    code = used.partition("code=")[2].partition("&")[0]
    assert second.get(f"/sign-on/answer?code={code}&state={state}").status_code == 400
    assert not is_signed_in(second)


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=access_denied", "?code=x&state=x&state=y"])
def test_nonsense_is_refused(app, query):
    assert Visitor(app).get(f"/sign-on/answer{query}").status_code == 400


def test_somebody_signed_in_links_their_account_by_a_form(app, database, elm, issuer):
    visitor = Visitor(app, elm)
    assert come_back(visitor, issuer).headers["Location"] == "/account/sign-on"
    with database.reading() as session:
        assert session.scalars(select(Identity)).all() == []
    assert send(visitor, "/account/sign-on").status_code == 303
    assert is_signed_in(visitor)
    with database.reading() as session:
        [identity] = session.scalars(select(Identity))
        assert (identity.person_id, identity.issuer, identity.subject) == (elm.id, issuer.url, "subject-1")
        assert "sign_on_linked" in session.scalars(select(Event.action)).all()
    assert come_back(Visitor(app), issuer).status_code == 302

    assert visitor.post("/account/sign-on/remove").status_code == 303
    assert come_back(Visitor(app), issuer).status_code == 403


def test_an_account_is_linked_to_one_person_only(app, database, elm, issuer):
    linked(database, elm, issuer)
    with app.app_context(), database.begin() as session:
        oak = clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, clinic.practice(session, "Oak Practice"))
    visitor = Visitor(app, oak)
    come_back(visitor, issuer)
    send(visitor, "/account/sign-on")
    assert "linked to somebody else" in visitor.get("/account/second-factor").text


@pytest.mark.parametrize(
    ("how", "asked"), [(None, True), (["pwd"], True), (["pwd", "mfa"], False), (["hwk"], False), (["otp"], False)]
)
def test_a_second_factor_is_asked_for_unless_the_issuer_asked(app, database, elm, issuer, how, asked):
    linked(database, elm, issuer)
    telephone = with_authenticator(app, elm)
    issuer.changes = {"amr": how}
    visitor = Visitor(app)
    answer = come_back(visitor, issuer)
    assert answer.headers["Location"].startswith("/sign-in/code") is asked
    assert is_signed_in(visitor) is not asked
    if asked:
        send(visitor, "/sign-in/code", code=telephone.code())
        assert is_signed_in(visitor)


@pytest.mark.parametrize(("how", "works"), [(["pwd"], False), (["mfa"], True)])
def test_a_coordinator_of_a_real_clinic_needs_one_of_ours_or_of_the_issuer(database_url, issuer, how, works):
    app = production(database_url, oidc_issuer=issuer.url, **SETTINGS)
    database = whole_database(app)
    with app.app_context(), database.begin() as session:
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
    linked(database, coordinator, issuer)
    issuer.changes = {"amr": how}
    visitor = Visitor(app)
    come_back(visitor, issuer)
    assert (visitor.get("/queue/").status_code == 200) is works
    database.engine.dispose()


def test_without_settings_there_is_no_sign_on(database_url):
    app = production(database_url)
    assert "/sign-on" not in Visitor(app).get("/sign-in").text
    for path in ("/sign-on", "/sign-on/answer"):
        assert Visitor(app).get(path).status_code == 404
    app.extensions["database"].engine.dispose()


def test_an_issuer_that_is_away_is_said_to_be_away(app, issuer):
    issuer.stop()
    assert Visitor(app).get("/sign-on").status_code == 503


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({"oidc_issuer": "http://issuer.example"}, {"OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}),
        ({"oidc_issuer": "https://issuer.example"}, {"OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}),
        ({"oidc_client_id": "referrals"}, {"OIDC_ISSUER"}),
        ({"second_factor_key": "short"}, {"SECOND_FACTOR_KEY"}),
        ({}, set()),
    ],
)
def test_settings_that_do_not_fit_together_keep_it_from_starting(given, lacking):
    assert {name for name in missing(Settings(**given)) if name.startswith(("OIDC", "SECOND"))} == lacking
