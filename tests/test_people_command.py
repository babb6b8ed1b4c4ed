"""Entering people by command: who is entered can sign in, and what does not fit is refused."""

import re

import pytest
from sqlalchemy import select

from referrals.events import Event
from referrals.membership import Standing, standing
from referrals.staff import Person, Practice, RoleName
from tests.visitor import Visitor, hidden

LONG = "nine otters knit at dusk"


def run(app, *words):
    return app.test_cli_runner().invoke(args=["people", *words])


def add(app, email="New.Person@example.org", role="coordinator", practice="The Clinic", password=LONG, *more):
    words = ["add", email, "--name", "New Person", "--role", role, "--practice", practice, *more]
    return run(app, *words, "--password", password)


def create_admin(app, email="alma@clinic.example", practice="The Clinic"):
    return run(app, "create-admin", email, "--name", "Alma", "--practice", practice, "--telephone", "555-0100")


def join(app, printed):
    found = re.search(r"/invitation/\S+", printed)
    assert found, printed
    link = found.group()
    visitor = Visitor(app)
    token = hidden(visitor.get(link).text, "csrf_token")
    return visitor.post(link, csrf_token=token, new_password=LONG, password_again=LONG).status_code


def test_who_is_entered_can_sign_in_whatever_the_case_of_the_address(app, database):
    assert add(app).exit_code == 0
    assert Visitor(app).sign_in("new.person@EXAMPLE.org", LONG).status_code == 302
    with database.reading() as session:
        assert session.scalars(select(Practice)).one().is_clinic is True
        actions = session.scalars(select(Event.action).where(Event.subject.is_not(None)).order_by(Event.id)).all()
        assert actions == ["practice_entered", "person_invited", "person_joined"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"password": "short"}, "at least 12"),
        ({"role": "emperor"}, "physician"),
        ({"email": "first@example.org"}, "already"),
        ({"email": "nowhere"}, "whole email address"),
        ({"practice": "Elm Practice"}, "belong to the clinic"),
    ],
)
def test_what_does_not_fit_is_refused_and_nobody_is_entered(app, database, fault, said):
    add(app, email="first@example.org", role="physician", practice="Elm Practice")
    refused = add(app, **fault)
    assert refused.exit_code != 0
    assert said in refused.output
    assert "Traceback" not in refused.output
    with database.reading() as session:
        assert [person.email for person in session.scalars(select(Person))] == ["first@example.org"]


def test_an_npi_that_is_none_is_refused(app, database):
    refused = add(app, "a@example.org", "physician", "Elm Practice", LONG, "--npi", "1999900017")
    assert "check digit" in refused.output
    with database.reading() as session:
        assert session.scalars(select(Practice)).all() == []


def test_the_first_administrator_is_invited_by_a_printed_link_and_the_practice_is_the_clinic(app, database):
    made = create_admin(app)
    assert made.exit_code == 0, made.output
    with database.reading() as session:
        person = session.scalars(select(Person)).one()
        assert person.role_names == {RoleName.ADMINISTRATOR}
        assert person.practice.is_clinic
        assert standing(person) is Standing.INVITED
    assert join(app, made.output) == 303
    alma = Visitor(app)
    assert alma.sign_in("alma@clinic.example", LONG).status_code == 302
    assert alma.get("/administration/people").status_code == 200


def test_run_again_it_prints_the_link_again_until_it_was_used(app):
    first, second = create_admin(app), create_admin(app)
    assert first.output == second.output
    assert join(app, second.output) == 303
    assert "already" in create_admin(app).output


def test_there_is_one_clinic(app, database):
    create_admin(app)
    refused = add(app, practice="Another Clinic")
    assert refused.exit_code != 0
    assert "there is only one" in refused.output


def test_who_cannot_get_in_any_more_gets_a_new_link(app):
    add(app, role="administrator", practice="Elm Practice")
    printed = run(app, "reset", "New.Person@example.org").output
    assert Visitor(app).sign_in("new.person@example.org", LONG).status_code == 422
    assert join(app, printed) == 303
    assert "Nobody signs in as" in run(app, "reset", "nobody@example.org").output
