"""The criteria in SQL say what they say in Python, of any condition and any half-known picture, on both databases."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from referrals.eligibility.criteria import SETS
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Within, Yes
from referrals.eligibility.truth import truth
from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, NOT_INDICATED, NOT_YET, Verdict
from tests.conftest import BOTH
from tests.eligibility import brute_force
from tests.eligibility.anything import conditions, editions, half_known
from tests.eligibility.in_sql import connected, truths, verdicts
from tests.eligibility.pictures import FRAIL, KYPHOPLASTY, TODAY, VERTEBROPLASTY, Facts, days_ago, judged, made_up

EDITIONS = [edition for each in SETS.values() for edition in each.editions]
DATES = ("onset_on", "conservative_management_started_on")
DATED = [BY_NAME[name] for name in ("painful", "pain_score", *DATES)]
STARTED = "conservative_management_started_on"


@pytest.fixture(scope="module", params=BOTH)
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    yield from connected(url)


@settings(max_examples=150)
@given(rule=conditions(), pictures=st.lists(half_known(), min_size=1, max_size=4))
def test_any_condition_is_true_false_or_unknown_alike(connection, rule, pictures):
    assert truths(connection, rule, pictures) == [truth(rule, each, TODAY) for each in pictures]


@settings(max_examples=150)
@given(edition=editions(DATED), pictures=st.lists(half_known(DATED), min_size=1, max_size=4))
def test_any_criteria_have_the_same_verdict_and_the_same_day(connection, edition, pictures):
    close = [{name: _recent(value) for name, value in each.items()} for each in pictures]
    assert verdicts(connection, edition, close) == [_judged(each, edition) for each in close]


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: f"{edition.criteria_set} {edition.name}")
def test_of_the_sets_in_force_no_picture_is_judged_differently(connection, edition):
    pictures = _around_every_threshold(Random(3), 400)  # noqa: S311
    assert verdicts(connection, edition, pictures) == [_judged(each, edition) for each in pictures]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (27, Verdict(NOT_YET, TODAY + timedelta(1))),
        (28, Verdict(CANDIDATE)),
        (0, Verdict(NOT_YET, TODAY + timedelta(28))),
    ],
)
def test_the_wait_of_four_weeks_ends_on_day_28(connection, days, expected):
    (said,) = verdicts(connection, EDITIONS[0], [{**FRAIL, STARTED: days_ago(days)}])
    assert said == {VERTEBROPLASTY: Verdict(CANDIDATE), KYPHOPLASTY: expected}


def test_it_can_be_asked_of_any_day(connection):
    began = days_ago(27)
    said = [
        verdicts(connection, EDITIONS[0], [{**FRAIL, STARTED: began}], day)[0][KYPHOPLASTY]
        for day in (TODAY, TODAY + timedelta(1), began - timedelta(1))
    ]
    assert said == [
        Verdict(NOT_YET, TODAY + timedelta(1)),
        Verdict(CANDIDATE),
        Verdict(NOT_YET, began + timedelta(28)),
    ]


def test_what_rules_out_comes_before_the_wait(connection):
    waits: Facts = {**FRAIL, STARTED: TODAY, "pregnant": True}
    assert verdicts(connection, EDITIONS[0], [waits])[0][KYPHOPLASTY] == Verdict(CONTRAINDICATED)


def test_of_two_waits_the_earlier_one_counts_and_a_window_that_has_closed_by_then_ends_it(connection):
    either = made_up(
        inclusion=(Within(STARTED, 28, None) | (Within("onset_on", 14, None) & Within(STARTED, None, 20)),)
    )
    pictures: list[Facts] = [
        {STARTED: days_ago(10), "onset_on": days_ago(10)},
        {STARTED: days_ago(20), "onset_on": days_ago(10)},
        {STARTED: days_ago(20), "onset_on": None},
    ]
    days = [Verdict(NOT_YET, TODAY + timedelta(days)) for days in (4, 8, 8)]
    said = [each[KYPHOPLASTY] for each in verdicts(connection, either, pictures)]
    assert said[:2] == days[:2]
    assert said == [_judged(each, either)[KYPHOPLASTY] for each in pictures]


def test_two_of_four_is_settled_by_two_and_by_three_that_are_not(connection):
    rule = AtLeast(2, tuple(map(Yes, ("painful", "too_weak", "pregnant", "cement_allergy"))))
    pictures = [
        {"painful": True, "pregnant": True},
        {"painful": False, "too_weak": False, "pregnant": False},
        {"painful": False, "too_weak": False, "pregnant": True},
    ]
    assert truths(connection, rule, pictures) == [True, False, None]


def test_what_is_not_known_on_the_day_ends_the_wait_as_well(connection):
    unless_frail = made_up(inclusion=(Within(STARTED, 28, None) & ~Yes("too_frail_for_surgery"),))
    frail, not_known = ({STARTED: days_ago(27), "too_frail_for_surgery": known} for known in (True, None))
    said = [each[KYPHOPLASTY] for each in verdicts(connection, unless_frail, [frail, not_known])]
    assert said == [Verdict(NOT_INDICATED), Verdict(NOT_YET, TODAY + timedelta(1))]


def test_a_criterion_that_never_opens_is_nothing_to_wait_for(connection):
    never = made_up(inclusion=(Within(STARTED, 28, None) & Within(STARTED, None, 20),))
    assert verdicts(connection, never, [{STARTED: TODAY}])[0][KYPHOPLASTY] == Verdict(NOT_INDICATED)


def _judged(facts, edition):
    return {name: each.verdict for name, each in judged(facts, edition).judgements.items()}


def _recent(value):
    return days_ago((TODAY - value).days % brute_force.FURTHEST) if isinstance(value, date) else value


def _around_every_threshold(chance, count):
    """Pictures of which each fact is unknown at times, and dates and numbers stand where the sets draw a line."""
    return [
        {name: some(fact, chance) for name, fact in BY_NAME.items() if chance.random() > 0.15} for _ in range(count)
    ]


def some(fact, chance):
    match fact.kind:
        case "flag":
            return chance.random() < 0.6
        case "coded":
            return chance.choice(list(fact.codes))
        case "date":
            return days_ago(chance.choice((0, 20, 27, 28, 29, 42, 43, 83, 84, 85, 200)))
        case _:
            return chance.choice([number for number in (1, 3, 4, 5, 7, 8, 17, 18, 25, 26) if number <= fact.high])
