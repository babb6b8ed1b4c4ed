"""Values that say the same to every question count as one answer, and no answer is forgotten."""

import pytest

from referrals.eligibility.answers import answers
from referrals.eligibility.language import OneOf, Within, Yes

PAIN_5, PAIN_8 = Within("pain_score", 5, None), Within("pain_score", None, 8)
INR = Within("inr", None, 1.5), Within("inr", 1.6, 2)
CAUSES = OneOf("cause", ("cancer",)), OneOf("cause", ("cancer", "trauma"))
CLOCK = Within("onset_on", 3, 5)


def said(*asked, days=(0,)):
    return {tuple(answer[question] for question in asked) for answer in answers(asked, days)}


def one_day(*truths):
    return {tuple((holds,) for holds in each) for each in truths}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((Yes("painful"),), one_day((True,), (False,))),
        ((PAIN_5,), one_day((True,), (False,))),
        ((PAIN_8,), one_day((True,), (False,))),
        ((PAIN_5, PAIN_8), one_day((False, True), (True, True), (True, False))),
        (INR, one_day((True, False), (False, False), (False, True))),
        (CAUSES, one_day((True, True), (False, True), (False, False))),
        ((CLOCK,), one_day((True,), (False,))),
    ],
)
def test_the_answers_to_questions_about_one_fact_are_all_there_and_each_once(asked, expected):
    assert said(*asked) == expected
    assert len(answers(asked)) == len(expected)


def test_a_date_answers_for_all_the_days_at_once():
    """Over today and the next two days a window of three days is entered, passed through, left, or missed."""
    yes, no = True, False
    assert said(CLOCK, days=(0, 1, 2)) == {
        ((no, no, no),),
        ((no, no, yes),),
        ((no, yes, yes),),
        ((yes, yes, yes),),
        ((yes, yes, no),),
        ((yes, no, no),),
    }
