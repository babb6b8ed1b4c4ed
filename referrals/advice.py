"""What the checker can advise a person to ask or to say; it flags, a person decides."""

from collections.abc import Iterator
from dataclasses import dataclass

from referrals.eligibility import facts
from referrals.eligibility.assessment import Assessment, Judgement
from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, NOT_YET, PROCEDURES
from referrals.inquiry import Item


@dataclass(frozen=True)
class Needed:
    """A fact that can still change a verdict, of the patient or of the vertebra at this position.

    `pressing`: it decides whether a vertebra is a candidate, not only whether a refusal has a second ground.
    """

    fact: str
    vertebra: int | None
    level: str | None
    pressing: bool

    @property
    def key(self) -> str:
        return self.fact if self.vertebra is None else f"{self.vertebra}-{self.fact}"

    @property
    def item(self) -> Item:
        question = facts.BY_NAME[self.fact].question
        return Item(f"{self.level}: {question}" if self.level else question, self.fact, self.vertebra, self.level)


def still_needed(assessment: Assessment) -> list[Needed]:
    """Every fact that can still change a verdict, each once: those that press first, then in the order of the form."""
    found: dict[str, Needed] = {}
    for needed in sorted(_each_needed(assessment), key=_order):
        found.setdefault(needed.key, needed)
    return list(found.values())


def _order(needed: Needed) -> tuple[bool, bool, int, int]:
    of_patient = needed.vertebra is None
    return not needed.pressing, of_patient, needed.vertebra or 0, list(facts.BY_NAME).index(needed.fact)


def _each_needed(assessment: Assessment) -> Iterator[Needed]:
    for position, vertebra in enumerate(assessment.vertebrae):
        for judgement in vertebra.judgements.values():
            pressing = judgement.verdict.kind == MORE_INFORMATION
            for name in judgement.needed:
                if facts.BY_NAME[name].scope == "patient":
                    yield Needed(name, None, None, pressing)
                else:
                    yield Needed(name, position, vertebra.level, pressing)


def what_would_change(assessment: Assessment) -> str:
    """For a refusal: what would have to be different, a line for each vertebra and procedure.

    Nothing of a procedure that the criteria flag: why a candidate is refused, only a person can say.
    """
    lines = (
        f"{procedure.capitalize()}, {vertebra.level or 'level not known'}: {_turning(vertebra.judgements[procedure])}"
        for vertebra in assessment.vertebrae
        for procedure in PROCEDURES
        if assessment.verdicts[procedure].kind != CANDIDATE
    )
    return "\n".join(lines)


def _turning(judgement: Judgement) -> str:
    verdict = judgement.verdict
    if verdict.kind == CONTRAINDICATED:
        return f"only once this no longer applies: {_titles(judgement, 'exclusion', True)}."
    if verdict.kind == NOT_YET and verdict.starts_on:
        return f"the same facts on {verdict.starts_on.day} {verdict.starts_on:%b %Y} or later."
    if verdict.kind == MORE_INFORMATION:
        return " ".join(("depends on answers still missing:", *(_asked(name) for name in judgement.needed)))
    return f"only if this were so: {_titles(judgement, 'inclusion', False)}."


def _asked(name: str) -> str:
    question = facts.BY_NAME[name].question
    return question if question.endswith("?") else f"{question}?"


def _titles(judgement: Judgement, part: str, holds: bool) -> str:
    titles = (
        finding.criterion.title for finding in judgement.findings if finding.part == part and finding.holds is holds
    )
    return "; ".join(title[0].lower() + title[1:] for title in titles)
