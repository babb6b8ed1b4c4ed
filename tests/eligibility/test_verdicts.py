"""The five verdicts, their order, and what a referral of several vertebrae is told."""

from datetime import date
from typing import Any

import pytest

from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import assess
from referrals.eligibility.language import Yes
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    KINDS,
    MORE_INFORMATION,
    NOT_INDICATED,
    NOT_YET,
    Verdict,
    best,
)
from tests.eligibility.pictures import FRAIL, KYPHOPLASTY, TODAY, VERTEBROPLASTY, days_ago, judged, kind, made_up


def test_an_exclusion_outranks_everything_that_is_missing():
    assert judged({"active_infection": True}).judgements[VERTEBROPLASTY].verdict.kind == CONTRAINDICATED


def test_an_exclusion_outranks_an_inclusion_that_fails():
    assert kind(VERTEBROPLASTY, pregnant=True, painful=False) == CONTRAINDICATED


def test_an_exclusion_outranks_the_wait():
    assert kind(KYPHOPLASTY, pregnant=True, conservative_management_started_on=TODAY) == CONTRAINDICATED


def test_an_inclusion_that_fails_outranks_what_is_missing_in_the_screen():
    assert kind(VERTEBROPLASTY, painful=False, pregnant=None) == NOT_INDICATED


def test_the_wait_outranks_what_is_missing_in_the_screen():
    assert kind(KYPHOPLASTY, conservative_management_started_on=TODAY, pregnant=None) == NOT_YET


def test_waiting_in_vain_is_not_waiting():
    """Day 28 will come, but nobody is at risk of becoming bedridden."""
    assert kind(KYPHOPLASTY, conservative_management_started_on=TODAY, bedridden_risk=False) == NOT_INDICATED


@pytest.mark.parametrize(
    ("documented", "expected"), [(True, CANDIDATE), (False, MORE_INFORMATION), (None, MORE_INFORMATION)]
)
def test_what_must_be_documented_and_is_not_yet_asks_for_more_information(documented, expected):
    edition = made_up(inclusion=(Yes("painful"),), documentation=(Yes("osteoporosis_program"),))
    facts = {"painful": True, "osteoporosis_program": documented}
    assert judged(facts, edition).judgements[KYPHOPLASTY].verdict.kind == expected


def test_the_verdict_of_a_referral_is_the_best_over_its_vertebrae():
    verdicts = [Verdict(NOT_YET, date(2026, 12, 1)) if each == NOT_YET else Verdict(each) for each in KINDS]
    for place, expected in enumerate(verdicts):
        assert best(reversed(verdicts[place:])) == expected


def test_of_several_waits_the_earliest_counts():
    waits = [Verdict(NOT_YET, date(2026, 12, day)) for day in (20, 3, 11)]
    assert best(waits).starts_on == date(2026, 12, 3)


def test_one_vertebra_may_qualify_where_another_does_not():
    said = assess(
        in_force("clinic", TODAY),
        {name: value for name, value in FRAIL.items() if name not in ("level", "painful")},
        [{"level": "T8", "painful": False}, {"level": "L1", "painful": True}],
        TODAY,
    )
    assert [vertebra.level for vertebra in said.vertebrae] == ["T8", "L1"]
    each = [vertebra.judgements[KYPHOPLASTY].verdict.kind for vertebra in said.vertebrae]
    assert each == [NOT_INDICATED, CANDIDATE]
    assert said.kinds() == {VERTEBROPLASTY: CANDIDATE, KYPHOPLASTY: CANDIDATE}


def test_what_a_referral_needs_is_asked_once_of_the_patient_and_once_of_each_vertebra():
    patient = {**FRAIL, "level": None, "painful": None, "pregnant": None}
    said = assess(in_force("clinic", TODAY), patient, [{"level": "T8"}, {"level": "L1"}], TODAY)
    assert [tuple(needed) for needed in said.needed] == [
        ("painful", 0, (VERTEBROPLASTY, KYPHOPLASTY)),
        ("painful", 1, (VERTEBROPLASTY, KYPHOPLASTY)),
        ("pregnant", None, (VERTEBROPLASTY, KYPHOPLASTY)),
    ]


def test_every_finding_shows_the_facts_that_it_used():
    findings = judged({**FRAIL, "conservative_management_failed": None}).judgements[KYPHOPLASTY].findings
    last = next(each for each in findings if each.criterion.name == "tumor_or_failed_management")
    assert last.holds is None
    assert dict(last.facts) == {
        "tumor_damage": False,
        "conservative_management_failed": None,
        "conservative_management_started_on": days_ago(28),
        "bedridden_risk": True,
    }


def test_what_was_found_cannot_be_changed_afterwards():
    (finding, *_) = judged(FRAIL).judgements[KYPHOPLASTY].findings
    facts: Any = finding.facts
    with pytest.raises(TypeError):
        facts["injury"] = "none"
