"""Who gets in where: nothing is open that was not opened on purpose, and a neighbor's referral does not exist."""

from urllib.parse import urlsplit

import pytest
from flask import Flask

from referrals.staff import Person, RoleName
from referrals.web import policy
from referrals.web.policy import UndeclaredRoute
from tests import clinic
from tests.visitor import Visitor, address


@pytest.fixture
def town(app, database):
    """Two practices and the clinic, a person of each kind, and a referral of the first practice."""
    with app.app_context(), database.begin() as session:
        elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "elm": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "oak": clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, oak),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
            "administrator": clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital),
        }
        referral = clinic.refer(session, people["elm"])
    return {name: Visitor(app, person) for name, person in people.items()}, referral


def routes(app):
    """Every route that asks for a permission, with an address for a referral's id."""
    for rule in app.url_map.iter_rules():
        permission = policy.permission_of(app, rule.endpoint)
        if permission:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method, permission


def test_every_route_declares_a_policy(app):
    policy.check_every_route(app)
    assert len(list(routes(app))) > 15


def test_a_route_without_a_policy_keeps_the_service_from_starting():
    app = Flask("forgetful")
    app.add_url_rule("/everything", "everything", lambda: "all patients")
    with pytest.raises(UndeclaredRoute, match="everything"):
        policy.check_every_route(app)


def test_nobody_who_has_not_signed_in_gets_past_a_door(app, town):
    _, referral = town
    stranger = Visitor(app)
    for rule, method, _ in routes(app):
        answer = stranger.client.open(address(rule, referral.public_id), method=method)
        assert answer.status_code in (302, 400, 401), (rule, method, answer.status_code)
        assert "Sample" not in answer.text


def test_a_person_who_was_deactivated_is_out_at_once(app, database, town):
    visitors, referral = town
    with database.begin() as session:
        session.get(Person, referral.requester_id).active = False
    assert visitors["elm"].get("/referrals").status_code == 302


def test_signing_in_takes_the_right_password_only(app, town):
    assert Visitor(app).sign_in("elm.physician@example.org").status_code == 302
    wrong = Visitor(app).sign_in("elm.physician@example.org", "not the password")
    unknown = Visitor(app).sign_in("nobody@example.org", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert "elm.physician@example.org" in wrong.text


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_on_to_a_page_of_ours_and_never_elsewhere(app, town, elsewhere):
    answer = Visitor(app).sign_in("elm.physician@example.org", next=elsewhere)
    led_to = urlsplit(answer.headers.get("Location", "/"))
    assert (led_to.scheme, led_to.netloc) == ("", "")
    assert led_to.path.startswith("/")
    assert not led_to.path.startswith(("//", "/\\"))


def test_a_form_without_its_token_is_refused_and_what_was_typed_is_shown(town):
    visitors, referral = town
    visitors["coordinator"].csrf_token = ""
    answer = visitors["coordinator"].post(f"/referrals/{referral.public_id}/decline", comment="kept words")
    assert answer.status_code == 400
    assert "kept words" in answer.text


def test_pages_with_patients_are_not_kept_by_the_browser(town):
    visitors, referral = town
    answer = visitors["elm"].get(f"/referrals/{referral.public_id}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
