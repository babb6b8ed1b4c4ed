"""The prover: z3 in a process of its own; where there is no answer, it says why, and never no."""

import sys

import pytest

from referrals import prover
from referrals.eligibility.criteria import in_force
from referrals.eligibility.language import Yes
from referrals.prover import Answer, who_could_move
from tests.eligibility.pictures import TODAY, made_up

CLINIC, SAFETY = in_force("clinic", TODAY), in_force("safety", TODAY)


def test_a_page_is_told_who_could_move_and_by_whom_it_shows():
    answer = who_could_move(made_up((Yes("painful"),)), made_up((Yes("painful"), Yes("too_weak"))), TODAY, every=300)
    assert answer.unanswered == ""
    assert [(move.procedure, move.change, move.possible) for move in answer.moves] == [
        ("vertebroplasty", "added", False),
        ("vertebroplasty", "dropped", True),
        ("kyphoplasty", "added", False),
        ("kyphoplasty", "dropped", True),
    ]
    example = answer.moves[1].example
    assert example is not None
    assert example.facts == {"painful": True, "too_weak": False}
    assert example.verdicts == ("candidate", "not_indicated")
    assert example.words == "A patient of whom this is known: the vertebra is not too weak; the pain is at this level."


def test_when_the_time_is_over_the_page_says_so_and_nothing_else():
    assert who_could_move(CLINIC, SAFETY, TODAY, every=0.01) == Answer(unanswered=prover.OUT_OF_TIME)


def test_where_z3_is_missing_the_page_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "z3", None)
    assert who_could_move(CLINIC, SAFETY, TODAY) == Answer(unanswered=prover.NOT_INSTALLED)


@pytest.mark.parametrize("does", ["raise SystemExit(1)", "print('proved')", ""])
def test_a_prover_that_breaks_off_or_talks_nonsense_has_proved_nothing(monkeypatch, tmp_path, does):
    (tmp_path / "start.py").write_text(does)
    monkeypatch.setattr(prover, "PROGRAM", tmp_path / "start.py")
    assert who_could_move(CLINIC, SAFETY, TODAY, every=300) == Answer(unanswered=prover.BROKEN_OFF)
