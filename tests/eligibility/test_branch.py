"""Editing a rule step by step: every step leaves a condition, and does what it says to everybody."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.eligibility import branch
from referrals.eligibility.branch import MOST, added, at, every, rebuilt, tree, without
from referrals.eligibility.language import AtLeast, Not, OneOf, Within, Yes
from referrals.eligibility.truth import truth

A, B, C, D = Yes("painful"), Yes("pregnant"), Yes("too_weak"), Yes("tumor_damage")
FLAGS = ("painful", "pregnant", "too_weak", "tumor_damage")
LEAVES = st.sampled_from([A, B, C, D])


def groups(parts):
    return st.lists(parts, min_size=1, max_size=4).flatmap(
        lambda listed: st.integers(1, len(listed)).map(lambda count: AtLeast(count, tuple(listed)))
    )


RULES = st.recursive(LEAVES, lambda parts: st.one_of(groups(parts), parts.map(Not)), max_leaves=8)
ANSWERS = st.fixed_dictionaries(dict.fromkeys(FLAGS, st.sampled_from([True, False, None])))


def says(node, known):
    return truth(node, known, date(2026, 11, 22))


def same_again(rule):
    return {
        each.path: (each.core.count if isinstance(each.core, AtLeast) else each.core, each.denied)
        for each in every(tree(rule))
    }


@given(rule=RULES, known=ANSWERS)
def test_the_tree_says_what_the_rule_says(rule, known):
    assert says(tree(rule).node, known) == says(rule, known)


@given(rule=RULES)
def test_saying_the_same_at_every_place_changes_nothing(rule):
    assert rebuilt(rule, same_again(rule)) is rule


@given(rule=RULES, known=ANSWERS, data=st.data())
def test_joining_by_and_or_or_does_so_at_that_place_alone(rule, known, data):
    there = data.draw(st.sampled_from(every(tree(rule))))
    for how, join in (("and", all), ("or", any)):
        more = Within("pain_score", 7, None)
        grown = added(rule, there.path, more, how)
        known = {**known, "pain_score": data.draw(st.sampled_from([3, 9]))}
        part = at(tree(grown), there.path).node
        if None not in known.values():
            assert says(part, known) == join([says(there.node, known), known["pain_score"] == 9])


@given(rule=RULES, known=ANSWERS, data=st.data())
def test_what_was_joined_can_be_taken_out_again(rule, known, data):
    there = data.draw(st.sampled_from(every(tree(rule))))
    more = Within("pain_score", 7, None)
    grown = added(rule, there.path, more, "in" if there.parts else "and")
    place = next(each.path for each in every(tree(grown)) if each.core == more)
    back = without(grown, place)
    expected = rule
    if there.parts and not there.core.every:
        assert says(back, known) == says(expected, known)
    if None not in known.values():
        assert says(back, known) == says(expected, known)


def test_a_group_that_asks_for_all_goes_on_to_ask_for_all_and_one_of_two_for_two():
    assert added(A & B, (), C, "in") == AtLeast(3, (A, B, C))
    assert added(A | B, (), C, "in") == AtLeast(1, (A, B, C))
    assert added(AtLeast(2, (A, B, C)), (), D, "in") == AtLeast(2, (A, B, C, D))
    assert added(~(A | B), (), C, "in") == Not(AtLeast(1, (A, B, C)))
    assert without(AtLeast(2, (A, B, C)), (0,)) == AtLeast(2, (B, C))
    assert tree(without(A & B, (0,))).node == B


def test_what_is_there_already_is_not_added_again():
    assert added(A & B, (), A, "in") == A & B
    assert added(A, (), A, "and") == A
    assert added(A & B, (), B, "and") == A & B


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (lambda: without(A, ()), "last condition"),
        (lambda: without(A & B, (2,)), "no such place"),
        (lambda: without(A & B, (-1,)), "no such place"),
        (lambda: added(A, (0,), B, "and"), "no such place"),
        (lambda: added(A, (), B, "in"), "no group"),
        (lambda: added(AtLeast(1, (A, B) * (MOST // 2)), (), C, "in"), "at most"),
    ],
)
def test_a_step_that_cannot_be_done_says_why(step, why):
    with pytest.raises(ValueError, match=why):
        step()


def test_a_threshold_a_code_and_a_count_are_changed_at_their_place():
    rule = A | (Within("pain_score", 7, None) & OneOf("cause", ("cancer",)))
    said = same_again(rule)
    said |= {(1, 0): (Within("pain_score", 5, None), False), (1, 1): (OneOf("cause", ("trauma",)), True), (): (2, True)}
    assert rebuilt(rule, said) == ~(A & (Within("pain_score", 5, None) & ~OneOf("cause", ("trauma",))))


def test_a_denial_of_a_denial_is_none():
    assert branch.tree(~~A) == branch.tree(A)
    assert branch.tree(~~A & B).nodes == (A, B)
