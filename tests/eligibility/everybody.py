"""Everybody there can be as far as a few facts go, so that a proof can be held against trying them all."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from referrals.eligibility.edition import Edition
from referrals.eligibility.facts import BY_NAME
from tests.eligibility import brute_force
from tests.eligibility.pictures import KYPHOPLASTY, TODAY, Facts, judged

FEW = [BY_NAME[name] for name in ("painful", "pain_trend", "onset_on")]
"""A flag, a code and a date: 96 pictures, half-known ones included."""
SECONDS = 20
"""That z3 may take for a question here: far more than it does."""


def every_picture() -> Iterator[Facts]:
    values = [[None, *brute_force.possible(fact.name, TODAY)] for fact in FEW]
    for told in product(*values):
        yield dict(zip([fact.name for fact in FEW], told, strict=True))


def verdict(facts: Facts, edition: Edition, procedure: str = KYPHOPLASTY) -> str:
    """What Python says."""
    return judged(facts, edition).judgements[procedure].verdict.kind


def typed(facts: Facts) -> dict[str, Any]:
    """The facts of an example as they are judged: its dates are text."""
    return {name: BY_NAME[name].check(value, TODAY) for name, value in facts.items()}
