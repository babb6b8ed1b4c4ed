"""How pressing a referral is: the parts of the score, what outweighs what, and how it changes as days go by."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals import priority
from referrals.priority import BEDRIDDEN, HIGHEST, ONSET, RED_FLAG, RULES, WINDOW, score
from referrals.workflow import Urgency
from tests.clinic import TODAY

FLAG = st.sampled_from([True, False, None])
PATIENTS = st.fixed_dictionaries({}, optional={"neurological_deficit": FLAG, "bedridden_risk": FLAG})
VERTEBRAE = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "injury": st.sampled_from(["compression_fracture", "none", None]),
            "cause": st.sampled_from(["osteoporosis", "cancer", "trauma", None]),
            "onset_on": st.none() | st.integers(0, 120).map(lambda days: TODAY - timedelta(days)),
        },
    ),
    max_size=3,
)
ANYBODY = st.tuples(st.sampled_from(list(Urgency)), PATIENTS, VERTEBRAE)


def part(rule, patient=None, *vertebrae, urgency=Urgency.ROUTINE, today=TODAY):
    (found,) = (part for part in score(urgency, patient or {}, vertebrae, today).parts if part.rule is rule)
    return found.says, found.points


def of(anybody, today):
    urgency, patient, vertebrae = anybody
    return score(urgency, patient, vertebrae, today)


def fracture(days, cause="osteoporosis"):
    return {"injury": "compression_fracture", "cause": cause, "onset_on": TODAY - timedelta(days)}


def test_of_nothing_known_nothing_counts_and_that_is_said():
    said = score(Urgency.ROUTINE, {}, (), TODAY)
    assert said.points == 0
    assert {part.rule.words for part in said.parts if part.says is None} == {rule.words for rule in RULES[1:]}
    assert said.changes_on is None


@pytest.mark.parametrize(
    ("days", "points"), [(0, 7), (13, 7), (14, 5), (27, 5), (28, 3), (41, 3), (42, 1), (84, 1), (85, 0), (900, 0)]
)
def test_the_fresher_the_fracture_the_more(days, points):
    assert part(ONSET, {}, fracture(days)) == (f"{days} days", points)


@pytest.mark.parametrize(
    ("days", "says", "points"),
    [
        (62, "Closes 14 Dec 2026", 0),
        (63, "Closes 13 Dec 2026", 4),
        (84, "Closes 22 Nov 2026", 4),
        (85, "Closed 22 Nov 2026", 0),
    ],
)
def test_a_payer_s_window_that_closes_soon_counts_and_one_that_has_closed_does_not(days, says, points):
    assert part(WINDOW, {}, fracture(days)) == (says, points)


def test_a_window_is_there_for_an_osteoporotic_fracture_only():
    assert part(WINDOW, {}, fracture(70, "cancer")) == ("None: no osteoporotic fracture", 0)
    assert part(WINDOW, {}, fracture(70, None)) == (None, 0)
    assert part(WINDOW, {}, {"cause": "osteoporosis"}) == (None, 0)


def test_of_several_vertebrae_the_one_that_presses_most_counts_and_one_without_a_fracture_does_not():
    both = fracture(100), fracture(70)
    assert part(ONSET, {}, *both) == ("70 days", 1)
    assert part(WINDOW, {}, *both) == ("Closes 6 Dec 2026", 4)
    assert part(ONSET, {}, fracture(100), {**fracture(3), "injury": "none"}) == ("100 days", 0)


def test_a_risk_that_is_denied_and_one_that_is_not_known_count_nothing_and_are_told_apart():
    assert part(BEDRIDDEN, {"bedridden_risk": True}) == ("Yes", 8)
    assert part(BEDRIDDEN, {"bedridden_risk": False}) == ("No", 0)
    assert part(BEDRIDDEN, {"bedridden_risk": None}) == (None, 0)
    assert part(RED_FLAG, {"neurological_deficit": True}) == ("Yes", 40)


def everybody():
    """A referral with each answer to each part, by what is said of it."""
    for urgency, flag, risk, days in product(Urgency, (True, False, None), (True, False, None), (3, 20, 35, 70, 90)):
        patient = {"neurological_deficit": flag, "bedridden_risk": risk}
        yield urgency, flag, risk, score(urgency, patient, (fracture(days),), TODAY).points


def test_a_red_flag_or_an_emergency_comes_before_everything_else():
    pressing = [points for urgency, flag, _, points in everybody() if flag or urgency is Urgency.EMERGENCY]
    rest = [points for urgency, flag, _, points in everybody() if not flag and urgency is not Urgency.EMERGENCY]
    assert min(pressing) > max(rest)


def test_an_urgent_referral_comes_before_any_routine_one_without_a_red_flag():
    urgent = [points for urgency, flag, _, points in everybody() if urgency is Urgency.URGENT and not flag]
    routine = [points for urgency, flag, _, points in everybody() if urgency is Urgency.ROUTINE and not flag]
    assert min(urgent) > max(routine)


def test_among_equally_urgent_ones_the_risk_of_becoming_bedridden_comes_first():
    alike = [(risk, points) for urgency, flag, risk, points in everybody() if urgency is Urgency.ROUTINE and not flag]
    assert min(points for risk, points in alike if risk) > max(points for risk, points in alike if not risk)


@given(ANYBODY)
def test_a_score_is_the_sum_of_its_parts_and_lies_on_the_scale(anybody):
    said = of(anybody, TODAY)
    assert said.points == sum(part.points for part in said.parts)
    assert 0 <= said.in_outline <= said.points <= HIGHEST
    for part in said.parts:
        assert part.points in [points for _, points in part.rule.scale]
        assert part.says is not None or part.points == 0


@given(ANYBODY)
def test_until_the_day_it_names_a_score_stays_and_on_that_day_it_changes(anybody):
    said = of(anybody, TODAY)
    until = said.changes_on or TODAY + timedelta(400)
    for number in range((until - TODAY).days):
        assert of(anybody, TODAY + timedelta(number)).points == said.points
    assert said.changes_on is None or of(anybody, said.changes_on).points != said.points


@given(ANYBODY, st.sampled_from(["neurological_deficit", "bedridden_risk"]))
def test_to_know_of_a_danger_never_lowers_the_score(anybody, name):
    urgency, patient, vertebrae = anybody
    unknown, known = {**patient, name: None}, {**patient, name: True}
    assert score(urgency, unknown, vertebrae, TODAY).points < score(urgency, known, vertebrae, TODAY).points


@given(ANYBODY)
def test_an_outline_is_told_nothing_but_the_urgency_and_the_red_flag(anybody):
    urgency, patient, vertebrae = anybody
    bare = {"neurological_deficit": patient.get("neurological_deficit") is True}
    assert score(urgency, patient, vertebrae, TODAY).in_outline == score(urgency, bare, (), TODAY).points


def test_the_highest_is_reached_and_every_rule_says_where_it_comes_from():
    patient = {"neurological_deficit": True, "bedridden_risk": True}
    assert score(Urgency.EMERGENCY, patient, (fracture(0),), TODAY).points == HIGHEST
    for rule in priority.RULES:
        assert rule.source
        assert rule.reading
        assert max(points for _, points in rule.scale) > 0
