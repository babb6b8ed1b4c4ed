"""What stands around every page: headers, tokens, hosts, and forms that come from elsewhere."""

from http import HTTPStatus

import pytest
from flask import render_template_string, request
from sqlalchemy import select

from config import PRODUCTION, Settings
from referrals import create_app
from referrals.staff import Person, RoleName
from referrals.user_session import UserSession
from tests import clinic
from tests.visitor import Visitor, address

OURS = "https://referrals.example.org"
SECRET = "a secret of this test alone: 0123456789 abcdefghij"


@pytest.fixture
def coordinator(app, database):
    with app.app_context(), database.begin() as session:
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        person = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
    return Visitor(app, person)


@pytest.fixture
def everybody(app, database):
    """Somebody of every role: whatever a route asks for, one of them has it."""
    with app.app_context(), database.begin() as session:
        hospital = clinic.practice(session, "Big Clinic", is_clinic=True)
        people = [clinic.person(session, f"Test {role.name}", role, hospital) for role in RoleName]
    return [Visitor(app, person) for person in people]


def in_production(database_url):
    settings = Settings(mode=PRODUCTION, secret_key=SECRET, database_url=database_url, public_url=OURS)
    return create_app(settings).test_client()


def unsafe_routes(app):
    for rule in app.url_map.iter_rules():
        for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            yield address(rule), method


def test_no_unsafe_route_takes_a_form_without_a_token(app, everybody):
    routes = list(unsafe_routes(app))
    assert len(routes) > 10
    for path, method in routes:
        answers = [person.client.open(path, method=method, data={"comment": "forged"}) for person in everybody]
        said = {answer.status_code for answer in answers}
        assert HTTPStatus.BAD_REQUEST in said, (method, path, said)
        assert said <= {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}, (method, path, said)


def test_no_unsafe_route_takes_a_form_from_another_site_even_with_a_token(app, coordinator):
    for path, method in unsafe_routes(app):
        for site in ("cross-site", "same-site"):
            answer = coordinator.client.open(
                path, method=method, data={"csrf_token": coordinator.csrf_token}, headers={"Sec-Fetch-Site": site}
            )
            assert answer.status_code == HTTPStatus.BAD_REQUEST, (method, path, site)
            assert "another site" in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/queue/", "/criteria", "/no/such/page", "/static/page.css"])
def test_every_answer_says_what_a_browser_may_do_with_it(coordinator, path):
    answer = coordinator.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert (answer.headers["Cache-Control"] == "no-store") is not path.startswith("/static")


def test_signing_out_leaves_nothing_in_the_browser(coordinator):
    answer = coordinator.post("/sign-out")
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert "Clear-Site-Data" not in coordinator.get("/sign-in").headers


def test_signing_out_everywhere_or_of_this_browser_leaves_no_page_in_it_and_still_says_so(app, database, coordinator):
    answer = coordinator.post("/account/sessions/end")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "You are signed out everywhere." in coordinator.get(answer.headers["Location"]).text


def test_ending_another_session_leaves_this_browser_as_it_is(app, database, coordinator):
    with database.reading() as session:
        person = session.scalars(select(Person).where(Person.name == "Test Coordinator")).one()
    other = Visitor(app, person)
    with database.reading() as session:
        mine, theirs = session.scalars(select(UserSession.public_id).order_by(UserSession.id)).all()
    assert "Clear-Site-Data" not in coordinator.post(f"/account/sessions/{theirs}/end").headers
    assert other.get("/criteria").status_code == HTTPStatus.FOUND
    assert coordinator.post(f"/account/sessions/{mine}/end").headers["Clear-Site-Data"]


def test_production_answers_by_tls_and_under_its_own_name_only(database_url):
    client = in_production(database_url)
    ours = client.get("/criteria", base_url=OURS)
    assert ours.status_code == HTTPStatus.FOUND
    assert "max-age" in ours.headers["Strict-Transport-Security"]
    for host in ("evil.example", "referrals.example.org.evil.example", "127.0.0.1"):
        theirs = client.get("/sign-in", base_url=f"https://{host}")
        assert theirs.status_code == HTTPStatus.BAD_REQUEST, host
        assert host not in theirs.text


def test_a_demonstration_promises_no_tls(coordinator):
    assert "Strict-Transport-Security" not in coordinator.get("/criteria").headers


@pytest.mark.parametrize("name", ["page.html", "page.txt", "page", "page.svg"])
def test_every_template_escapes_what_people_typed(app, name):
    with app.test_request_context():
        template = app.jinja_env.from_string("{{ typed }}")
        template.name = name
        assert "<script>" not in template.render(typed="<script>")
        assert app.jinja_env.autoescape is True
        assert "<b>" not in render_template_string("{{ typed }}", typed="<b>")


@pytest.mark.parametrize(("proxies", "seen"), [(0, "10.0.0.1"), (1, "203.0.113.9")])
def test_the_address_of_who_asks_is_believed_only_of_the_proxies_that_there_are(database_url, proxies, seen):
    settings = Settings(mode=PRODUCTION, secret_key=SECRET, database_url=database_url, public_url=OURS, proxies=proxies)
    app, addresses = create_app(settings), []
    app.before_request(lambda: addresses.append(request.remote_addr))
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    app.test_client().get("/sign-in", base_url=OURS, headers=forwarded, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    assert addresses == [seen]
