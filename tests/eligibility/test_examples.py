"""The worked examples of the clinic and the payer, as a clinician wrote them: every one agrees."""

from pathlib import Path

import pytest
import yaml

from referrals.criteria_command.cases import Case, read_cases
from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import as_json, assess
from referrals.eligibility.facts import BY_NAME
from tests.eligibility.pictures import TODAY

HERE = Path(__file__).parent
FILES = (HERE / "clinic.yaml", HERE / "medicare-lcd.yaml", HERE / "every_fact.yaml")
EXPECTED = {case["id"]: case["expected"] for file in FILES for case in yaml.safe_load(file.read_text())}
CASES = [case for file in FILES for case in read_cases(file.read_text(), TODAY)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.id))
def test_the_verdicts_are_those_that_a_clinician_expects(case: Case):
    edition = in_force(case.criteria_set or "clinic", case.as_of)
    said = as_json(assess(edition, case.patient, case.vertebrae, case.as_of))
    assert said["verdicts"] == EXPECTED[case.id]


def test_there_are_all_the_examples_of_the_clinic_and_of_the_payer():
    assert [len(yaml.safe_load(file.read_text())) for file in FILES[:2]] == [24, 7]


def test_every_fact_of_the_vocabulary_is_known_in_some_example():
    told = {name for case in CASES for facts in (case.patient, *case.vertebrae) for name in facts}
    assert told == set(BY_NAME)
