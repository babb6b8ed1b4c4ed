"""The five verdicts and their order."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

CANDIDATE = "candidate"
MORE_INFORMATION = "more_information"
NOT_YET = "not_yet"
NOT_INDICATED = "not_indicated"
CONTRAINDICATED = "contraindicated"

KINDS = (CANDIDATE, MORE_INFORMATION, NOT_YET, NOT_INDICATED, CONTRAINDICATED)
"""Best first: the referral shows the best verdict over its vertebrae."""

PROCEDURES = ("vertebroplasty", "kyphoplasty")


class Verdict(NamedTuple):
    """A flag for a person to review, never a decision. `starts_on` is the first day of a `not_yet`."""

    kind: str
    starts_on: date | None = None


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """The best of the verdicts; of several `not_yet` the earliest."""
    return min(verdicts, key=lambda verdict: (KINDS.index(verdict.kind), verdict.starts_on or date.max))
