"""The criteria as formulas: z3 reads them as Python does, and finds what is wrong with an edition."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
import z3
from hypothesis import given, settings

from referrals.eligibility.criteria import SETS, in_force
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import OneOf, Within, Yes
from referrals.eligibility.proof import claims as claim
from referrals.eligibility.proof.claims import claims
from referrals.eligibility.proof.formulas import truth
from referrals.eligibility.proof.picture import Picture
from referrals.eligibility.proof.somebody import Disagreement, read, somebody
from referrals.eligibility.truth import truth as python_truth
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    MORE_INFORMATION,
    NOT_INDICATED,
    NOT_YET,
    PROCEDURES,
)
from tests.eligibility import brute_force
from tests.eligibility.anything import conditions, editions, half_known
from tests.eligibility.everybody import FEW, SECONDS, every_picture, typed, verdict
from tests.eligibility.pictures import KYPHOPLASTY, TODAY, days_ago, made_up

NAMES = ("painful", "cause", "pain_score", "height_loss", "onset_on", "conservative_management_started_on")
READ = [BY_NAME[name] for name in NAMES]
FLAGS = [fact.name for fact in BY_NAME.values() if fact.kind == "flag"]


def reading(edition, procedure=KYPHOPLASTY):
    rules = [criterion.rule for _, criterion in edition.procedures[procedure].parts()]
    return read(edition, procedure, Picture(rules, TODAY))


def shown(claim):
    """The one who shows it, or breaks it."""
    assert claim.example is not None
    return claim.example


def recent(facts):
    """The dates moved to where the windows of a made-up edition are."""
    close = {name: (TODAY - value).days % brute_force.FURTHEST for name, value in facts.items() if _dated(value)}
    return {**facts, **{name: days_ago(days) for name, days in close.items()}}


def _dated(value):
    return isinstance(value, date)


@given(conditions(), half_known())
def test_a_condition_is_true_false_and_unknown_where_python_says_so(condition, facts):
    picture = Picture([condition], TODAY)
    said = truth(condition, picture)
    expected = python_truth(condition, facts, TODAY)
    assert (picture.holds(said.true, facts), picture.holds(said.false, facts)) == (expected is True, expected is False)


@given(editions(READ), half_known(READ))
def test_the_verdict_of_any_criteria_is_the_one_that_python_gives(edition, facts):
    assert reading(edition).confirmed(recent(facts)) == verdict(recent(facts), edition)


@pytest.mark.parametrize("name", SETS)
def test_the_verdict_by_each_set_is_the_one_that_python_gives(name):
    edition = in_force(name, TODAY)
    readings = {procedure: reading(edition, procedure) for procedure in PROCEDURES}

    @settings(max_examples=15)
    @given(half_known())
    def agrees(facts):
        assert {each: readings[each].confirmed(facts) for each in PROCEDURES} == {
            each: verdict(facts, edition, each) for each in PROCEDURES
        }

    agrees()


@pytest.mark.parametrize("name", SETS)
def test_every_claim_holds_of_the_sets(name):
    edition = in_force(name, TODAY)
    proved = list(claims(edition, TODAY, SECONDS))
    assert [each.words for each in proved if each.holds is not True] == []
    criteria = sum(len(list(edition.procedures[procedure].parts())) for procedure in PROCEDURES)
    assert len(proved) == criteria + 4 * len(PROCEDURES)
    met = [each for each in proved if each.words == "somebody can be a candidate"]
    assert [verdict(typed(shown(each).facts), edition, each.procedure) for each in met] == [CANDIDATE, CANDIDATE]


@settings(max_examples=15)
@given(editions(FEW))
def test_z3_finds_somebody_exactly_where_trying_everybody_finds_somebody(edition):
    said = reading(edition)
    everybody = [(facts, verdict(facts, edition)) for facts in every_picture()]
    assert claim.can_be_met(said, SECONDS).holds is (CANDIDATE in {kind for _, kind in everybody})
    for _, criterion in edition.procedures[KYPHOPLASTY].parts():
        less = claim.without(edition, KYPHOPLASTY, criterion)
        differs = any(kind != (verdict(facts, less) if less else CANDIDATE) for facts, kind in everybody)
        assert claim.decides(said, criterion, SECONDS).holds is differs


def found_of(edition):
    return {each.words: each.holds for each in claims(edition, TODAY, SECONDS) if each.procedure == KYPHOPLASTY}


def test_a_procedure_that_nobody_can_meet_is_found():
    edition = made_up(inclusion=(Within("pain_score", 8, None), Within("pain_score", None, 7)))
    assert found_of(edition)["nobody can be a candidate"] is False


def test_windows_that_are_never_open_on_one_day_are_found():
    edition = made_up(inclusion=(Within("onset_on", None, 84), ~Within("onset_on", None, 90)))
    said = found_of(edition)
    assert said["nobody can be a candidate"] is False
    assert said["“inclusion 1” can decide: who is not indicated would be a candidate without it"] is True


def test_a_criterion_that_another_makes_idle_is_found():
    edition = made_up(inclusion=(Yes("painful"), Yes("painful") | Yes("too_weak")))
    said = found_of(edition)
    assert said["“inclusion 1” decides nothing: without it all is the same"] is False
    assert said["“inclusion 0” can decide: who is not indicated would be a candidate without it"] is True


def test_an_exclusion_that_is_written_twice_is_found():
    uncorrectable = OneOf("coagulopathy", ("uncorrectable",))
    bleeding = OneOf("coagulopathy", ("correctable", "uncorrectable"))
    said = found_of(made_up(inclusion=(Yes("painful"),), exclusion=(uncorrectable, bleeding)))
    assert said["“exclusion 0” decides nothing: without it all is the same"] is False
    assert said["“exclusion 1” can decide: who is contraindicated would be a candidate without it"] is True


def test_a_criterion_that_every_answer_meets_still_asks_for_an_answer():
    edition = made_up(inclusion=(Within("onset_on", None, 84) | ~Within("onset_on", None, 84),))
    assert found_of(edition)["“inclusion 0” can decide: who is undecided would be a candidate without it"] is True


def test_what_a_complete_picture_leaves_open_is_said():
    plain, documented = (made_up(inclusion=(Yes("painful"),), documentation=some) for some in ((), (Yes("pregnant"),)))
    assert found_of(plain)["once every fact is known, no more information is asked for"] is True
    said = "once every fact is known, more information is asked for only where a documentation item is answered no"
    assert found_of(documented)[said] is True


SCREENED = made_up(
    inclusion=(Yes("painful"),), exclusion=(Yes("pregnant"),), documentation=(Yes("bone_density_referral"),)
)
SAID = reading(SCREENED)


def planted(kind, formula):
    """The reading with one of its verdicts misread."""
    return replace(SAID, conditions={**SAID.conditions, kind: formula})


def of(name):
    return truth(Yes(name), SAID.picture)


def test_a_reading_that_calls_somebody_both_is_found():
    faulty = planted(CANDIDATE, of("painful").true)
    assert claim.never_both(SAID, SECONDS).holds is True
    broken = claim.never_both(faulty, SECONDS)
    assert (broken.holds, broken.words) == (False, "somebody is both a candidate and contraindicated")
    assert shown(broken).facts["pregnant"] is True


@pytest.mark.parametrize("kind", [CANDIDATE, MORE_INFORMATION, NOT_YET, NOT_INDICATED, CONTRAINDICATED])
def test_a_reading_that_gives_somebody_no_verdict_or_two_is_found(kind):
    assert claim.one_verdict(SAID, SECONDS).holds is True
    assert claim.one_verdict(planted(kind, z3.Not(SAID.conditions[kind])), SECONDS).holds is False


def test_a_reading_that_leaves_known_facts_open_is_found():
    criteria = SCREENED.procedures[KYPHOPLASTY]
    faulty = planted(MORE_INFORMATION, z3.Or(of("painful").false, SAID.conditions[MORE_INFORMATION]))
    assert claim.nothing_left_open(SAID, criteria, SECONDS).holds is True
    broken = claim.nothing_left_open(faulty, criteria, SECONDS)
    assert broken.holds is False
    assert set(shown(broken).facts) == {"painful", "pregnant", "bone_density_referral"}


def test_somebody_whom_python_judges_otherwise_is_a_defect_and_no_answer():
    faulty = planted(CANDIDATE, of("painful").true)
    with pytest.raises(Disagreement, match="Python"):
        somebody([faulty], z3.And(faulty.conditions[CANDIDATE], of("pregnant").true), SECONDS)


def test_nobody_is_told_with_more_than_it_takes():
    edition = made_up(
        inclusion=(Yes("painful") | Yes("too_weak"), Within("onset_on", 28, None), ~Within("height_loss", None, 25)),
        exclusion=(Yes("pregnant") & Yes("active_infection"),),
    )
    met = shown(claim.can_be_met(reading(edition), SECONDS))
    assert (len(met.facts), met.facts["onset_on"]) == (4, (TODAY - timedelta(28)).isoformat())
    assert met.words.startswith("A patient of whom this is known: ")
    assert "symptoms began 28 days ago; the loss of height is 62 %; " in met.words


def _odd(names):
    """Whether an odd number of the flags is yes."""
    if len(names) == 1:
        return Yes(names[0])
    one, other = _odd(names[: len(names) // 2]), _odd(names[len(names) // 2 :])
    return (one & ~other) | (~one & other)


def test_what_is_not_found_out_in_time_is_neither_so_nor_not_so():
    shuffled = Random(3).sample(FLAGS, len(FLAGS))  # noqa: S311  a shuffle that is the same each time
    hard = reading(made_up(inclusion=(_odd(FLAGS), ~_odd(shuffled))))
    said = claim.can_be_met(hard, 0.001)
    assert (said.holds, said.words) == (None, "not found out in time: whether somebody can be a candidate")
    assert claim.can_be_met(hard, SECONDS).holds is False
