"""`flask criteria` at an installation: what was adopted there counts, and where nobody can tell, nothing is said."""

import json
from datetime import timedelta

import pytest
import yaml

from referrals import kept_edition
from referrals.criteria_command.sets import AWAY
from tests.clinic import FRAIL, SAFE
from tests.conftest import application
from tests.lasting import put_away
from tests.test_registry import EDITION, LATER, STARTED, stricter

COLLAPSED = {"level": "L1", "injury": "compression_fracture", "collapse": "partial", "painful": True}
CAUSED = {"cause": "osteoporosis", "tumor_damage": False}


@pytest.fixture
def adopted(database):
    """A wait of six weeks in place of four."""
    with database.begin() as session:
        kept_edition.keep(session, stricter(), adopted=True)


@pytest.fixture
def told(tmp_path):
    """Somebody five weeks into conservative management, as a file of cases: on the day before, and on the day."""
    patient = {**FRAIL, **SAFE, "conservative_management_failed": True, "bedridden_risk": True}
    patient[STARTED] = (LATER - timedelta(35)).isoformat()
    days = (LATER - timedelta(1), LATER)
    cases = [
        {"id": n, "as_of": f"{day}", "patient": patient, "vertebrae": [COLLAPSED | CAUSED]}
        for n, day in enumerate(days)
    ]
    file = tmp_path / "cases.yaml"
    file.write_text(yaml.safe_dump(cases))
    return str(file)


def run(app, *arguments):
    """As the command line runs it: within the application."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["criteria", *arguments])


def exported(app, day):
    result = run(app, "export", "clinic", "--format", "json", "--as-of", f"{day}")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_an_adopted_edition_is_exported_from_its_first_day_on(app, adopted):
    names = [exported(app, day)["edition"] for day in (LATER - timedelta(1), LATER)]
    assert names == [EDITION.name, "2"]


def test_cases_are_judged_by_the_edition_that_counts_on_their_day(app, adopted, told):
    judged = json.loads(run(app, "assess", told).output)
    assert [case["verdicts"]["kyphoplasty"]["verdict"] for case in judged] == ["candidate", "not_yet"]


def test_an_adopted_edition_is_compared_with_the_one_before(app, adopted):
    compared = run(app, "prove", "clinic:2", "--against", "clinic:1")
    assert compared.exit_code == 0, compared.output
    assert "every candidate by clinic 2 is one by clinic 1" in compared.output


def test_a_database_that_was_never_filled_has_adopted_nothing(tmp_path):
    never = application(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert exported(never, LATER)["edition"] == EDITION.name
    assert list(tmp_path.iterdir()) == []
    put_away(never)


def test_where_the_database_is_away_nothing_is_said():
    away = application("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    for arguments in (("export", "clinic"), ("prove", "clinic")):
        result = run(away, *arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{AWAY}\n")
    put_away(away)
