"""Kleene's three values: unknown is carried through every condition and is decided by nothing but knowledge."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.eligibility.calendar import dates_within, passed_on
from referrals.eligibility.language import AtLeast, Not, OneOf, Within, Yes
from referrals.eligibility.truth import at_least, denied, truth
from tests.eligibility.anything import conditions, half_known
from tests.eligibility.pictures import TODAY, days_ago

THREE = (True, False, None)
pairs = pytest.mark.parametrize(("a", "b"), list(product(THREE, THREE)))


def both(*truths):
    return at_least(len(truths), list(truths))


def either(*truths):
    return at_least(1, list(truths))


def test_no_and_unknown_is_no():
    assert both(False, None) is False
    assert both(True, None) is None


def test_yes_or_unknown_is_yes():
    assert either(True, None) is True
    assert either(False, None) is None


@pairs
def test_and_is_the_lesser_and_or_the_greater_of_no_unknown_yes(a, b):
    order = (False, None, True)
    assert both(a, b) is order[min(order.index(a), order.index(b))]
    assert either(a, b) is order[max(order.index(a), order.index(b))]


@pairs
def test_de_morgan(a, b):
    assert denied(both(a, b)) is either(denied(a), denied(b))
    assert denied(either(a, b)) is both(denied(a), denied(b))


@pytest.mark.parametrize("truths", list(product(THREE, repeat=4)))
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_at_least_k_is_known_when_every_way_of_answering_says_the_same(count, truths):
    filled = product(*([each] if each is not None else [True, False] for each in truths))
    said = {sum(each) >= count for each in filled}
    assert at_least(count, list(truths)) is (said.pop() if len(said) == 1 else None)


@given(conditions(), half_known())
def test_denying_twice_changes_nothing(condition, facts):
    assert truth(~~condition, facts, TODAY) is truth(condition, facts, TODAY)
    assert truth(~condition, facts, TODAY) is denied(truth(condition, facts, TODAY))


@given(st.lists(conditions(most=3), min_size=1, max_size=4), half_known())
def test_not_at_least_k_is_that_more_than_the_others_are_not_so(parts, facts):
    for count in range(1, len(parts) + 1):
        fewer = Not(AtLeast(count, tuple(parts)))
        others = AtLeast(len(parts) - count + 1, tuple(Not(part) for part in parts))
        assert truth(fewer, facts, TODAY) is truth(others, facts, TODAY)


@given(conditions(), half_known(), half_known())
def test_what_is_settled_stays_settled_whatever_more_is_known(condition, facts, more):
    before = truth(condition, facts, TODAY)
    after = truth(condition, {name: more[name] if facts[name] is None else facts[name] for name in facts}, TODAY)
    assert before is None or after is before


@given(conditions())
def test_of_nobody_nothing_is_known(condition):
    assert truth(condition, {}, TODAY) is None


@pytest.mark.parametrize(("score", "holds"), [(4, False), (5, True), (7, True), (8, False), (None, None)])
def test_windows_include_both_ends(score, holds):
    assert truth(Within("pain_score", 5, 7), {"pain_score": score}, TODAY) is holds


@pytest.mark.parametrize(("loss", "holds"), [(25, False), (25.1, True), (None, None)])
def test_more_than_25_is_not_25_or_less(loss, holds):
    assert truth(~Within("height_loss", None, 25), {"height_loss": loss}, TODAY) is holds


@pytest.mark.parametrize(("days", "holds"), [(83, True), (84, True), (85, False)])
def test_within_84_days_counts_the_eighty_fourth(days, holds):
    assert truth(Within("onset_on", None, 84), {"onset_on": days_ago(days)}, TODAY) is holds


def test_a_code_is_one_of_those_named_or_not_and_unknown_is_neither():
    asked = OneOf("cause", ("osteoporosis", "cancer"))
    assert [truth(asked, {"cause": cause}, TODAY) for cause in ("cancer", "trauma", None)] == [True, False, None]


def test_a_flag_is_its_own_truth():
    assert [truth(Yes("painful"), {"painful": flag}, TODAY) for flag in THREE] == list(THREE)


@given(st.integers(0, 40_000), st.dates(date(2010, 1, 1), date(2100, 1, 1)))
def test_a_bound_on_the_date_says_the_same_as_counting_the_days(days, today):
    earliest, latest = dates_within(days, days, today)
    assert earliest == latest == today - timedelta(days)
    assert passed_on(today, days) == today + timedelta(days)
    assert dates_within(None, None, today) == (None, None)
