"""Until when a window is open: the last day, and where there is none."""

from datetime import date, timedelta

import pytest

from referrals import payer
from referrals.eligibility.criteria import in_force
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.window import closing, days_open
from tests.eligibility.pictures import KYPHOPLASTY, TODAY, days_ago, made_up
from tests.eligibility.test_medicare_lcd import CRITERIA, LCD, MALIGNANT, OUTPATIENT


def of(**changed):
    found = closing(CRITERIA, {**OUTPATIENT, **changed}, TODAY)
    return (found.last_on, found.holds) if found else None


def test_the_payers_window_closes_84_days_after_onset():
    onset = date(2026, 10, 20)
    assert of(onset_on=onset) == (date(2027, 1, 12), True)
    assert of(onset_on=days_ago(84)) == (TODAY, True)


def test_one_that_has_closed_says_when():
    assert of(onset_on=days_ago(85)) == (TODAY - timedelta(1), False)


def test_of_an_unknown_onset_nobody_knows():
    assert of(onset_on=None) == (None, None)


def test_another_way_in_stays_open():
    assert closing(CRITERIA, MALIGNANT, TODAY) is None
    assert closing(CRITERIA, {**MALIGNANT, "onset_on": None}, TODAY) is None


def test_a_window_counts_while_nobody_knows_whether_there_is_another_way_in():
    unknown = {"cause": None, "tumor_damage": True, "intractable_cancer_pain": True}
    assert of(onset_on=days_ago(10), **unknown) == (TODAY + timedelta(74), True)
    assert of(onset_on=days_ago(100), **unknown) == (TODAY - timedelta(16), None)


@pytest.mark.parametrize("lost", [{"cause": "trauma"}, {"level": "S1"}, {"painful": False}])
def test_where_something_else_is_not_met_no_window_is_told(lost):
    assert of(**lost) is None


def test_how_long_the_payer_waits_is_read_from_its_rule():
    assert payer.window(TODAY) == timedelta(days_open(LCD, "onset_on") or 0) == timedelta(84)
    assert days_open(in_force("vapour", TODAY), "onset_on") == 41
    assert days_open(in_force("clinic", TODAY), "onset_on") is None


def test_of_two_windows_the_first_to_close_counts():
    edition = made_up(inclusion=(Within("onset_on", None, 84), Within("onset_on", 3, 30), ~Yes("pregnant")))
    assert days_open(edition, "onset_on") == 30
    found = closing(edition.procedures[KYPHOPLASTY], {"onset_on": TODAY}, TODAY)
    assert found is None, "it opens on the third day first"
    found = closing(edition.procedures[KYPHOPLASTY], {"onset_on": days_ago(3)}, TODAY)
    assert found is not None
    assert found.last_on == TODAY + timedelta(27)


def test_the_last_day_is_the_last_on_which_the_criteria_can_be_met():
    """Asked day by day, the verdict turns on the day after."""
    from_the_onset = [
        closing(CRITERIA, OUTPATIENT, day) for day in (TODAY, TODAY + timedelta(51), TODAY + timedelta(52))
    ]
    assert [each and each.last_on for each in from_the_onset] == [TODAY + timedelta(51)] * 3
    assert [each and each.holds for each in from_the_onset] == [True, True, False]
