"""The payer's criteria, provisional: both sides of every limit, and one unknown for every fact, worked by hand."""

from typing import Any

import pytest
from hypothesis import given

from referrals.eligibility.criteria import in_force
from referrals.eligibility.facts import BY_NAME, LEVELS
from referrals.eligibility.language import AtLeast, Node, OneOf, Within, Yes, facts_of
from referrals.eligibility.truth import truth
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    MORE_INFORMATION,
    NOT_INDICATED,
    PROCEDURES,
    Verdict,
)
from tests.eligibility.anything import half_known
from tests.eligibility.pictures import TODAY, days_ago, judged

LCD = in_force("medicare-lcd", TODAY)
CRITERIA = LCD.procedures["kyphoplasty"]
READ = sorted({name for _, each in CRITERIA.parts() for name in facts_of(each.rule)})

OUTPATIENT = {
    "level": "L1",
    "painful": True,
    "cause": "osteoporosis",
    "onset_on": days_ago(33),
    "marrow_edema": True,
    "tumor_damage": False,
    "intractable_cancer_pain": False,
    "setting": "outpatient",
    "pain_score": 7,
    "pain_trend": "worsening",
    "nonsurgical_management_optimal": True,
    "active_infection": False,
    "pregnant": False,
    "bone_density_referral": True,
    "osteoporosis_program": True,
    "levels_to_treat": 1,
    "contrast_allergy": False,
    "cement_allergy": False,
    "coagulopathy": "none",
    "spinal_instability": False,
    "neurological_deficit": False,
    "retropulsion": False,
}
"""An osteoporotic fracture that gets worse at home: covered."""
STABLE = {
    **OUTPATIENT,
    "pain_trend": "stable",
    "height_loss_progressing": False,
    "height_loss": 26,
    "kyphotic_deformity": True,
    "disability_rdq": 17,
}
"""Pain that does not change, with two of the four findings: covered."""
INPATIENT = {**OUTPATIENT, "setting": "inpatient", "pain_score": 8, "nonsurgical_management_optimal": None}
MALIGNANT = {
    **OUTPATIENT,
    "cause": "cancer",
    "tumor_damage": True,
    "intractable_cancer_pain": True,
    "onset_on": days_ago(400),
    "marrow_edema": False,
    "pain_score": 2,
    "bone_density_referral": False,
    "osteoporosis_program": None,
}
"""A vertebra destroyed by cancer: covered, whatever else an osteoporotic fracture is asked."""
ADDRESSED = {**OUTPATIENT, "cement_allergy": True, "relative_contraindications_addressed": True}
DISABLED = {
    **STABLE,
    "height_loss": 25,
    "kyphotic_deformity": False,
    "height_loss_progressing": True,
    "disability_rdq": 18,
}
COVERED = (OUTPATIENT, STABLE, DISABLED, INPATIENT, MALIGNANT, ADDRESSED)
RISKY: dict[str, Any] = {
    "levels_to_treat": 4,
    "contrast_allergy": True,
    "cement_allergy": True,
    "coagulopathy": "correctable",
    "spinal_instability": True,
    "neurological_deficit": True,
    "retropulsion": True,
}


def kind(facts: dict[str, Any], **changed: Any) -> str:
    """The verdict, which is the same for both procedures."""
    judgements = judged({**facts, **changed}, LCD).judgements
    (said,) = {judgements[procedure].verdict.kind for procedure in PROCEDURES}
    return said


@pytest.mark.parametrize("facts", COVERED)
def test_the_ways_to_be_covered(facts):
    assert kind(facts) == CANDIDATE


@pytest.mark.parametrize(("days", "expected"), [(0, CANDIDATE), (83, CANDIDATE), (84, CANDIDATE), (85, NOT_INDICATED)])
def test_the_window_is_open_through_the_84th_day(days, expected):
    assert kind(OUTPATIENT, onset_on=days_ago(days)) == expected


def test_a_window_that_has_closed_does_not_open_by_waiting():
    for procedure in PROCEDURES:
        said = judged({**OUTPATIENT, "onset_on": days_ago(85)}, LCD).judgements[procedure]
        assert said.verdict == Verdict(NOT_INDICATED)


@pytest.mark.parametrize(("score", "expected"), [(4, NOT_INDICATED), (5, CANDIDATE), (10, CANDIDATE)])
@pytest.mark.parametrize("setting", ["outpatient", "emergency", "nursing_home"])
def test_out_of_hospital_pain_of_5_is_enough(setting, score, expected):
    assert kind(OUTPATIENT, setting=setting, pain_score=score) == expected


@pytest.mark.parametrize(("score", "expected"), [(5, NOT_INDICATED), (7, NOT_INDICATED), (8, CANDIDATE)])
def test_an_inpatient_has_pain_of_8_and_is_asked_nothing_else_of_it(score, expected):
    assert kind(INPATIENT, pain_score=score) == expected
    assert kind(INPATIENT, pain_score=score, pain_trend="improving", nonsurgical_management_optimal=False) == expected


def test_an_unknown_setting_is_neither_in_hospital_nor_out_of_it():
    assert kind(OUTPATIENT, setting=None) == MORE_INFORMATION
    assert kind(OUTPATIENT, setting=None, pain_score=4) == NOT_INDICATED
    assert "setting" in judged({**OUTPATIENT, "setting": None}, LCD).judgements["kyphoplasty"].needed


@pytest.mark.parametrize(("loss", "expected"), [(25, NOT_INDICATED), (25.1, CANDIDATE), (26, CANDIDATE)])
def test_height_lost_counts_above_25_percent(loss, expected):
    assert kind(STABLE, height_loss=loss) == expected


@pytest.mark.parametrize(("score", "expected"), [(17, NOT_INDICATED), (18, CANDIDATE)])
def test_disability_counts_above_17(score, expected):
    assert kind(STABLE, height_loss=20, disability_rdq=score) == expected


FOUR = {
    "height_loss_progressing": (True, False),
    "height_loss": (30, 20),
    "kyphotic_deformity": (True, False),
    "disability_rdq": (20, 3),
}


@pytest.mark.parametrize("present", range(16))
def test_two_of_the_four_findings_are_enough_where_pain_does_not_get_worse(present):
    flags = [bool(present & 1 << place) for place in range(4)]
    facts = {name: values[not flag] for (name, values), flag in zip(FOUR.items(), flags, strict=True)}
    assert kind(STABLE, **facts) == (CANDIDATE if sum(flags) >= 2 else NOT_INDICATED)
    assert kind(STABLE, pain_trend="worsening", **facts) == CANDIDATE


def test_of_three_findings_unknown_two_may_still_be_there():
    unknown = dict.fromkeys(("height_loss", "height_loss_progressing", "disability_rdq"))
    assert kind(STABLE, **unknown) == MORE_INFORMATION
    assert kind(STABLE, **{**unknown, "kyphotic_deformity": False, "height_loss": 10}) == MORE_INFORMATION
    nearly_all = {"kyphotic_deformity": False, "height_loss": 10, "height_loss_progressing": False}
    assert kind(STABLE, disability_rdq=None, **nearly_all) == NOT_INDICATED


@pytest.mark.parametrize(
    ("level", "expected"),
    [("C7", NOT_INDICATED), ("T1", CANDIDATE), ("L5", CANDIDATE), ("S1", NOT_INDICATED), (None, MORE_INFORMATION)],
)
def test_the_levels_are_t1_to_l5(level, expected):
    assert kind(OUTPATIENT, level=level) == expected


@pytest.mark.parametrize("cause", ["trauma", "benign_tumor", "other"])
def test_another_cause_is_not_covered(cause):
    assert kind(OUTPATIENT, cause=cause) == NOT_INDICATED
    assert kind(MALIGNANT, cause=cause) == NOT_INDICATED


@pytest.mark.parametrize("lacking", ["tumor_damage", "intractable_cancer_pain"])
def test_cancer_alone_is_not_malignant(lacking):
    assert kind(MALIGNANT, **{lacking: False}) == NOT_INDICATED
    assert kind(MALIGNANT, **{lacking: None}) == MORE_INFORMATION


def test_tumor_damage_of_an_osteoporotic_fracture_waives_nothing():
    both = {"tumor_damage": True, "intractable_cancer_pain": True}
    assert kind(OUTPATIENT, **both) == CANDIDATE
    assert kind(OUTPATIENT, onset_on=days_ago(85), **both) == NOT_INDICATED
    assert kind(OUTPATIENT, osteoporosis_program=False, **both) == MORE_INFORMATION


@pytest.mark.parametrize("danger", ["active_infection", "pregnant"])
@pytest.mark.parametrize("facts", COVERED)
def test_infection_and_pregnancy_rule_out_and_unknown_they_hold_up(facts, danger):
    assert kind(facts, **{danger: True}) == CONTRAINDICATED
    assert kind(facts, **{danger: None}) == MORE_INFORMATION


@pytest.mark.parametrize("missing", ["bone_density_referral", "osteoporosis_program"])
@pytest.mark.parametrize("answer", [False, None])
def test_bone_health_holds_up_and_never_refuses(missing, answer):
    assert kind(OUTPATIENT, **{missing: answer}) == MORE_INFORMATION


@pytest.mark.parametrize(("levels", "expected"), [(3, CANDIDATE), (4, MORE_INFORMATION)])
def test_more_than_three_levels_in_one_session_are_dealt_with_in_the_record(levels, expected):
    assert kind(OUTPATIENT, levels_to_treat=levels) == expected
    assert kind(OUTPATIENT, levels_to_treat=levels, relative_contraindications_addressed=True) == CANDIDATE


@pytest.mark.parametrize("risk", RISKY)
def test_a_relative_contraindication_holds_up_until_the_record_deals_with_it(risk):
    present = {**OUTPATIENT, risk: RISKY[risk]}
    assert kind(present) == MORE_INFORMATION
    assert kind(present, relative_contraindications_addressed=False) == MORE_INFORMATION
    assert kind(present, relative_contraindications_addressed=True) == CANDIDATE
    assert kind(OUTPATIENT, **{risk: None}) == MORE_INFORMATION


def test_a_bleeding_disorder_is_a_risk_whether_or_not_it_can_be_corrected():
    assert kind(OUTPATIENT, coagulopathy="uncorrectable") == MORE_INFORMATION


@pytest.mark.parametrize("fact", READ)
def test_a_candidate_is_none_while_a_deciding_fact_is_unknown(fact):
    held_up = [facts for facts in COVERED if kind(facts, **{fact: None}) != CANDIDATE]
    assert held_up, f"{fact} decides for none of the candidates"
    for facts in held_up:
        assert kind(facts, **{fact: None}) == MORE_INFORMATION
        assert fact in judged({**facts, fact: None}, LCD).judgements["kyphoplasty"].needed


def documented() -> Node:
    """The inclusion as one condition, the way the source documents tell it: two ways in."""
    findings = (
        Yes("height_loss_progressing"),
        ~Within("height_loss", None, 25),
        Yes("kyphotic_deformity"),
        ~Within("disability_rdq", None, 17),
    )
    inpatient = OneOf("setting", ("inpatient",))
    pain = (inpatient & Within("pain_score", 8, None)) | (
        ~inpatient
        & Within("pain_score", 5, None)
        & Yes("nonsurgical_management_optimal")
        & (OneOf("pain_trend", ("worsening",)) | AtLeast(2, findings))
    )
    osteoporotic = OneOf("cause", ("osteoporosis",)) & Within("onset_on", None, 84) & Yes("marrow_edema") & pain
    malignant = OneOf("cause", ("cancer",)) & Yes("tumor_damage") & Yes("intractable_cancer_pain")
    return OneOf("level", LEVELS[7:24]) & Yes("painful") & (osteoporotic | malignant)


@given(half_known([BY_NAME[name] for name in READ]))
def test_the_criteria_taken_apart_say_what_the_two_ways_in_say_as_one(facts):
    apart = [each.rule for each in CRITERIA.inclusion]
    assert truth(AtLeast(len(apart), tuple(apart)), facts, TODAY) is truth(documented(), facts, TODAY)


def test_that_it_is_provisional_is_said_by_the_edition():
    assert "confirms it against the official text" in LCD.provisional
