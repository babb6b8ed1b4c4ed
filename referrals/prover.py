"""Asks for proofs about editions: z3 works in a process of its own, which ends when its time is over."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from referrals.eligibility.edition import Edition
from referrals.eligibility.edition_notation import edition_to_json
from referrals.eligibility.proved import Claim, Example, Move

PROGRAM = Path(__file__).with_name("eligibility") / "proof" / "start.py"
EACH, ALL = 2, 20
"""Seconds for one question to z3, and for all that is asked at once, on a page that somebody waits for."""
ONE_AT_A_TIME = BoundedSemaphore(1)
"""In a worker: z3 takes a processor and 60 MB while it looks."""

NOT_INSTALLED = "Nothing was proved: z3 is not installed here. Get it by: pip install z3-solver"
OUT_OF_TIME = "Nothing was proved: the time was over before everything was looked into."
BROKEN_OFF = "Nothing was proved: the prover broke off, and its own words are in the log of the service."


class Unanswered(Exception):
    """There is no answer, neither yes nor no; the message is one sentence that says why."""


@dataclass(frozen=True)
class Answer:
    """Who could move from one edition to the other. Where `unanswered` is not empty, nothing is known, and why."""

    moves: tuple[Move, ...] = ()
    unanswered: str = ""


def who_could_move(before: Edition, after: Edition, as_of: date, each: float = EACH, every: float = ALL) -> Answer:
    """Who could be added and who could drop out, with somebody made up for each, for a page that must not fail."""
    try:
        return Answer(moves_between(before, after, as_of, each, every))
    except Unanswered as why:
        return Answer(unanswered=str(why))


def moves_between(before: Edition, after: Edition, as_of: date, each: float, every: float) -> tuple[Move, ...]:
    """The same; raises Unanswered."""
    found = _asked("moves", [before, after], as_of, each, every)
    return tuple(Move(**{**one, "example": _example(one["example"])}) for one in found)


def claims_about(edition: Edition, as_of: date, each: float, every: float) -> tuple[Claim, ...]:
    """What must hold of every edition, claim by claim; raises Unanswered."""
    found = _asked("claims", [edition], as_of, each, every)
    return tuple(Claim(**{**one, "example": _example(one["example"])}) for one in found)


def _asked(
    asked: str, editions: Sequence[Edition], as_of: date, each: float, every: float
) -> Iterable[Mapping[str, Any]]:
    if find_spec("z3") is None:
        raise Unanswered(NOT_INSTALLED)
    request = {
        "asked": asked,
        "editions": [edition_to_json(edition) for edition in editions],
        "as_of": as_of.isoformat(),
        "seconds": each,
    }
    return _found(json.dumps(request), every)


def _found(request: str, seconds: float) -> list[dict[str, Any]]:
    program = [sys.executable, "-I", str(PROGRAM)]
    try:
        with ONE_AT_A_TIME:
            ended = subprocess.run(  # noqa: S603  our own program, with nothing of anybody's in its arguments
                program, input=request, stdout=subprocess.PIPE, text=True, timeout=seconds, env={}, cwd="/", check=True
            )
        return list(json.loads(ended.stdout))
    except subprocess.TimeoutExpired:
        raise Unanswered(OUT_OF_TIME) from None
    except (subprocess.SubprocessError, ValueError):
        raise Unanswered(BROKEN_OFF) from None


def _example(data: Mapping[str, Any] | None) -> Example | None:
    return None if data is None else Example(**{**data, "verdicts": tuple(data["verdicts"])})
