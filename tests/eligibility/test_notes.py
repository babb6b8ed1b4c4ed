"""Notes stand beside a verdict and change none."""

import pytest

from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import as_json, assess
from tests.eligibility.pictures import FRAIL, TODAY, days_ago


def notes(**changed):
    (vertebra,) = as_json(assess(in_force("clinic", TODAY), {}, [{**FRAIL, **changed}], TODAY))["vertebrae"]
    return {note["note"] for note in vertebra["notes"]}


@pytest.mark.parametrize(("days", "borderline"), [(27, False), (28, True), (42, True), (43, False)])
def test_the_band_of_28_to_42_days_is_noted_as_borderline(days, borderline):
    assert ("borderline_band" in notes(conservative_management_started_on=days_ago(days))) is borderline


@pytest.mark.parametrize("clock", ["conservative_management_started_on", "onset_on"])
@pytest.mark.parametrize(("days", "late"), [(42, False), (43, True), (400, True)])
def test_after_six_weeks_it_is_noted_that_alignment_is_restored_less_well(clock, days, late):
    assert ("late_for_alignment" in notes(**{clock: days_ago(days)})) is late


@pytest.mark.parametrize(("disorder", "noted"), [("correctable", True), ("none", False), (None, False)])
def test_a_disorder_that_can_be_corrected_is_noted_for_the_day_of_the_procedure(disorder, noted):
    assert ("correct_coagulation" in notes(coagulopathy=disorder)) is noted


def test_what_is_not_known_is_no_reason_for_a_note():
    assert notes(conservative_management_started_on=None, coagulopathy=None, onset_on=None) == set()
