"""What the checker advises a person to ask, and to say of a refusal."""

from datetime import timedelta

import pytest

from referrals import advice
from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import assess
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY


def assessed(patient, *vertebrae):
    return assess(in_force("clinic", TODAY), patient, vertebrae or (COLLAPSED,), TODAY)


def test_what_decides_about_a_candidate_is_asked_first_and_a_patient_s_fact_once_for_all_vertebrae():
    patient = {**FRAIL, "active_infection": None}
    needed = advice.still_needed(assessed(patient, COLLAPSED, {**COLLAPSED, "level": "T12", "injury": None}))
    assert [(each.fact, each.level, each.pressing) for each in needed] == [
        ("injury", "T12", True),
        ("active_infection", None, True),
    ]


def test_the_clinic_is_offered_first_what_settles_most_by_itself():
    patient = {**FRAIL, "active_infection": None, "pregnant": None}
    asked = advice.telling_first(assessed(patient, {**COLLAPSED, "cause": None}))
    assert [each.fact for each in asked] == ["active_infection", "pregnant", "cause", "other_fracture_suitable"]


def test_a_second_ground_for_a_refusal_does_not_press():
    patient = {**SAFE, "pregnant": None, "too_frail_for_surgery": False}
    needed = advice.still_needed(assessed(patient, {**COLLAPSED, "injury": "none"}))
    assert [(each.fact, each.pressing) for each in needed] == [("pregnant", False)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"active_infection": True}, "would be a candidate if an active infection is not present."),
        ({"active_infection": None}, "depends on answers still missing: Any active infection"),
        (
            {"conservative_management_started_on": TODAY - timedelta(days=21)},
            "would be a candidate from 29 Nov 2026, if it is still so that conservative management has failed and the "
            "patient is at risk of becoming bedridden.",
        ),
        (
            {"conservative_management_started_on": TODAY - timedelta(days=21), "bedridden_risk": None},
            "would be open again, with answers missing, from 29 Nov 2026, if it is still so that conservative "
            "management has failed.",
        ),
        ({"bedridden_risk": False}, "would be a candidate if the patient is at risk of becoming bedridden."),
        (
            {"active_infection": True, "pregnant": True, "bedridden_risk": False},
            "only once this no longer applies: active infection; pregnancy. Only if this were so: tumor damage, or",
        ),
    ],
)
def test_a_refusal_is_offered_what_would_change_it(changed, words):
    said = advice.what_would_change(assessed({**FRAIL, **changed}))
    kyphoplasty = next(line for line in said.splitlines() if line.startswith("Kyphoplasty, L1: "))
    assert words in kyphoplasty


def test_what_does_not_change_is_said_to_need_a_mistake_in_what_was_told():
    said = advice.what_would_change(assessed(FRAIL, {**COLLAPSED, "injury": "none"}))
    assert "only if what was told is wrong, and imaging shows compression fracture." in said


def test_another_examination_is_offered_for_pain_that_was_not_found():
    said = advice.what_would_change(assessed(FRAIL, {**COLLAPSED, "painful": False}))
    assert said == (
        "Vertebroplasty, L1: would be a candidate if the pain is at this level.\n"
        "Kyphoplasty, L1: would be a candidate if the pain is at this level."
    )


def test_of_a_candidate_the_checker_offers_nothing_to_say_in_a_refusal():
    assert advice.what_would_change(assessed(FRAIL)) == ""
