"""An edition can be written down whole and read back: every word, every rule, the same digest."""

import json
from datetime import date

import pytest
from hypothesis import given

from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import Edition, ProcedureCriteria
from referrals.eligibility.edition_notation import edition_from_json, edition_to_json
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Yes
from referrals.eligibility.verdict import PROCEDURES
from tests.eligibility.anything import editions
from tests.eligibility.pictures import criterion

EVERY = [edition for each in SETS.values() for edition in each.editions]


@pytest.mark.parametrize("edition", EVERY, ids=lambda edition: f"{edition.criteria_set} {edition.name}")
def test_an_edition_read_back_is_the_one_that_was_written(edition):
    written = edition_to_json(edition)
    back = edition_from_json(json.loads(json.dumps(written)))
    assert edition_to_json(back) == written
    assert back.digest == edition.digest
    assert [str(each.source) for each in back.criteria] == [str(each.source) for each in edition.criteria]


@given(editions(tuple(BY_NAME.values())))
def test_so_is_any_edition_that_can_be_made_up(edition):
    assert edition_from_json(json.loads(json.dumps(edition_to_json(edition)))).digest == edition.digest


@pytest.mark.parametrize("left_out", ["criteria", "procedures", "notes", "provisional", "unjudged", "in_force_from"])
def test_what_is_no_edition_is_refused(left_out):
    written = edition_to_json(EVERY[0])
    del written[left_out]
    with pytest.raises(ValueError, match="not the JSON form of an edition"):
        edition_from_json(written)


def test_one_name_is_one_criterion():
    one, another = criterion("painful", Yes("painful")), criterion("painful", Yes("too_weak"))
    with pytest.raises(ValueError, match="two criteria of the edition are called painful"):
        Edition(
            criteria_set="made-up",
            name="1",
            in_force_from=date(2026, 1, 1),
            procedures=dict(
                zip(
                    PROCEDURES,
                    (ProcedureCriteria(inclusion=(one,)), ProcedureCriteria(inclusion=(another,))),
                    strict=True,
                )
            ),
        )
