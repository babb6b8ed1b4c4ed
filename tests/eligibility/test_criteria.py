"""The criteria as they are documented: each with a source and a reading, dated, and frozen once in force."""

from datetime import date

import pytest

from referrals.eligibility.criteria import SETS, UnknownSetError, in_force
from referrals.eligibility.edition import CriteriaSet, Edition, ProcedureCriteria
from referrals.eligibility.language import Within, Yes, facts_of
from referrals.eligibility.notation import from_json
from referrals.eligibility.verdict import PROCEDURES
from tests.eligibility.pictures import KYPHOPLASTY, TODAY, VERTEBROPLASTY, criterion, made_up

EDITIONS = [edition for each in SETS.values() for edition in each.editions]
LISTED = [each for edition in EDITIONS for criteria in edition.procedures.values() for _, each in criteria.parts()]
criteria = pytest.mark.parametrize("listed", LISTED, ids=lambda each: each.name)
editions = pytest.mark.parametrize("edition", EDITIONS, ids=lambda each: f"{each.criteria_set} {each.name}")


@criteria
def test_every_criterion_has_a_title_a_source_and_a_reading(listed):
    assert listed.title
    assert listed.source.ref
    assert listed.source.where
    assert listed.reading.endswith(".")


def test_the_safety_screen_is_marked_as_an_addition_and_nothing_else_is():
    screen = {each for _, each in SETS["safety"].editions[0].procedures[KYPHOPLASTY].parts()}
    assert {each for each in LISTED if each.addition} == screen
    assert {each.name for each in screen} == {
        "active_infection",
        "uncorrectable_coagulopathy",
        "cement_allergy",
        "pregnancy",
        "neurological_deficit",
    }


def test_the_clinics_set_has_the_whole_safety_screen_for_both_procedures():
    clinic, screen = in_force("clinic", TODAY), in_force("safety", TODAY)
    for procedure in PROCEDURES:
        assert clinic.procedures[procedure].exclusion == screen.procedures[procedure].exclusion


@pytest.mark.parametrize(
    ("procedure", "refs"), [(VERTEBROPLASTY, ["S1", "S2", "S4"]), (KYPHOPLASTY, ["S2", "S2", "S6", "S7"])]
)
def test_the_clinics_criteria_cite_the_page_where_the_reading_says(procedure, refs):
    assert [each.source.ref for each in in_force("clinic", TODAY).procedures[procedure].inclusion] == refs


def test_every_note_has_words_and_a_source():
    for edition in EDITIONS:
        for note in edition.notes:
            assert note.words.endswith(".")
            assert note.source.where


def test_an_edition_judges_both_procedures_by_criteria_with_names_of_their_own():
    once = criterion("once", Yes("painful"))
    with pytest.raises(ValueError, match="a name of its own"):
        ProcedureCriteria(inclusion=(once,), documentation=(once,))
    with pytest.raises(ValueError, match="at least one criterion"):
        ProcedureCriteria()
    with pytest.raises(ValueError, match="vertebroplasty and kyphoplasty"):
        Edition(
            criteria_set="half",
            name="1",
            in_force_from=TODAY,
            procedures={KYPHOPLASTY: ProcedureCriteria(inclusion=(once,))},
        )


def test_the_editions_in_force_are_frozen():
    """A change of a rule is a new edition with a day of its own; never a new value here."""
    assert {(edition.criteria_set, edition.name): edition.digest for edition in EDITIONS} == {
        ("clinic", "1"): "aef708eabd7ee007da839c5955fe5fe8d8218d3976c9abd2ac9bcd569fd93e75",
        ("safety", "1"): "d91ea630be46dd64cdc07c6d9e90764fe553b60f628a642f975820ad014bed5b",
        ("medicare-lcd", "1"): "8a48f94aa2d74a6b8e945e1d4f15d91105121b0bf194a5dc52009212ba73c3bd",
        ("vapour", "1"): "25d058dfe77446efd620c82a324ff158793b4e53edc69ee7d76c6c30643f730f",
    }


def test_the_digest_changes_with_the_rule_and_not_with_its_words():
    four_weeks, six_weeks = (
        made_up(inclusion=(Within("conservative_management_started_on", days, None),)) for days in (28, 42)
    )
    assert four_weeks.digest != six_weeks.digest
    assert four_weeks.digest == made_up(inclusion=(Within("conservative_management_started_on", 28, None),)).digest


@editions
def test_every_rule_is_given_back_by_its_json_form(edition: Edition):
    written = edition.as_json()["procedures"]
    for procedure, each in edition.procedures.items():
        for part, listed in each.parts():
            rules = {rule["criterion"]: rule["rule"] for rule in written[procedure][part]}
            assert from_json(rules[listed.name]) == listed.rule


def dated(day: date) -> Edition:
    first = made_up(inclusion=(Yes("painful"),))
    return Edition(criteria_set="made-up", name=str(day), in_force_from=day, procedures=first.procedures)


def test_an_edition_counts_from_its_day_until_the_next_begins():
    spring, autumn = dated(date(2026, 3, 1)), dated(date(2026, 9, 1))
    made = CriteriaSet(name="made-up", title="", about="", editions=(spring, autumn))
    assert made.in_force(date(2026, 3, 1)) is spring
    assert made.in_force(date(2026, 8, 31)) is spring
    assert made.in_force(date(2026, 9, 1)) is autumn
    assert made.in_force(date(2030, 1, 1)) is autumn


def test_a_day_before_the_first_edition_is_judged_by_the_first():
    assert in_force("clinic", date(2020, 1, 1)) is SETS["clinic"].editions[0]


def test_a_set_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UnknownSetError, match="clinic, safety"):
        in_force("klinik", TODAY)


def test_frailty_and_weakness_are_never_derived():
    """No rule reads a score, and the one that reads weakness reads no cause."""
    for each in LISTED:
        read = set(facts_of(each.rule))
        assert "clinical_frailty_scale" not in read
        assert "cause" not in read or read.isdisjoint({"too_weak", "too_frail_for_surgery"})
