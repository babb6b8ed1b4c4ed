"""`flask criteria export`: an edition for other programs and for people; those in force stay as they are."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from referrals.criteria_command import criteria
from referrals.eligibility.criteria import SETS, in_force
from referrals.eligibility.edition import CriteriaSet
from referrals.eligibility.edition_notation import edition_from_json, edition_to_json
from referrals.eligibility.exported import FORMS
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.markdown import markdown
from referrals.eligibility.plain_text import plain_text
from tests.eligibility.frozen import EDITIONS, FOLDER, file_of, written
from tests.eligibility.pictures import TODAY, made_up

ROOT = Path(__file__).parent.parent.parent


def export(*arguments: str) -> Result:
    return CliRunner().invoke(criteria, ["export", *arguments])


def exported(*arguments: str) -> str:
    result = export(*arguments)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout


def refused(result: Result, says: str) -> None:
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{says}\n")


@pytest.mark.parametrize("written_as", FORMS)
@pytest.mark.parametrize(("criteria_set", "edition"), EDITIONS, ids=lambda each: each.name)
def test_an_edition_in_force_says_what_it_said_when_it_came_into_force(criteria_set, edition, written_as):
    file = file_of(edition, written_as)
    if not file.exists():
        pytest.fail(
            f"{file.name} is missing: an edition is frozen in tests/eligibility/golden when it comes into force. "
            "Read what it says, then: python -m tests.eligibility.frozen",
            pytrace=False,
        )
    if file.read_bytes() != written(criteria_set, edition, written_as):
        pytest.fail(
            f"{file.name} reads differently now. An edition in force is never edited, nor is its file: make a new "
            "edition, in force from a day to come, and leave this one as it was.",
            pytrace=False,
        )


def test_no_file_is_left_of_an_edition_that_is_gone():
    assert {file.name for file in FOLDER.iterdir()} == {
        file_of(edition, written_as).name for _, edition in EDITIONS for written_as in FORMS
    }


@pytest.mark.parametrize("written_as", FORMS)
def test_the_command_prints_the_edition_in_force(written_as):
    then, now = (in_force("clinic", day) for day in (TODAY, datetime.now(UTC).date()))
    asked = ("clinic", "--format", written_as)
    assert exported(*asked, "--as-of", TODAY.isoformat()) == file_of(then, written_as).read_text(encoding="utf-8")
    assert exported(*asked) == file_of(now, written_as).read_text(encoding="utf-8")


def test_without_a_format_it_is_plain_english():
    assert exported("safety") == exported("safety", "--format", "english")


def test_the_day_chooses_the_edition(monkeypatch):
    first, second = (made_up(inclusion=(rule,)) for rule in (Yes("painful"), Yes("marrow_edema")))
    dated = [
        edition_from_json({**edition_to_json(edition), "edition": name, "in_force_from": day})
        for edition, name, day in ((first, "1", "2026-03-01"), (second, "2", "2026-09-01"))
    ]
    made = CriteriaSet(name="made-up", title="Made up", about="", editions=tuple(dated))
    monkeypatch.setattr("referrals.criteria_command.sets.SETS", {"made-up": made})
    for day, name in (("2026-08-31", "1"), ("2026-09-01", "2")):
        printed = json.loads(exported("made-up", "--format", "json", "--as-of", day))
        assert printed["edition"] == name


@pytest.mark.parametrize("set_name", SETS)
def test_the_json_is_the_whole_edition(set_name):
    edition = in_force(set_name, TODAY)
    printed = json.loads(exported(set_name, "--format", "json", "--as-of", TODAY.isoformat()))
    assert printed == edition_to_json(edition)
    assert edition_from_json(printed).digest == edition.digest


def test_what_does_not_exist_is_said_with_what_does():
    sets = ", ".join(SETS)
    refused(export("klinik", "--format", "cql"), f"SET: one of {sets}")
    refused(export("clinic", "--format", "xml"), "--format: one of cql, json, english, markdown")
    for day in ("tomorrow", "2026-02-30", "20261122", ""):
        refused(export("clinic", "--as-of", day), "--as-of: a calendar date YYYY-MM-DD")


@pytest.mark.parametrize("write", [plain_text, markdown])
@pytest.mark.parametrize(("criteria_set", "edition"), EDITIONS, ids=lambda each: each.name)
def test_in_words_nothing_is_left_out(criteria_set, edition, write):
    text = " ".join(write(criteria_set, edition).split())
    for each in edition.criteria:
        for words in (each.title, each.reading, str(each.source)):
            assert " ".join(words.split()) in text
    for note in edition.notes:
        assert note.words in text
    assert edition.provisional in text


def test_a_provisional_edition_says_so_before_anything_else():
    edition = edition_from_json({**edition_to_json(made_up(inclusion=(Yes("painful"),))), "provisional": "Not yet."})
    made = CriteriaSet(name="made-up", title="Made up", about="About it.", editions=(edition,))
    assert "Provisional: Not yet." in plain_text(made, edition).partition("About it.")[0]
    assert "**Provisional.** Not yet." in markdown(made, edition).partition("About it.")[0]


def test_no_word_of_an_edition_becomes_markup():
    edition = made_up(inclusion=(~Within("onset_on", None, 84),))
    said = edition_to_json(edition)
    said["criteria"][0]["title"] = "# <b>*not* bold_ly</b> [x](y)\n- line"
    assert r"**\# \<b\>\*not\* bold\_ly\</b\> \[x\](y) - line**" in markdown(SETS["clinic"], edition_from_json(said))


def test_the_command_needs_no_database(tmp_path):
    export = ["criteria", "export", "clinic", "--format", "cql", "--as-of", "2026-11-22"]
    outcome = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *export],
        cwd=ROOT,
        env={**os.environ, "REFERRALS_MODE": "demonstration", "DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite'}"},
        capture_output=True,
        check=True,
    )
    assert outcome.stdout == (FOLDER / "clinic-1.cql").read_bytes()
    assert list(tmp_path.iterdir()) == []
