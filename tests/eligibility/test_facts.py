"""The vocabulary: every fact can be asked, said and checked, and no value is let through by accident."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from referrals.eligibility.facts import BY_NAME, PATIENT, VERTEBRA
from tests.eligibility.anything import half_known
from tests.eligibility.pictures import TODAY

NONSENSE: tuple[object, ...] = (
    "",
    " ",
    "yes",
    "unknown",
    [],
    {},
    object(),
    b"x",
    float("nan"),
    float("inf"),
    -1,
    10**5000,
)

facts = pytest.mark.parametrize("fact", BY_NAME.values(), ids=lambda fact: fact.name)


def check(name, value):
    return BY_NAME[name].check(value, TODAY)


def test_there_are_24_facts_of_the_patient_and_14_of_each_vertebra():
    assert (len(PATIENT), len(VERTEBRA), len(BY_NAME)) == (24, 14, 38)


@facts
def test_every_fact_has_a_question_a_section_and_words(fact):
    assert fact.question
    assert fact.section
    assert fact.clause
    assert fact.scope == ("vertebra" if fact in VERTEBRA else "patient")


@facts
def test_every_fact_has_what_its_kind_asks_for(fact):
    assert bool(fact.codes) is (fact.kind == "coded")
    assert (fact.low is not None and fact.high is not None) is (fact.kind == "quantity")
    assert all(label for label in fact.codes.values())


@facts
def test_every_fact_may_be_unknown(fact):
    assert fact.check(None, TODAY) is None


@facts
def test_a_question_is_asked_only_after_answers_that_exist(fact):
    for name, codes in (fact.asked_when or {}).items():
        assert set(codes) <= set(BY_NAME[name].codes)


@facts
@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda value: type(value).__name__)
def test_no_fact_takes_nonsense_and_the_message_is_one_line_that_says_what_is_allowed(fact, nonsense):
    with pytest.raises(ValueError, match=rf"^{fact.name}: .+ or null$") as error:
        fact.check(nonsense, TODAY)
    assert "\n" not in str(error.value)


@given(half_known())
def test_every_legal_value_is_kept_as_it_is(picture):
    for name, value in picture.items():
        assert check(name, value) == value


@pytest.mark.parametrize("value", [0, 1, "true", "yes", "no", 1.0])
def test_a_flag_is_true_or_false_and_nothing_like_it(value):
    with pytest.raises(ValueError, match="true, false or null"):
        check("painful", value)


@pytest.mark.parametrize("value", ["Cancer", "cancer ", "CANCER", "osteoporosis,cancer", True, 1, ["cancer"]])
def test_a_code_is_spelled_as_in_the_vocabulary(value):
    with pytest.raises(ValueError, match="one of osteoporosis, cancer"):
        check("cause", value)


@pytest.mark.parametrize("level", ["C1", "C7", "T1", "T12", "L1", "L5", "S1", "S5"])
def test_the_spine_goes_from_c1_to_s5(level):
    assert check("level", level) == level


@pytest.mark.parametrize("level", ["C0", "C8", "T13", "L6", "S6", "L01", "l1", "D1", "L1-L2"])
def test_there_is_no_t13(level):
    with pytest.raises(ValueError, match="one of C1"):
        check("level", level)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("pain_score", 0, 10),
        ("disability_rdq", 0, 24),
        ("clinical_frailty_scale", 1, 9),
        ("levels_to_treat", 1, 10),
        ("inr", 0.5, 20),
        ("platelets", 1, 2000),
        ("height_loss", 0, 100),
    ],
)
def test_a_quantity_includes_both_ends_of_its_range_and_nothing_beyond(name, low, high):
    assert (check(name, low), check(name, high)) == (low, high)
    for beyond in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"from {low:g} to {high:g}"):
            check(name, beyond)


@pytest.mark.parametrize("value", [3.0, 3.5, "3", True, Decimal(3)])
def test_a_whole_quantity_takes_no_decimals_no_text_and_no_flag(value):
    with pytest.raises(ValueError, match="a whole number from 0 to 10"):
        check("pain_score", value)


@pytest.mark.parametrize("value", [1, 1.5, Decimal("1.5")])
def test_the_inr_takes_decimals(value):
    assert check("inr", value) == float(value)
    assert not isinstance(check("inr", value), Decimal)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), True, "1.5"])
def test_the_inr_takes_numbers_only(value):
    with pytest.raises(ValueError, match=r"\S"):
        check("inr", value)


def test_a_date_is_text_in_iso_form_or_a_date():
    assert check("onset_on", "2026-11-22") == check("onset_on", TODAY) == TODAY
    assert check("onset_on", "1900-01-01") == date(1900, 1, 1)
    assert check("onset_on", "2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23",
        "2026-02-30",
        "2025-02-29",
        "1899-12-31",
        "0000-01-01",
        "20261122",
        "2026-W47-7",
        "2026-11-22T10:00:00",
        "2026-11-22\n",
        " 2026-11-22",
        "22/11/2026",
        "2026-1-1",
        "٢٠٢٦-١١-٢٢",
        20261122,
        datetime(2026, 11, 22, tzinfo=UTC),
        date(2026, 11, 23),
        date(1899, 12, 31),
    ],
)
def test_a_date_that_does_not_exist_or_has_not_come_is_refused(value):
    with pytest.raises(ValueError, match="a calendar date YYYY-MM-DD from 1900-01-01 to 2026-11-22"):
        check("onset_on", value)
