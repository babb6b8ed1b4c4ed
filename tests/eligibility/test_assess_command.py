"""`flask criteria assess FILE`: the criteria used from outside, without a database."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from referrals.criteria_command import criteria
from tests.eligibility.wrong_files import WRONG

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXAMPLES = HERE / "clinic.yaml"


def assess(*arguments: str | Path, given: bytes | str | None = None) -> Result:
    return CliRunner().invoke(criteria, ["assess", *map(str, arguments)], input=given)


def told(text: str | bytes, *arguments: str) -> Any:
    result = assess("-", *arguments, given=text)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return json.loads(result.stdout)


def test_all_the_examples_of_the_clinic_agree():
    result = assess(EXAMPLES)
    expected = {case["id"]: case["expected"] for case in yaml.safe_load(EXAMPLES.read_text())}
    assert {case["id"]: case["verdicts"] for case in json.loads(result.stdout)} == expected


def test_the_answer_has_the_shape_that_was_agreed():
    (case,) = told("{id: A, as_of: '2026-11-22', vertebrae: [{level: L1, onset_on: 2026-10-01}]}")
    assert list(case)[:5] == ["id", "criteria_set", "as_of", "verdicts", "vertebrae"]
    assert (case["id"], case["criteria_set"], case["as_of"]) == ("A", "clinic", "2026-11-22")
    assert case["verdicts"]["vertebroplasty"] == {"verdict": "more_information"}
    (vertebra,) = case["vertebrae"]
    assert list(vertebra)[:3] == ["level", "vertebroplasty", "kyphoplasty"]
    judged = vertebra["kyphoplasty"]
    assert list(judged) == ["verdict", "criteria", "needed"]
    for finding in judged["criteria"]:
        assert list(finding)[:4] == ["criterion", "holds", "facts", "source"]
        assert finding["holds"] in (True, False, None)
        assert finding["facts"]
        assert finding["source"]
        assert finding["reading"]
    assert judged["needed"][:2] == ["injury", "collapse"]


def test_a_wait_names_its_day_and_dates_are_written_as_dates():
    (case,) = told(next(text for text in _examples() if "SD07" in text))
    kyphoplasty = case["vertebrae"][0]["kyphoplasty"]
    assert list(kyphoplasty) == ["verdict", "from", "criteria", "needed"]
    assert kyphoplasty["from"] == case["verdicts"]["kyphoplasty"]["from"] == "2026-11-23"
    clock = next(each for each in kyphoplasty["criteria"] if "conservative_management_failed" in each["facts"])
    assert clock["facts"]["conservative_management_started_on"] == "2026-10-26"


def _examples() -> list[str]:
    return [yaml.safe_dump(case) for case in yaml.safe_load(EXAMPLES.read_text())]


def test_the_tree_says_in_english_what_holds_and_what_does_not():
    (case,) = told("{patient: {conservative_management_failed: true}, vertebrae: [{tumor_damage: false}]}")
    findings = {each["criterion"]: each for each in case["vertebrae"][0]["kyphoplasty"]["criteria"]}
    tree = findings["tumor_or_failed_management"]["tree"]
    assert (tree["english"], tree["holds"]) == ("any of these", None)
    said = {part["english"]: part["holds"] for part in tree["parts"]}
    assert said == {"the vertebra is damaged by a spinal tumor": False, "all of these": None}


def test_json_and_yaml_say_the_same():
    cases = yaml.safe_load(EXAMPLES.read_text())
    assert told(json.dumps(cases)) == told(EXAMPLES.read_bytes()) == json.loads(assess(EXAMPLES).stdout)


def test_one_case_may_stand_alone():
    assert [case["id"] for case in told('{"id": "alone"}')] == ["alone"]


def test_a_missing_as_of_is_today():
    (case,) = told("{id: A}")
    assert date.fromisoformat(case["as_of"]) == datetime.now(UTC).date()


def test_dates_may_stand_without_quotation_marks_and_flags_as_yes_and_no():
    (case,) = told("{as_of: 2026-11-22, patient: {pregnant: yes}, vertebrae: [{onset_on: 2026-11-22}]}")
    assert case["verdicts"]["vertebroplasty"] == {"verdict": "contraindicated"}


def test_a_mark_at_the_beginning_of_the_file_is_passed_over():
    assert told(b"\xef\xbb\xbfid: A\n")[0]["id"] == "A"


def test_several_vertebrae_may_be_without_a_level():
    (case,) = told("{vertebrae: [{}, {level: null}, {level: L1}]}")
    assert [vertebra["level"] for vertebra in case["vertebrae"]] == [None, None, "L1"]


def test_a_part_of_the_file_may_be_used_twice():
    cases = told("- {id: A, patient: &known {pregnant: true}}\n- {id: B, patient: *known}\n")
    assert [case["verdicts"]["kyphoplasty"]["verdict"] for case in cases] == ["contraindicated"] * 2


def test_expected_why_and_text_are_passed_over_whatever_they_hold():
    (case,) = told("{id: A, expected: [any, thing], why: 3, text: {deep: {er: null}}}")
    assert case["id"] == "A"


def test_a_case_is_judged_by_the_set_that_it_names_and_an_option_goes_before_it():
    names_it = "{criteria_set: safety, vertebrae: [{painful: false}]}"
    assert told(names_it)[0]["criteria_set"] == "safety"
    assert told(names_it, "--set", "clinic")[0]["criteria_set"] == "clinic"
    assert told("{id: A}")[0]["criteria_set"] == "clinic"


def test_the_safety_screen_by_itself_says_who_is_ruled_out():
    (case,) = told("{patient: {active_infection: true}}", "--set", "safety")
    assert case["verdicts"]["kyphoplasty"] == {"verdict": "contraindicated"}
    (case,) = told("{patient: {active_infection: false}}", "--set", "safety")
    assert case["vertebrae"][0]["kyphoplasty"]["needed"] == [
        "coagulopathy",
        "cement_allergy",
        "pregnant",
        "neurological_deficit",
    ]


def test_there_are_many_ways_to_be_wrong():
    assert len(WRONG) >= 40


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_wrong_ends_with_2_and_one_line_that_says_why(name, tmp_path):
    content, says = WRONG[name]
    file = tmp_path / "case"
    file.write_bytes(content)
    refused(assess(file), says)


def refused(result: Result, says: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert says in result.stderr


@pytest.mark.parametrize(("name", "says"), [("missing.yaml", "No such file"), (".", "Is a directory")])
def test_a_file_that_is_not_there_is_said_in_one_line(name, says, tmp_path):
    refused(assess(f"{tmp_path}/{name}"), says)


def test_a_set_that_does_not_exist_is_said_with_those_that_do():
    refused(assess(EXAMPLES, "--set", "klinik"), "--set: one of clinic, safety")


def test_a_file_beyond_all_measure_is_not_read_to_its_end(tmp_path):
    file = tmp_path / "large.json"
    file.write_bytes(b" " * (8 * 1024 * 1024 + 1))
    refused(assess(file), "at most 8 MiB")


def test_an_id_with_line_breaks_does_not_break_the_line():
    refused(assess("-", given=json.dumps({"id": "a\nb\x1b[31m\ud800", "fever": 1})), "a?b?[31m?: no field fever")


def test_nothing_is_printed_of_the_good_cases_before_a_wrong_one():
    refused(assess("-", given="- {id: A}\n- {id: B, patient: {pregnant: 1}}\n"), "B: patient: pregnant: true, false")


def test_the_command_is_one_of_the_applications(tmp_path):
    """As it is written in the README, in a process of its own."""
    outcome = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "criteria", "assess", str(EXAMPLES), "--set", "clinic"],
        cwd=ROOT,
        env={**os.environ, "REFERRALS_MODE": "demonstration", "DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(json.loads(outcome.stdout)) == 24
    assert list(tmp_path.iterdir()) == [], "it needs no database"
