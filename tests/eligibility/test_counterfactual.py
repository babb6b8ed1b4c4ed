"""What would open a refusal: the day, or the smallest changes of what is known."""

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import assume, given, settings

from referrals.eligibility.counterfactual import LASTING, MOST, counterfactual
from referrals.eligibility.criteria import in_force
from referrals.eligibility.english import sentence
from referrals.eligibility.evaluate import assess
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import facts_of
from referrals.eligibility.truth import truth
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION
from tests.eligibility import brute_deciding as brute
from tests.eligibility.anything import editions, half_known
from tests.eligibility.pictures import FRAIL, KYPHOPLASTY, TODAY, VERTEBROPLASTY, days_ago

OPEN = (CANDIDATE, MORE_INFORMATION)
READ = [BY_NAME[name] for name in ("painful", "too_weak", "collapse", "cause", "pain_score")]


def opened(edition=None, procedure=KYPHOPLASTY, **changed):
    facts = {**FRAIL, **changed}
    return counterfactual(assess(edition or in_force("clinic", TODAY), facts, [facts], TODAY), 0, procedure)


def changes(procedure=KYPHOPLASTY, **changed):
    return [([*map(sentence, each.facts)], each.verdict) for each in opened(None, procedure, **changed).changes]


@pytest.mark.parametrize("procedure", [VERTEBROPLASTY, KYPHOPLASTY])
def test_what_another_examination_may_find_is_offered(procedure):
    assert changes(procedure, painful=False) == [(["the pain is at this level"], "candidate")]


def test_an_infection_that_has_healed_opens_it():
    assert changes(active_infection=True) == [(["an active infection is not present"], "candidate")]
    assert changes(active_infection=True, cause=None) == [(["an active infection is not present"], "more_information")]


def test_where_two_things_stand_against_it_both_are_named():
    assert changes(active_infection=True, painful=False) == [
        (["the pain is at this level", "an active infection is not present"], "candidate")
    ]


def test_beyond_two_things_nothing_is_offered():
    assert changes(active_infection=True, painful=False, pregnant=True) == []


def test_several_values_that_do_the_same_are_told_together():
    assert changes(collapse="none") == [(["the collapse is partial or complete"], "candidate")]
    assert changes(coagulopathy="uncorrectable") == [(["the bleeding disorder is none or correctable"], "candidate")]


def test_time_comes_first_with_what_must_still_be_so():
    found = opened(conservative_management_started_on=days_ago(10))
    assert found.waiting.verdict == ("candidate", TODAY + timedelta(18))
    assert [sentence(node) for node in found.waiting.while_so] == [
        "conservative management has failed",
        "the patient is at risk of becoming bedridden",
    ]
    assert found.changes == ()


def test_a_day_on_which_more_must_be_known_says_so():
    found = opened(conservative_management_started_on=days_ago(10), bedridden_risk=None)
    assert found.waiting.verdict.kind == "more_information"


def test_what_cannot_change_is_offered_only_where_nothing_else_helps_and_is_marked():
    (judged_suitable,) = opened(cause="trauma", other_fracture_suitable=False).changes
    assert judged_suitable.lasting is False
    (told_wrongly,) = opened(injury="none").changes
    assert told_wrongly.lasting is True
    assert list(map(sentence, told_wrongly.facts)) == ["imaging shows compression fracture"]


def test_what_lasts_are_facts_of_the_vocabulary():
    assert set(BY_NAME) >= LASTING


@settings(max_examples=50)
@given(editions(READ), half_known(READ))
def test_the_smallest_changes_are_those_that_trying_every_value_finds(edition, facts):
    criteria = edition.procedures[KYPHOPLASTY]
    assume(brute.kind(criteria, facts) not in OPEN)
    found = counterfactual(assess(edition, facts, [facts], TODAY), 0, KYPHOPLASTY).changes
    changing = [name for name, value in facts.items() if value is not None and name not in LASTING]
    known = [name for name, value in facts.items() if value is not None]
    expected = smallest(criteria, facts, changing) or smallest(criteria, facts, known)
    assert {facts_of_all(each.facts) for each in found} == set(expected)
    for names, openings in expected.items():
        own = [each for each in found if facts_of_all(each.facts) == names]
        for told in brute.told(sorted(names)):
            kinds = [each.verdict for each in own if all(truth(node, told, TODAY) is True for node in each.facts)]
            assert kinds == [openings[key] for key in [tuple(told.values())] if key in openings]


def facts_of_all(nodes):
    return frozenset(name for node in nodes for name in facts_of(node))


def smallest(criteria, facts, names):
    """By set of facts: the values that open it, and how it then stands."""
    for many in range(1, MOST + 1):
        found = {
            frozenset(some): openings
            for some in combinations(names, many)
            if (openings := opening(criteria, facts, sorted(some)))
        }
        if found:
            return found
    return {}


def opening(criteria, facts, names):
    kinds = {tuple(told.values()): brute.kind(criteria, {**facts, **told}) for told in brute.told(names)}
    return {values: kind for values, kind in kinds.items() if kind in OPEN}
