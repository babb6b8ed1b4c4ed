"""Two editions beside one another: who is a candidate by the one and not by the other."""

from collections.abc import Iterator
from datetime import date

from referrals.eligibility.edition import Edition
from referrals.eligibility.proof.picture import Picture
from referrals.eligibility.proof.somebody import Reading, Unsettled, candidate_of_one, read
from referrals.eligibility.proved import IN_WORDS, Change, Move
from referrals.eligibility.verdict import PROCEDURES


def compared(before: Edition, after: Edition, as_of: date, seconds: float) -> Iterator[Move]:
    """For each procedure who could be added, and who could drop out; each looked into for so many seconds at most."""
    for procedure in PROCEDURES:
        criteria = [*before.procedures[procedure].parts(), *after.procedures[procedure].parts()]
        picture = Picture([criterion.rule for _, criterion in criteria], as_of)
        old, new = read(before, procedure, picture), read(after, procedure, picture)
        yield _move("added", new, old, seconds)
        yield _move("dropped", old, new, seconds)


def _move(change: Change, by: Reading, other: Reading, seconds: float) -> Move:
    """Whether a candidate by the one is anything else by the other."""
    one, another = _name(by), _name(other)
    try:
        found = candidate_of_one(by, other, seconds)
    except Unsettled:
        words = f"not found out in time: whether a candidate by {one} can be anything else by {another}"
        return Move(procedure=by.procedure, change=change, possible=None, words=words)
    words = f"every candidate by {one} is one by {another}"
    if found:
        words = f"somebody can be a candidate by {one} and {IN_WORDS[found.verdicts[1]]} by {another}"
    return Move(procedure=by.procedure, change=change, possible=found is not None, words=words, example=found)


def _name(reading: Reading) -> str:
    assert reading.edition is not None
    return f"{reading.edition.criteria_set} {reading.edition.name}"
