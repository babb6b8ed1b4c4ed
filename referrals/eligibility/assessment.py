"""What an edition says of a referral: verdicts, findings, and the facts still needed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from referrals.eligibility.edition import Criterion, Edition, Part
from referrals.eligibility.fact import Scope, Value
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.truth import Facts, Truth
from referrals.eligibility.verdict import PROCEDURES, Verdict, best

_PLACES = {name: place for place, name in enumerate(BY_NAME)}


class Finding(NamedTuple):
    """One criterion: whether its condition holds (an exclusion: whether it excludes), and the values judged."""

    criterion: Criterion
    part: Part
    holds: Truth
    facts: Mapping[str, Value | None]


class Judgement(NamedTuple):
    """One procedure on one vertebra; `needed` are the facts that can still change the verdict or its day."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    needed: tuple[str, ...]


class VertebraAssessment(NamedTuple):
    """One vertebra, with all the facts it was judged by; `level` None is not known."""

    level: str | None
    judgements: Mapping[str, Judgement]
    facts: Facts


class Needed(NamedTuple):
    """A fact to ask for, of the vertebra at a position or of the patient (None), and for which procedures."""

    fact: str
    vertebra: int | None
    procedures: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """A referral judged by one edition on one day. It flags for a person to review and decides nothing."""

    edition: Edition
    as_of: date
    vertebrae: tuple[VertebraAssessment, ...]

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The referral's verdict for each procedure: the best over its vertebrae."""
        return {
            procedure: best(vertebra.judgements[procedure].verdict for vertebra in self.vertebrae)
            for procedure in PROCEDURES
        }

    def kinds(self) -> dict[str, str]:
        return {procedure: verdict.kind for procedure, verdict in self.verdicts.items()}

    @cached_property
    def needed(self) -> tuple[Needed, ...]:
        """The facts to ask for, each once: those of the vertebrae in order, then those of the patient."""
        of_each = [_needed("vertebra", at, [vertebra]) for at, vertebra in enumerate(self.vertebrae)]
        return tuple(chain(*of_each, _needed("patient", None, self.vertebrae)))


def _needed(scope: Scope, at: int | None, vertebrae: Sequence[VertebraAssessment]) -> Iterator[Needed]:
    wanting: dict[str, dict[str, None]] = {}
    for vertebra in vertebrae:
        for procedure in PROCEDURES:
            for name in vertebra.judgements[procedure].needed:
                wanting.setdefault(name, {})[procedure] = None
    for name in sorted(wanting, key=_PLACES.__getitem__):
        if BY_NAME[name].scope == scope:
            yield Needed(name, at, tuple(procedure for procedure in PROCEDURES if procedure in wanting[name]))
