"""What nobody said is never taken for a no: one unknown for every fact of every criterion."""

import pytest

from referrals.eligibility.criteria import in_force
from referrals.eligibility.edition import ProcedureCriteria
from referrals.eligibility.evaluate import assess
from referrals.eligibility.language import facts_of
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION, PROCEDURES
from tests.eligibility.pictures import CLEAR_SCREEN, FRAIL, TODAY, days_ago, judged

CLINIC = in_force("clinic", TODAY)

# For each procedure, a candidate for whom each fact decides; without it nobody can say.
DECIDING = {
    "vertebroplasty": (
        {**FRAIL, "too_frail_for_surgery": True, "too_weak": False, "tumor_damage": False},
        {**FRAIL, "too_frail_for_surgery": False, "too_weak": True, "tumor_damage": False},
        {**FRAIL, "too_frail_for_surgery": False, "too_weak": False, "tumor_damage": True},
    ),
    "kyphoplasty": (
        FRAIL,
        {**FRAIL, "conservative_management_started_on": days_ago(40)},
        {**FRAIL, "tumor_damage": True, "conservative_management_failed": False},
        {**FRAIL, "cause": "trauma", "other_fracture_suitable": True},
    ),
}


def facts_read(criteria: ProcedureCriteria) -> set[str]:
    return {name for _, each in criteria.parts() for name in facts_of(each.rule)}


@pytest.mark.parametrize(
    ("procedure", "fact"), [(name, fact) for name in PROCEDURES for fact in sorted(facts_read(CLINIC.procedures[name]))]
)
def test_a_candidate_is_none_while_a_deciding_fact_is_unknown(procedure, fact):
    held_up = []
    for facts in DECIDING[procedure]:
        assert judged(facts).judgements[procedure].verdict.kind == CANDIDATE
        without = judged({**facts, fact: None}).judgements[procedure]
        assert without.verdict.kind in (CANDIDATE, MORE_INFORMATION)
        if without.verdict.kind == MORE_INFORMATION:
            assert fact in without.needed
            held_up.append(facts)
    assert held_up, f"{fact} decides for none of the candidates"


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_of_a_referral_without_a_vertebra_nothing_is_known_of_the_vertebra(procedure):
    said = assess(CLINIC, CLEAR_SCREEN, [], TODAY)
    assert said.verdicts[procedure].kind == MORE_INFORMATION
    assert [vertebra.level for vertebra in said.vertebrae] == [None]
    assert "injury" in said.vertebrae[0].judgements[procedure].needed


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_a_false_exclusion_and_an_unknown_one_are_told_apart(procedure):
    findings = judged({"pregnant": False}).judgements[procedure].findings
    holds = {finding.criterion.name: finding.holds for finding in findings}
    assert holds["pregnancy"] is False
    assert holds["active_infection"] is None
