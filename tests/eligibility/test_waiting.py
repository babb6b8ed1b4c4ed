"""What waiting changes: the day from which something is possible is computed, not searched for."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.eligibility.criteria import in_force
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.verdict import CONTRAINDICATED, NOT_INDICATED, NOT_YET, PROCEDURES, Verdict
from tests.eligibility import brute_force
from tests.eligibility.anything import editions, half_known
from tests.eligibility.pictures import FRAIL, KYPHOPLASTY, TODAY, days_ago, judged, made_up

READ = [BY_NAME[name] for name in FRAIL]
DATED = [BY_NAME[name] for name in ("painful", "pain_score", "onset_on", "conservative_management_started_on")]


@given(half_known(READ))
def test_from_is_the_first_day_on_which_the_same_facts_say_something_else(facts):
    verdict = judged(facts).judgements[KYPHOPLASTY].verdict
    if verdict.starts_on is not None:
        assert verdict.kind == NOT_YET
        on_the_day = judged(facts, as_of=verdict.starts_on).judgements[KYPHOPLASTY].verdict
        the_day_before = judged(facts, as_of=verdict.starts_on - timedelta(1)).judgements[KYPHOPLASTY].verdict
        assert on_the_day.kind not in (NOT_YET, NOT_INDICATED, CONTRAINDICATED)
        assert the_day_before == verdict


@given(half_known(READ))
def test_not_indicated_stays_so_however_long_one_waits(facts):
    for procedure in PROCEDURES:
        if judged(facts).judgements[procedure].verdict.kind == NOT_INDICATED:
            later = [judged(facts, as_of=TODAY + timedelta(days)) for days in (1, 27, 28, 29, 400)]
            assert {each.judgements[procedure].verdict.kind for each in later} == {NOT_INDICATED}


@settings(max_examples=100)
@given(editions(DATED), half_known(DATED))
def test_of_any_criteria_the_day_is_the_one_that_looking_day_by_day_would_find(edition, facts):
    criteria = edition.procedures[KYPHOPLASTY]
    close = {name: _recent(value) for name, value in facts.items()}
    assert judged(close, edition).judgements[KYPHOPLASTY].verdict == brute_force.verdict(criteria, close, TODAY)


def _recent(value):
    return days_ago((TODAY - value).days % brute_force.FURTHEST) if isinstance(value, date) else value


@pytest.mark.parametrize("day", [date(2026, 12, 19), date(2026, 12, 20)])
def test_what_is_unknown_on_the_day_ends_the_wait_as_well(day):
    facts = {**FRAIL, "conservative_management_started_on": TODAY, "bedridden_risk": None}
    waits = judged(facts, as_of=day).judgements[KYPHOPLASTY].verdict.kind == NOT_YET
    assert waits is (day < date(2026, 12, 20))


def test_a_window_that_closes_is_nothing_to_wait_for():
    edition = made_up(inclusion=(Within("onset_on", None, 84) & Yes("marrow_edema"),))
    facts = {"onset_on": days_ago(10), "marrow_edema": False}
    assert judged(facts, edition).judgements[KYPHOPLASTY].verdict == Verdict(NOT_INDICATED)


def test_a_window_that_must_be_over_is_waited_for():
    edition = made_up(inclusion=(~Within("onset_on", None, 84),))
    verdict = judged({"onset_on": days_ago(80)}, edition).judgements[KYPHOPLASTY].verdict
    assert verdict == Verdict(NOT_YET, TODAY + timedelta(5))


def test_two_windows_are_waited_for_until_both_are_open_and_none_is_shut():
    edition = made_up(inclusion=(Within("conservative_management_started_on", 28, None), Within("onset_on", 14, 84)))
    begun = {"conservative_management_started_on": days_ago(20)}
    soon = judged({**begun, "onset_on": days_ago(4)}, edition).judgements[KYPHOPLASTY].verdict
    never = judged({**begun, "onset_on": days_ago(80)}, edition).judgements[KYPHOPLASTY].verdict
    assert soon == Verdict(NOT_YET, TODAY + timedelta(10))
    assert never == Verdict(NOT_INDICATED)


def test_the_criteria_in_force_can_be_asked_about_any_day():
    far = date(2999, 12, 31)
    said = judged({**FRAIL, "conservative_management_started_on": far}, in_force("clinic", far), as_of=far)
    assert said.judgements[KYPHOPLASTY].verdict.starts_on == far + timedelta(28)


@given(st.integers(0, 27))
def test_the_wait_does_not_depend_on_the_day_on_which_one_asks(days):
    facts = {**FRAIL, "conservative_management_started_on": days_ago(days)}
    asked = judged(facts).judgements[KYPHOPLASTY].verdict
    assert asked == Verdict(NOT_YET, days_ago(days) + timedelta(28))
