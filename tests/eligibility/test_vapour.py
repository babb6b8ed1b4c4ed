"""Who could have joined the VAPOUR trial: both sides of every limit, and what is told beside the verdict."""

from typing import Any

import pytest

from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import as_json, assess
from referrals.eligibility.language import facts_of
from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, NOT_INDICATED
from tests.eligibility.pictures import TODAY, VERTEBROPLASTY, days_ago, judged

VAPOUR = in_force("vapour", TODAY)
READ = sorted({name for _, each in VAPOUR.procedures[VERTEBROPLASTY].parts() for name in facts_of(each.rule)})
FRESH = {
    "injury": "compression_fracture",
    "cause": "osteoporosis",
    "painful": True,
    "levels_to_treat": 2,
    "onset_on": days_ago(41),
    "pain_score": 7,
    "marrow_edema": True,
    "tumor_damage": False,
    "retropulsion": False,
    "active_infection": False,
}


def kind(**changed: Any) -> str:
    return judged({**FRESH, **changed}, VAPOUR).judgements[VERTEBROPLASTY].verdict.kind


def test_a_fresh_and_very_painful_fracture_could_have_joined():
    assert kind() == CANDIDATE


@pytest.mark.parametrize(
    "beyond",
    [
        {"onset_on": days_ago(42)},
        {"pain_score": 6},
        {"levels_to_treat": 3},
        {"marrow_edema": False},
        {"cause": "trauma"},
        {"injury": "other_fracture"},
        {"painful": False},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_one_step_beyond_a_limit_could_not(beyond):
    assert kind(**beyond) == NOT_INDICATED


@pytest.mark.parametrize(
    "danger", [{"retropulsion": True}, {"active_infection": True}, {"cause": "cancer"}, {"tumor_damage": True}]
)
def test_what_kept_patients_out(danger):
    assert kind(**danger) == CONTRAINDICATED


def test_a_benign_tumor_is_no_malignancy():
    assert kind(cause="benign_tumor", tumor_damage=True) == NOT_INDICATED


@pytest.mark.parametrize("fact", READ)
def test_a_candidate_is_none_while_a_fact_is_unknown(fact):
    assert kind(**{fact: None}) == MORE_INFORMATION


def test_what_the_vocabulary_does_not_hold_is_told_with_every_verdict():
    told = as_json(assess(VAPOUR, FRESH, [FRESH], TODAY))
    assert told["verdicts"]["vertebroplasty"] == {"verdict": CANDIDATE}
    assert "Older than 60 years" in told["unjudged"]
    assert "No sciatica" in told["unjudged"]


@pytest.mark.parametrize("name", ["clinic", "safety", "medicare-lcd"])
def test_the_other_sets_leave_nothing_unjudged(name):
    assert in_force(name, TODAY).unjudged == ()
