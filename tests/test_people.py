"""Entering people by command: who is entered can sign in, and what does not fit is refused."""

import pytest
from sqlalchemy import select

from referrals.staff import Person, Practice
from tests.visitor import Visitor

LONG = "twelve letters"


def add(app, email="New.Person@example.org", role="coordinator", practice="The Clinic", password=LONG):
    words = ["people", "add", email, "--name", "New Person", "--role", role, "--practice", practice]
    return app.test_cli_runner().invoke(args=[*words, "--password", password])


def test_who_is_entered_can_sign_in_whatever_the_case_of_the_address(app, database):
    assert add(app).exit_code == 0
    assert Visitor(app).sign_in("new.person@EXAMPLE.org", LONG).status_code == 302
    with database.reading() as session:
        assert session.scalars(select(Practice)).one().is_clinic is True


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"password": "short"}, "at least 12"),
        ({"role": "emperor"}, "physician"),
        ({"email": "first@example.org"}, "already"),
        ({"practice": "Elm Practice"}, "belong to the clinic"),
    ],
)
def test_what_does_not_fit_is_refused_and_nobody_is_entered(app, database, fault, said):
    add(app, email="first@example.org", role="physician", practice="Elm Practice")
    refused = add(app, **fault)
    assert refused.exit_code != 0
    assert said in refused.output
    with database.reading() as session:
        assert [person.email for person in session.scalars(select(Person))] == ["first@example.org"]
