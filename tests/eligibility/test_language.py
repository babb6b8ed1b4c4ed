"""The language of the criteria: plain data that refuses nonsense where it is written."""

import json
from typing import Any

import pytest
from hypothesis import given

from referrals.eligibility import language
from referrals.eligibility.language import AtLeast, Not, OneOf, Within, Yes, facts_of
from referrals.eligibility.notation import from_json, to_json
from tests.eligibility.anything import conditions

PAINFUL, WEAK, FRAIL = Yes("painful"), Yes("too_weak"), Yes("too_frail_for_surgery")

untyped: Any = language
"""The language as somebody uses it whose editor does not check types."""
pain, weak = untyped.Yes("painful"), untyped.Yes("too_weak")


def test_conditions_are_joined_with_and_or_not():
    assert AtLeast(3, (PAINFUL, WEAK, FRAIL)) == PAINFUL & WEAK & FRAIL
    assert AtLeast(1, (PAINFUL, WEAK, FRAIL)) == PAINFUL | WEAK | FRAIL
    assert Not(PAINFUL) == ~PAINFUL


def test_joining_keeps_what_stands_in_brackets_together():
    assert AtLeast(2, (AtLeast(1, (PAINFUL, WEAK)), FRAIL)) == (PAINFUL | WEAK) & FRAIL
    assert AtLeast(2, (PAINFUL, AtLeast(2, (WEAK, FRAIL)))) == PAINFUL & (WEAK & FRAIL)
    assert AtLeast(2, (PAINFUL, WEAK, FRAIL)) & PAINFUL == AtLeast(2, (AtLeast(2, (PAINFUL, WEAK, FRAIL)), PAINFUL))


@pytest.mark.parametrize(
    "slip",
    [
        lambda: pain and weak,
        lambda: pain or weak,
        lambda: not pain,
        lambda: 1 if pain else 2,
        lambda: pain < weak < pain,
        lambda: untyped.Within("pain_score", 5, None) >= 5,
        lambda: pain & True,
        lambda: all([pain, weak]),
    ],
    ids=["and", "or", "not", "if", "chained comparison", "comparison", "with a truth", "all()"],
)
def test_a_slip_of_the_pen_cannot_drop_half_a_rule(slip):
    with pytest.raises((TypeError, ValueError)):
        slip()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: untyped.Yes("pane"),
        lambda: untyped.Yes(None),
        lambda: untyped.Yes("cause"),
        lambda: untyped.OneOf("painful", ("yes",)),
        lambda: untyped.OneOf("cause", ("old age",)),
        lambda: untyped.OneOf("cause", ()),
        lambda: untyped.OneOf("cause", "cancer"),
        lambda: untyped.OneOf("cause", ["cancer"]),
        lambda: untyped.OneOf("cause", (None,)),
        lambda: untyped.OneOf("cause", ("cancer", "cancer")),
        lambda: untyped.OneOf("collapse", ("none", "partial", "complete")),
        lambda: untyped.Within("painful", 0, 1),
        lambda: untyped.Within("cause", 0, 1),
        lambda: untyped.Within("pain_score"),
        lambda: untyped.Within("pain_score", 0, None),
        lambda: untyped.Within("pain_score", 0, 10),
        lambda: untyped.Within("pain_score", 8, 5),
        lambda: untyped.Within("pain_score", 8, 11),
        lambda: untyped.Within("pain_score", -1, 5),
        lambda: untyped.Within("pain_score", 7.5, None),
        lambda: untyped.Within("pain_score", True, None),
        lambda: untyped.Within("inr", "1.5", None),
        lambda: untyped.Within("inr", float("nan"), None),
        lambda: untyped.Within("inr", float("inf"), None),
        lambda: untyped.Within("onset_on"),
        lambda: untyped.Within("onset_on", 0, None),
        lambda: untyped.Within("onset_on", -1, 84),
        lambda: untyped.Within("onset_on", None, 36526),
        lambda: untyped.Within("onset_on", 2.5, None),
        lambda: untyped.Not("painful"),
        lambda: untyped.AtLeast(0, (pain,)),
        lambda: untyped.AtLeast(2, (pain,)),
        lambda: untyped.AtLeast(True, (pain, weak)),
        lambda: untyped.AtLeast(1, ()),
        lambda: untyped.AtLeast(1, [pain]),
        lambda: untyped.AtLeast(1, ("painful",)),
    ],
)
def test_a_condition_that_makes_no_sense_cannot_be_written(wrong):
    with pytest.raises(ValueError, match=r"\S"):
        wrong()


def test_the_ends_of_what_is_legal_can_be_written():
    for legal in (
        Within("pain_score", 10, 10),
        Within("pain_score", None, 0),
        Within("inr", 1.5, None),
        Within("height_loss", None, 25),
        Within("onset_on", 1, None),
        Within("onset_on", None, 0),
        Within("onset_on", 0, 36525),
    ):
        assert from_json(to_json(legal)) == legal


def test_conditions_are_values():
    assert OneOf("cause", ("cancer",)) == OneOf("cause", ("cancer",))
    assert len({PAINFUL, Yes("painful"), ~PAINFUL}) == 2
    with pytest.raises(AttributeError):
        pain.fact = "too_weak"


def test_the_facts_of_a_condition_come_in_order_and_once():
    condition = (PAINFUL | OneOf("cause", ("cancer",))) & ~(Within("onset_on", None, 84) | PAINFUL)
    assert facts_of(condition) == ("painful", "cause", "onset_on")


@given(conditions())
def test_the_json_form_gives_back_the_same_condition(condition):
    written = json.dumps(to_json(condition))
    read = from_json(json.loads(written))
    assert read == condition
    assert json.dumps(to_json(read)) == written


def test_the_json_form_reads_like_the_condition():
    assert to_json(~PAINFUL | AtLeast(2, (WEAK, OneOf("cause", ("cancer",)), Within("onset_on", None, 84)))) == {
        "at_least": 1,
        "of": [
            {"not": {"yes": "painful"}},
            {
                "at_least": 2,
                "of": [
                    {"yes": "too_weak"},
                    {"one_of": "cause", "codes": ["cancer"]},
                    {"within": "onset_on", "low": None, "high": 84},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        [],
        "painful",
        {"yes": "painful", "not": {"yes": "painful"}},
        {"yes": "painful", "because": "I say so"},
        {"yes": 1},
        {"yes": ["painful"]},
        {"one_of": "cause"},
        {"one_of": "cause", "codes": "cancer"},
        {"one_of": "cause", "codes": [["cancer"]]},
        {"within": "pain_score", "low": 5},
        {"within": "pain_score", "low": "5", "high": None},
        {"not": None},
        {"at_least": 1, "of": []},
        {"at_least": "1", "of": [{"yes": "painful"}]},
        {"at_least": 1, "of": {"yes": "painful"}},
        {"at_least": 3, "of": [{"yes": "painful"}]},
    ],
)
def test_what_is_no_condition_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\S"):
        from_json(wrong)
