"""Both sides of every limit of the clinic's criteria, worked by hand."""

from datetime import date

import pytest

from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, NOT_INDICATED, NOT_YET, Verdict
from tests.eligibility.pictures import FRAIL as A_FRAIL_PATIENT
from tests.eligibility.pictures import KYPHOPLASTY, TODAY, VERTEBROPLASTY, days_ago, judged, kind, verdict


def test_27_days_of_conservative_management_are_not_yet_four_weeks():
    started = date(2026, 10, 26)
    assert verdict(KYPHOPLASTY, conservative_management_started_on=started) == Verdict(NOT_YET, date(2026, 11, 23))


def test_28_days_of_conservative_management_are_four_weeks():
    assert kind(KYPHOPLASTY, conservative_management_started_on=date(2026, 10, 25)) == CANDIDATE


@pytest.mark.parametrize("days", [29, 41, 42, 43, 365, 3650])
def test_there_is_no_upper_limit_to_conservative_management(days):
    assert kind(KYPHOPLASTY, conservative_management_started_on=days_ago(days)) == CANDIDATE


def test_28_days_after_1_march_is_29_march():
    started = {**A_FRAIL_PATIENT, "conservative_management_started_on": date(2026, 3, 1)}
    the_day_before = judged(started, as_of=date(2026, 3, 28)).judgements[KYPHOPLASTY]
    on_the_day = judged(started, as_of=date(2026, 3, 29)).judgements[KYPHOPLASTY]
    assert the_day_before.verdict == Verdict(NOT_YET, date(2026, 3, 29))
    assert on_the_day.verdict.kind == CANDIDATE


def test_the_four_weeks_run_over_a_leap_day_and_over_new_year():
    leap = {**A_FRAIL_PATIENT, "conservative_management_started_on": date(2028, 2, 10)}
    assert judged(leap, as_of=date(2028, 2, 20)).judgements[KYPHOPLASTY].verdict.starts_on == date(2028, 3, 9)
    new_year = {**A_FRAIL_PATIENT, "conservative_management_started_on": date(2026, 12, 20)}
    assert judged(new_year, as_of=date(2026, 12, 24)).judgements[KYPHOPLASTY].verdict.starts_on == date(2027, 1, 17)


def test_management_that_began_today_starts_the_clock_today():
    assert verdict(KYPHOPLASTY, conservative_management_started_on=TODAY) == Verdict(NOT_YET, date(2026, 12, 20))


@pytest.mark.parametrize(
    ("injury", "expected"),
    [
        ("compression_fracture", CANDIDATE),
        ("tumor_lesion", CANDIDATE),
        ("other_fracture", CANDIDATE),
        ("none", NOT_INDICATED),
        (None, MORE_INFORMATION),
    ],
)
def test_vertebroplasty_asks_for_any_injury(injury, expected):
    assert kind(VERTEBROPLASTY, injury=injury) == expected


@pytest.mark.parametrize(
    ("injury", "expected"),
    [
        ("compression_fracture", CANDIDATE),
        ("tumor_lesion", NOT_INDICATED),
        ("other_fracture", NOT_INDICATED),
        ("none", NOT_INDICATED),
        (None, MORE_INFORMATION),
    ],
)
def test_kyphoplasty_asks_for_a_compression_fracture(injury, expected):
    assert kind(KYPHOPLASTY, injury=injury) == expected


@pytest.mark.parametrize(
    ("collapse", "expected"),
    [("none", NOT_INDICATED), ("partial", CANDIDATE), ("complete", CANDIDATE), (None, MORE_INFORMATION)],
)
def test_kyphoplasty_asks_for_collapse_and_vertebroplasty_does_not(collapse, expected):
    assert kind(KYPHOPLASTY, collapse=collapse) == expected
    assert kind(VERTEBROPLASTY, collapse=collapse) == CANDIDATE


@pytest.mark.parametrize("cause", ["osteoporosis", "cancer"])
@pytest.mark.parametrize("suitable", [True, False, None])
def test_osteoporosis_and_cancer_need_no_judgement_of_the_kind_of_fracture(cause, suitable):
    assert kind(KYPHOPLASTY, cause=cause, other_fracture_suitable=suitable) == CANDIDATE


@pytest.mark.parametrize("cause", ["benign_tumor", "trauma", "other"])
@pytest.mark.parametrize(
    ("suitable", "expected"), [(True, CANDIDATE), (False, NOT_INDICATED), (None, MORE_INFORMATION)]
)
def test_another_fracture_is_suitable_when_an_interventional_radiologist_says_so(cause, suitable, expected):
    assert kind(KYPHOPLASTY, cause=cause, other_fracture_suitable=suitable) == expected


def test_an_unknown_cause_stays_unknown_even_when_the_fracture_is_judged_suitable():
    assert kind(KYPHOPLASTY, cause=None, other_fracture_suitable=True) == MORE_INFORMATION


@pytest.mark.parametrize("reason", ["too_frail_for_surgery", "too_weak", "tumor_damage"])
def test_one_of_frailty_weakness_and_tumor_opens_vertebroplasty(reason):
    none = dict.fromkeys(("too_frail_for_surgery", "too_weak", "tumor_damage"), False)
    assert kind(VERTEBROPLASTY, **none) == NOT_INDICATED
    assert kind(VERTEBROPLASTY, **{**none, reason: None}) == MORE_INFORMATION
    assert kind(VERTEBROPLASTY, **{**none, reason: True}) == CANDIDATE


def test_frailty_alone_does_not_open_kyphoplasty():
    assert kind(KYPHOPLASTY, too_frail_for_surgery=True, conservative_management_failed=False) == NOT_INDICATED


def test_neither_osteoporosis_nor_a_frailty_score_makes_a_patient_frail_or_a_vertebra_weak():
    unsaid = {"too_frail_for_surgery": None, "too_weak": None, "clinical_frailty_scale": 9}
    assert kind(VERTEBROPLASTY, cause="osteoporosis", **unsaid) == MORE_INFORMATION


@pytest.mark.parametrize("lacking", ["conservative_management_failed", "bedridden_risk"])
def test_four_weeks_alone_do_not_open_kyphoplasty(lacking):
    assert kind(KYPHOPLASTY, **{lacking: False}) == NOT_INDICATED
    assert kind(KYPHOPLASTY, **{lacking: None}) == MORE_INFORMATION


@pytest.mark.parametrize("days", [0, 27, 28, None])
def test_a_tumor_skips_the_wait(days):
    started = None if days is None else days_ago(days)
    tumor = {"tumor_damage": True, "conservative_management_failed": False, "bedridden_risk": False}
    assert kind(KYPHOPLASTY, conservative_management_started_on=started, **tumor) == CANDIDATE


def test_cancer_in_the_history_does_not_make_a_fracture_a_tumor():
    assert kind(KYPHOPLASTY, cause="cancer", conservative_management_failed=False) == NOT_INDICATED


def test_a_tumor_without_collapse_opens_vertebroplasty_only():
    lesion = {"injury": "tumor_lesion", "collapse": "none", "tumor_damage": True, "cause": "cancer"}
    assert (kind(VERTEBROPLASTY, **lesion), kind(KYPHOPLASTY, **lesion)) == (CANDIDATE, NOT_INDICATED)


@pytest.mark.parametrize("procedure", [VERTEBROPLASTY, KYPHOPLASTY])
def test_the_pain_must_be_at_this_level(procedure):
    assert kind(procedure, painful=False) == NOT_INDICATED
    assert kind(procedure, painful=None) == MORE_INFORMATION


@pytest.mark.parametrize("procedure", [VERTEBROPLASTY, KYPHOPLASTY])
@pytest.mark.parametrize("danger", ["active_infection", "cement_allergy", "pregnant", "neurological_deficit"])
def test_one_yes_in_the_safety_screen_rules_out_and_one_unknown_holds_up(procedure, danger):
    assert kind(procedure, **{danger: True}) == CONTRAINDICATED
    assert kind(procedure, **{danger: None}) == MORE_INFORMATION
    assert kind(procedure, **{danger: False}) == CANDIDATE


@pytest.mark.parametrize("procedure", [VERTEBROPLASTY, KYPHOPLASTY])
def test_only_a_bleeding_disorder_that_cannot_be_corrected_rules_out(procedure):
    assert kind(procedure, coagulopathy="uncorrectable") == CONTRAINDICATED
    assert kind(procedure, coagulopathy="correctable") == CANDIDATE
    assert kind(procedure, coagulopathy="none") == CANDIDATE
    assert kind(procedure, coagulopathy=None) == MORE_INFORMATION
