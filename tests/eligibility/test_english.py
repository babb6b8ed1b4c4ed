"""The criteria in plain English."""

import pytest
from hypothesis import given

from referrals.eligibility import english
from referrals.eligibility.criteria import SETS
from referrals.eligibility.english import denied, outline, sentence
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, OneOf, Within, Yes
from tests.eligibility.anything import conditions
from tests.eligibility.pictures import TODAY, days_ago

CANCER = OneOf("cause", ("cancer",))
SECONDARY = AtLeast(
    2, (Yes("height_loss_progressing"), ~Within("height_loss", None, 25), ~Within("disability_rdq", None, 17))
)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Yes("painful"), "the pain is at this level"),
        (~Yes("painful"), "the pain is not at this level"),
        (~~Yes("painful"), "the pain is at this level"),
        (OneOf("cause", ("osteoporosis", "cancer")), "the cause is osteoporosis or cancer"),
        (~OneOf("cause", ("osteoporosis", "cancer")), "the cause is neither osteoporosis nor cancer"),
        (~CANCER, "the cause is not cancer"),
        (OneOf("injury", ("compression_fracture",)), "imaging shows compression fracture"),
        (~OneOf("injury", ("compression_fracture",)), "imaging does not show compression fracture"),
        (OneOf("level", ("T12", "L1", "L2")), "the level is from T12 to L2"),
        (OneOf("level", ("T12", "L2")), "the level is T12 or L2"),
        (
            Within("conservative_management_started_on", 28, None),
            "conservative management began at least 28 days ago",
        ),
        (
            ~Within("conservative_management_started_on", 28, None),
            "conservative management began less than 28 days ago",
        ),
        (Within("conservative_management_started_on", 28, 42), "conservative management began 28 to 42 days ago"),
        (Within("onset_on", None, 84), "symptoms began at most 84 days ago"),
        (~Within("onset_on", None, 84), "symptoms began more than 84 days ago"),
        (Within("onset_on", 1, None), "symptoms began at least 1 day ago"),
        (Within("pain_score", 8, None), "the worst pain is 8 or more"),
        (Within("pain_score", 5, 7), "the worst pain is from 5 to 7"),
        (~Within("pain_score", 5, 7), "the worst pain is not from 5 to 7"),
        (~Within("height_loss", None, 25), "the loss of height is more than 25 %"),
        (Within("inr", None, 1.5), "the INR is 1.5 or less"),
        (CANCER & Yes("tumor_damage"), "the cause is cancer and the vertebra is damaged by a spinal tumor"),
        (
            CANCER | (Yes("painful") & ~Yes("too_weak")),
            "the cause is cancer or (the pain is at this level and the vertebra is not too weak)",
        ),
        (
            ~(CANCER | Yes("painful")),
            "the cause is not cancer and the pain is not at this level",
        ),
        (
            SECONDARY,
            "at least 2 of these: the loss of height has progressed on a repeat film; "
            "the loss of height is more than 25 %; the Roland–Morris score is more than 17",
        ),
    ],
)
def test_a_condition_is_a_sentence(condition: Node, words: str):
    assert sentence(condition) == words


def test_a_count_is_denied_by_fewer():
    assert denied(SECONDARY).startswith("fewer than 2 of these: ")


@pytest.mark.parametrize(
    ("condition", "heading"),
    [
        (CANCER & Yes("painful"), "all of these"),
        (CANCER | Yes("painful"), "any of these"),
        (~(CANCER & Yes("painful")), "not all of these"),
        (~(CANCER | Yes("painful")), "none of these"),
        (SECONDARY, "at least 2 of these"),
        (~SECONDARY, "fewer than 2 of these"),
        (AtLeast(1, (CANCER,)), "the cause is cancer"),
        (~AtLeast(1, (CANCER,)), "the cause is not cancer"),
    ],
)
def test_an_outline_begins_with_what_is_asked_of_its_parts(condition: Node, heading: str):
    assert outline(condition).words == heading


def test_an_outline_lists_its_parts_beneath_it():
    line = outline(CANCER | (Yes("painful") & Yes("too_weak")))
    assert [part.words for part in line.parts] == ["the cause is cancer", "all of these"]
    assert [part.words for part in line.parts[1].parts] == ["the pain is at this level", "the vertebra is too weak"]


@given(conditions())
def test_every_condition_has_english_and_so_has_its_denial(condition):
    for words in (sentence(condition), denied(condition), outline(condition).words):
        assert words
        assert not set(words) & set("[]{}|_")


def test_every_criterion_reads_as_one_sentence():
    for each in SETS.values():
        for criteria in each.editions[-1].procedures.values():
            for _, criterion in criteria.parts():
                assert sentence(criterion.rule).lstrip("(")[0].islower()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("painful", None, "Not known"),
        ("painful", True, "Yes"),
        ("painful", False, "No"),
        ("collapse", "partial", "Partial"),
        ("onset_on", TODAY, "22 Nov 2026"),
        ("height_loss", 25, "25 %"),
        ("pain_score", 0, "0 of 10"),
        ("inr", 2.6, "2.6"),
    ],
)
def test_a_value_is_said_as_a_person_reads_it(name, value, words):
    assert english.value(BY_NAME[name], value) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("painful", True, "the pain is at this level"),
        ("painful", False, "the pain is not at this level"),
        ("cause", "osteoporosis", "the cause is osteoporosis"),
        ("level", "L1", "the level is L1"),
        ("onset_on", TODAY, "symptoms began today"),
        ("onset_on", days_ago(1), "symptoms began 1 day ago"),
        ("onset_on", days_ago(84), "symptoms began 84 days ago"),
        ("height_loss", 25, "the loss of height is 25 %"),
        ("pain_score", 8, "the worst pain is 8"),
    ],
)
def test_what_is_known_is_said_as_a_clause(name, value, words):
    assert english.known(BY_NAME[name], value, TODAY) == words
