"""The criteria as CQL: the reference translator accepts them, and cql-execution finds what Python finds."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.eligibility.cql import criterion_name, library, procedure_name
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import Criterion, Edition, ProcedureCriteria, Source
from referrals.eligibility.evaluate import assess
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes, leaves
from referrals.eligibility.truth import Facts, truth
from referrals.eligibility.verdict import CONTRAINDICATED, KINDS, MORE_INFORMATION, NOT_YET, PROCEDURES
from tests.bench.eligibility import pictures
from tests.conftest import unavailable
from tests.cql.engine import Engine, NoEngine, NotCql, engine
from tests.eligibility.anything import editions, half_known
from tests.eligibility.pictures import CLEAR_SCREEN, TODAY, days_ago, made_up

EVERY = [edition for each in SETS.values() for edition in each.editions]
PICTURES = 2_000
AROUND_A_LIMIT = 25
"""Pictures in which the fact is moved from one side of the limit to the other."""

MIXED = [BY_NAME[name] for name in ("painful", "pain_score", "height_loss", "cause", "onset_on")]
DATED = [BY_NAME[name] for name in ("painful", "onset_on", "conservative_management_started_on")]


@pytest.fixture(scope="module")
def cql() -> Iterator[Engine]:
    try:
        with engine() as running:
            yield running
    except NoEngine as reason:
        unavailable(str(reason))


def said_by_python(edition: Edition, facts: Facts, as_of: date) -> dict[str, Any]:
    """Every criterion and note, and of every procedure the verdict and its day, by their names in the library."""
    (vertebra,) = assess(edition, facts, [facts], as_of).vertebrae
    said: dict[str, Any] = {criterion_name(note): truth(note.rule, vertebra.facts, as_of) for note in edition.notes}
    for procedure, (verdict, findings, _) in vertebra.judgements.items():
        said[procedure_name(procedure, "verdict")] = verdict.kind
        said[procedure_name(procedure, "from")] = verdict.starts_on and verdict.starts_on.isoformat()
        said |= {criterion_name(each.criterion): each.holds for each in findings}
    return said


def agree(cql: Engine, edition: Edition, some: Sequence[Facts]) -> int:
    """How many pictures were compared; each holds its day as `as_of`."""
    for picture, told in zip(some, cql.judge(library(edition), some), strict=True):
        expected = said_by_python(edition, {name: picture.get(name) for name in BY_NAME}, picture["as_of"])
        assert {name: told[name] for name in expected} == expected, picture
    return len(some)


# The editions there are


def half_known_pictures(seed: int) -> list[dict[str, Any]]:
    """On days of several years; every second one passes the safety screen, or most would be contraindicated."""
    chance = random.Random(seed)  # noqa: S311
    some = []
    for place, (patient, vertebra) in enumerate(pictures(PICTURES, seed)):
        later = timedelta(chance.randint(0, 2000))
        known = {**patient, **vertebra, **(CLEAR_SCREEN if place % 2 else {})}
        moved = {name: value + later if isinstance(value, date) else value for name, value in known.items()}
        some.append({**moved, "as_of": TODAY + later})
    return some


def either_side(question: Within, as_of: date) -> list[Any]:
    """The values at the limits of the window and just beside them."""
    fact = BY_NAME[question.fact]
    limits = [bound for bound in (question.low, question.high) if bound is not None]
    if fact.kind == "date":
        return [days_ago(int(limit) + beside, as_of) for limit in limits for beside in (-1, 0, 1)]
    step = 1 if fact.whole else 0.01
    return [limit + beside for limit in limits for beside in (-step, 0, step)]


def at_the_limits(edition: Edition, some: Sequence[Facts]) -> Iterator[dict[str, Any]]:
    rules = [*(criterion.rule for criterion in edition.criteria), *(note.rule for note in edition.notes)]
    for question in dict.fromkeys(leaf for rule in rules for leaf in leaves(rule)):
        if isinstance(question, Within):
            for picture in some[:AROUND_A_LIMIT]:
                yield from ({**picture, question.fact: value} for value in either_side(question, picture["as_of"]))


@pytest.mark.parametrize("edition", EVERY, ids=lambda edition: f"{edition.criteria_set} {edition.name}")
def test_of_half_known_pictures_cql_says_what_python_says(cql, edition, record_property):
    some = half_known_pictures(seed=6)
    compared = agree(cql, edition, [*some, *at_the_limits(edition, some[1::2])])
    record_property(f"pictures agree in CQL and Python ({edition.criteria_set} {edition.name})", compared)


def test_the_pictures_meet_every_verdict():
    (clinic,) = SETS["clinic"].editions
    told = [said_by_python(clinic, picture, picture["as_of"]) for picture in half_known_pictures(seed=6)]
    assert {each["kyphoplasty: verdict"] for each in told} == set(KINDS)


# Any edition


@settings(max_examples=25)
@given(editions(MIXED), st.lists(half_known(MIXED), min_size=4, max_size=10))
def test_of_any_edition_cql_says_what_python_says(cql, edition, some):
    agree(cql, edition, [{**facts, "height_loss": held(facts["height_loss"]), "as_of": TODAY} for facts in some])


@settings(max_examples=25)
@given(editions(DATED), st.lists(half_known(DATED), min_size=4, max_size=10))
def test_of_any_edition_it_waits_for_the_same_day(cql, edition, some):
    agree(cql, edition, [{**{name: recent(value) for name, value in facts.items()}, "as_of": TODAY} for facts in some])


def held(number: float | None) -> float | None:
    """As a Decimal of CQL holds it, with eight places."""
    return number if number is None else round(number, 8)


def recent(value: Any) -> Any:
    return days_ago((TODAY - value).days % 7) if isinstance(value, date) else value


# What has gone wrong in engines


def told(cql: Engine, rule: Node, **facts: Any) -> Any:
    (said,) = cql.judge(library(made_up(inclusion=(rule,))), [{**facts, "as_of": TODAY}])
    return said["criterion: inclusion 0"]


FLAGS = ("painful", "too_weak", "marrow_edema", "retropulsion")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("turned", [False, True], ids=["so", "not so"])
def test_so_many_of_four_in_all_81_ways_in_which_they_can_be_known(cql, count, turned):
    some_of_them = AtLeast(count, tuple(Yes(flag) for flag in FLAGS))
    edition = made_up(inclusion=(Not(some_of_them) if turned else some_of_them,))
    ways = [dict(zip(FLAGS, way, strict=True)) for way in product([True, False, None], repeat=4)]
    assert agree(cql, edition, [{**way, "as_of": TODAY} for way in ways]) == 81


def test_an_unknown_code_is_in_no_list_and_outside_of_none(cql):
    either = OneOf("cause", ("osteoporosis", "cancer"))
    assert told(cql, either) is None
    assert told(cql, ~either) is None
    assert told(cql, ~either, cause="trauma") is True


def test_the_same_condition_counts_as_often_as_it_stands_there(cql):
    twice = AtLeast(2, (Yes("painful"), Yes("painful"), Yes("too_weak")))
    assert told(cql, twice, painful=True, too_weak=False) is True
    assert told(cql, twice, painful=False, too_weak=True) is False
    assert told(cql, twice, too_weak=True) is None


@pytest.mark.parametrize(("days", "holds"), [(84, False), (85, True), (None, None)])
def test_a_window_that_must_be_over(cql, days, holds):
    began = None if days is None else days_ago(days)
    assert told(cql, ~Within("onset_on", None, 84), onset_on=began) is holds


def test_what_waits_for_an_unknown_date_has_no_day(cql):
    edition = made_up(inclusion=(Within("onset_on", 28, None) & Yes("painful"),))
    (said,) = cql.judge(library(edition), [{"painful": False, "as_of": TODAY}])
    assert (said["kyphoplasty: verdict"], said["kyphoplasty: from"]) == ("not_indicated", None)


def test_no_day_is_waited_for_where_something_rules_the_procedure_out(cql):
    edition = made_up(inclusion=(Within("onset_on", 28, None),), exclusion=(Yes("pregnant"),))
    facts = {"onset_on": TODAY, "as_of": TODAY}
    ruled_out, open_still = cql.judge(library(edition), [{**facts, "pregnant": True}, facts])
    assert (ruled_out["kyphoplasty: verdict"], ruled_out["kyphoplasty: from"]) == (CONTRAINDICATED, None)
    assert (open_still["kyphoplasty: verdict"], open_still["kyphoplasty: from"]) == (NOT_YET, "2026-12-20")


def test_of_several_days_the_first_that_is_still_to_come(cql):
    edition = made_up(inclusion=(Within("onset_on", 3, 5) | Within("onset_on", 10, 12) | Within("onset_on", 20, None),))
    agree(cql, edition, [{"onset_on": days_ago(ago), "as_of": TODAY} for ago in range(24)])


def test_an_edition_that_asks_for_nothing_is_read_too(cql):
    (safety,) = SETS["safety"].editions
    (said,) = cql.judge(library(safety), [{**CLEAR_SCREEN, "pregnant": None, "as_of": TODAY}])
    assert (said["kyphoplasty: inclusion"], said["kyphoplasty: verdict"]) == (True, MORE_INFORMATION)


@pytest.mark.parametrize(
    ("low", "high", "value", "holds"),
    [
        (0.1, None, 0.1, True),
        (None, 0.3, 0.1 + 0.2, True),  # 0.30000000000000004, which no Decimal of CQL is
        (1e-7, None, 1e-7, True),
        (1e-9, None, 0.0, False),
        (25, None, 24.99999999, False),
        (25, None, 25, True),
    ],
)
def test_limits_with_many_decimals(cql, low, high, value, holds):
    assert told(cql, Within("height_loss", low, high), height_loss=held(value)) is holds


@given(st.floats(0, 100, exclude_min=True, exclude_max=True), st.decimals(0, 100, places=8))
def test_a_limit_that_no_decimal_can_be_lets_the_same_values_pass(bound, value):
    """Whichever values of CQL lie within the window lie within the one that is written."""
    text = library(made_up(inclusion=(Within("height_loss", bound, None),)))
    written = Decimal(text.partition('"height_loss" >= ')[2].split()[0])
    assert (value >= written) is (float(value) >= bound)


# Words and names


EVIL = 'a "b" \'c\' \\ `d` */ /* // \r\n define "x": true \u2028 \u202e é 🦴 \x00 ${e}'


def worded(words: str) -> Edition:
    criterion = Criterion(name=words, title=words, rule=Yes("painful"), source=Source(words, words), reading=words)
    criteria = ProcedureCriteria(inclusion=(criterion,))
    return Edition(
        criteria_set="a-set of 2",
        name=words,
        in_force_from=TODAY,
        procedures=dict.fromkeys(PROCEDURES, criteria),
        provisional=words,
    )


def test_no_word_of_an_edition_becomes_a_part_of_the_program(cql):
    edition = worded(EVIL)
    agree(cql, edition, [{"painful": known, "as_of": TODAY} for known in (True, False, None)])
    assert set(cql.judge(library(edition), [{"as_of": TODAY}])[0]) == set(
        cql.judge(library(worded("plain")), [{"as_of": TODAY}])[0]
    ) - {"criterion: plain"} | {f"criterion: {EVIL}"}


def test_the_library_is_called_after_the_set_by_a_name_that_is_safe_everywhere():
    assert "library \"a_set_of_2\" version 'plain'" in library(worded("plain"))


def test_a_line_of_words_is_a_comment_to_its_end():
    for line in library(worded(EVIL)).splitlines():
        assert line.startswith("//") or "*/" not in line or line.startswith(("define", "library", "  "))


@pytest.mark.parametrize(
    ("added", "complaint"),
    [
        ("define wrong: unheard_of", "Could not resolve identifier unheard_of"),
        ("define wrong: 'a' + 1", "Could not resolve call to operator"),
        ("define wrong: null", "3 nulls in the translation of 2 in the text"),
        ('define "kyphoplasty: verdict": true', "already"),
    ],
)
def test_what_the_translator_does_not_understand_is_not_passed_over(cql, added, complaint):
    text = library(made_up(inclusion=(Yes("painful"),)))
    with pytest.raises(NotCql, match=complaint):
        cql.judge(f"{text}\n{added}\n", [])
