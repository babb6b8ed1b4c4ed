"""The payer's criteria beside the clinic's: what they say, and until when. Judged when asked, never recorded."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from referrals.eligibility.assessment import Assessment, Finding, Judgement, VertebraAssessment
from referrals.eligibility.criteria import in_force
from referrals.eligibility.edition import Part
from referrals.eligibility.truth import Truth
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    KINDS,
    MORE_INFORMATION,
    NOT_INDICATED,
    NOT_YET,
    PROCEDURES,
)
from referrals.eligibility.window import Closing, closing, days_open

PAYER = "medicare-lcd"

REASONS: Mapping[str, set[tuple[Part, Truth]]] = {
    CANDIDATE: set(),
    MORE_INFORMATION: {("inclusion", None), ("exclusion", None), ("documentation", None), ("documentation", False)},
    NOT_YET: {("inclusion", False)},
    NOT_INDICATED: {("inclusion", False)},
    CONTRAINDICATED: {("exclusion", True)},
}
"""By verdict, the answers that it is given for."""


class Side(NamedTuple):
    """One procedure on one vertebra, by both sets."""

    procedure: str
    clinic: Judgement
    payer: Judgement

    @property
    def differ(self) -> bool:
        return self.clinic.verdict.kind != self.payer.verdict.kind

    @property
    def clinic_is_behind(self) -> bool:
        """Whether it is the clinic's criteria for which the verdicts differ."""
        return KINDS.index(self.clinic.verdict.kind) > KINDS.index(self.payer.verdict.kind)


class Beside(NamedTuple):
    """One vertebra by both sets; `alike`: the payer judges every procedure by the same criteria."""

    level: str | None
    sides: tuple[Side, ...]
    window: Closing | None

    @property
    def alike(self) -> bool:
        first, *others = self.sides
        return all(other.payer.findings == first.payer.findings for other in others)


def window(on: date) -> timedelta | None:
    """How long after the first symptoms the payer's criteria of that day can be met; None where they set no end.

    Of the editions that come with the service: lists and scores are made without looking for others.
    """
    days = days_open(in_force(PAYER, on), "onset_on")
    return None if days is None else timedelta(days)


def side_by_side(clinic: Assessment, payer: Assessment) -> Iterator[Beside]:
    """The same picture by both sets, vertebra by vertebra."""
    for ours, theirs in zip(clinic.vertebrae, payer.vertebrae, strict=True):
        sides = tuple(Side(each, ours.judgements[each], theirs.judgements[each]) for each in PROCEDURES)
        yield Beside(ours.level, sides, _closing(payer, theirs))


def reasons(judgement: Judgement) -> list[Finding]:
    """The criteria for which the verdict is no better; none for a candidate."""
    given_for = REASONS[judgement.verdict.kind]
    return [finding for finding in judgement.findings if (finding.part, finding.holds) in given_for]


def _closing(payer: Assessment, vertebra: VertebraAssessment) -> Closing | None:
    """The window that closes first, whatever the procedure."""
    each = (closing(criteria, vertebra.facts, payer.as_of) for criteria in payer.edition.procedures.values())
    return min(filter(None, each), key=lambda one: one.last_on or date.max, default=None)
