"""`flask criteria prove`: what is proved, line by line, and a status that a build can stop at."""

import sys
from types import MappingProxyType

import pytest
from click.testing import CliRunner, Result

from referrals.criteria_command import criteria, sets
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import CriteriaSet
from referrals.eligibility.language import Yes
from tests.eligibility.pictures import made_up


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(criteria, ["prove", *arguments])


def test_every_claim_about_a_set_takes_a_line():
    result = prove("safety")
    lines = result.output.splitlines()
    assert (result.exit_code, len(lines)) == (0, 18)
    assert lines[0] == (
        "proved  safety 1, vertebroplasty: somebody can be a candidate. A patient of whom this is known: an active "
        "infection is not present; the bleeding disorder is none; the patient is not allergic to bone cement; the "
        "patient is not pregnant; a new neurological deficit is not present."
    )
    assert lines[6] == "proved  safety 1, vertebroplasty: nobody is both a candidate and contraindicated."
    assert {line.split("  ")[0] for line in lines} == {"proved"}


def test_two_sets_are_compared_with_somebody_whom_one_alone_takes():
    result = prove("safety:1", "--against", "clinic:1")
    lines = result.output.splitlines()
    assert (result.exit_code, len(lines)) == (0, 4)
    assert lines[0].startswith("found   vertebroplasty: somebody can be a candidate by safety 1 and ")
    assert lines[1] == "proved  vertebroplasty: every candidate by clinic 1 is one by safety 1."


def test_a_claim_that_fails_ends_with_status_1(monkeypatch):
    never = CriteriaSet(name="never", title="", about="", editions=(made_up((Yes("painful"), ~Yes("painful"))),))
    monkeypatch.setattr(sets, "SETS", MappingProxyType({**SETS, "never": never}))
    result = prove("never:1")
    assert result.exit_code == 1
    assert result.output.splitlines()[0] == "FAILS   made-up 1, vertebroplasty: nobody can be a candidate."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], f"SET: one of {', '.join(SETS)}"),
        (["clinic:0"], "clinic: one of its editions 1"),
        (["clinic", "--against", "nothing"], f"SET: one of {', '.join(SETS)}"),
    ],
)
def test_a_set_or_an_edition_that_is_not_there_is_refused_in_one_line(arguments, said):
    result = prove(*arguments)
    assert (result.exit_code, result.output) == (2, f"{said}\n")


def test_where_z3_is_missing_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "z3", None)
    result = prove()
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "pip install z3-solver" in result.output
