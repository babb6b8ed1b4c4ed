"""The front of the house: judge a referral by an edition, and write what was said as plain data."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from referrals.eligibility import english
from referrals.eligibility.assessment import Assessment as Assessment
from referrals.eligibility.assessment import Finding, Judgement, VertebraAssessment
from referrals.eligibility.edition import Criterion, Edition, Part
from referrals.eligibility.fact import Value
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.judge import Judge
from referrals.eligibility.truth import Facts, Truth, truth
from referrals.eligibility.verdict import PROCEDURES, Verdict

Json = dict[str, Any]

_UNKNOWN: Mapping[str, None] = dict.fromkeys(BY_NAME)


@lru_cache(maxsize=32)
def _judge(edition: Edition) -> Judge:
    return Judge(edition)


def assess(edition: Edition, patient: Facts, vertebrae: Sequence[Facts], as_of: date) -> Assessment:
    """Judge every vertebra for every procedure, from values that `Fact.check` has let through.

    A referral without a vertebra is judged as one of which nothing is known.
    """
    judge = _judge(edition)
    return Assessment(
        edition,
        as_of,
        tuple(judge.vertebra({**_UNKNOWN, **patient, **vertebra}, as_of) for vertebra in vertebrae or ({},)),
    )


def as_json(assessment: Assessment) -> Json:
    """The assessment as plain data: enough to print, to keep, and to draw a page from."""
    edition = assessment.edition
    return {
        "criteria_set": edition.criteria_set,
        "as_of": assessment.as_of.isoformat(),
        "verdicts": {name: _verdict(verdict) for name, verdict in assessment.verdicts.items()},
        "vertebrae": [_vertebra(vertebra, assessment) for vertebra in assessment.vertebrae],
        "needed": [{**needed._asdict(), "procedures": list(needed.procedures)} for needed in assessment.needed],
        "edition": edition.name,
        "edition_digest": edition.digest,
        "provisional": edition.provisional,
        "unjudged": list(edition.unjudged),
    }


def _verdict(verdict: Verdict) -> Json:
    if verdict.starts_on is None:
        return {"verdict": verdict.kind}
    return {"verdict": verdict.kind, "from": verdict.starts_on.isoformat()}


def _vertebra(vertebra: VertebraAssessment, assessment: Assessment) -> Json:
    as_of = assessment.as_of
    return {
        "level": vertebra.level,
        **{name: _judgement(vertebra.judgements[name], as_of) for name in PROCEDURES},
        "notes": [
            {"note": note.name, "words": note.words, "source": str(note.source)}
            for note in assessment.edition.notes
            if truth(note.rule, vertebra.facts, as_of) is True
        ],
    }


def _judgement(judgement: Judgement, as_of: date) -> Json:
    return {
        **_verdict(judgement.verdict),
        "criteria": [_finding(finding, as_of) for finding in judgement.findings],
        "needed": list(judgement.needed),
    }


def _finding(finding: Finding, as_of: date) -> Json:
    return dict(_written(finding.criterion, finding.part, finding.holds, tuple(finding.facts.items()), as_of))


@lru_cache(maxsize=1024)
def _written(criterion: Criterion, part: Part, holds: Truth, known: tuple[tuple[str, Any], ...], as_of: date) -> Json:
    """The same values on the same day are written once; what is returned is shared, for reading only."""
    facts = dict(known)
    return {
        "criterion": criterion.name,
        "holds": holds,
        "facts": {name: _plain(value) for name, value in facts.items()},
        "source": str(criterion.source),
        "part": part,
        "title": criterion.title,
        "reading": criterion.reading,
        "ours": criterion.ours,
        "addition": criterion.addition,
        "tree": _tree(_outline(criterion), facts, as_of),
    }


@lru_cache(maxsize=256)
def _outline(criterion: Criterion) -> english.Line:
    return english.outline(criterion.rule)


def _tree(line: english.Line, facts: Facts, as_of: date) -> Json:
    """The condition in English, line by line, with the truth of each line."""
    return {
        "english": line.words,
        "holds": truth(line.node, facts, as_of),
        "parts": [_tree(part, facts, as_of) for part in line.parts],
    }


def _plain(value: Value | None) -> Any:
    return value.isoformat() if isinstance(value, date) else value
