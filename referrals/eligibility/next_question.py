"""The order in which to ask what is missing: first what settles a verdict most often by itself."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from referrals.eligibility.assessment import Assessment, Judgement
from referrals.eligibility.deciding import left_open, shares
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.verdict import MORE_INFORMATION

_PLACES = {name: place for place, name in enumerate(BY_NAME)}


class Asked(NamedTuple):
    """A missing fact, of the vertebra at a position or of the patient (None).

    `settles`: over all verdicts that are open, the mean share of its answers that settle the verdict by themselves.
    Each answer counts as equally likely; how often it is given in truth, the criteria cannot know.
    """

    fact: str
    vertebra: int | None
    settles: Fraction


def in_order(assessment: Assessment) -> list[Asked]:
    """All that open verdicts still need; of what settles as often, in the order in which a referral asks."""
    found: dict[tuple[str, int | None], Fraction] = {}
    judgements = list(_open(assessment))
    for at, judgement in judgements:
        settling = shares(left_open(judgement, assessment.as_of))
        for name in judgement.needed:
            key = (name, at if BY_NAME[name].scope == "vertebra" else None)
            found[key] = found.get(key, Fraction(0)) + settling.get(name, 0)
    asked = [Asked(name, at, share / len(judgements)) for (name, at), share in found.items()]
    return sorted(asked, key=_order)


def _open(assessment: Assessment) -> Iterator[tuple[int, Judgement]]:
    for at, vertebra in enumerate(assessment.vertebrae):
        for judgement in vertebra.judgements.values():
            if judgement.verdict.kind == MORE_INFORMATION:
                yield at, judgement


def _order(asked: Asked) -> tuple[Fraction, bool, int, int]:
    return -asked.settles, asked.vertebra is None, asked.vertebra or 0, _PLACES[asked.fact]
