"""What the checker can advise a person to ask or to say; it flags, a person decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from referrals.eligibility import facts
from referrals.eligibility.assessment import Assessment, Judgement
from referrals.eligibility.counterfactual import Change, Waiting, counterfactual
from referrals.eligibility.english import sentence
from referrals.eligibility.language import Node
from referrals.eligibility.next_question import in_order
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION, PROCEDURES
from referrals.inquiry import Item

MOST_WAYS = 3
"""Ways to open a refusal, in one line of a letter."""

_WOULD_BE = {CANDIDATE: "would be a candidate", MORE_INFORMATION: "would be open again, with answers missing,"}


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


def telling_first(assessment: Assessment) -> list[Needed]:
    """The same, and of those that press first what settles a verdict most often by itself."""
    ranks = {(asked.fact, asked.vertebra): rank for rank, asked in enumerate(in_order(assessment))}
    return sorted(
        still_needed(assessment),
        key=lambda each: (not each.pressing, ranks.get((each.fact, each.vertebra), len(ranks))),
    )


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
        f"{procedure.capitalize()}, {vertebra.level or 'level not known'}: {_turning(assessment, at, procedure)}"
        for at, vertebra in enumerate(assessment.vertebrae)
        for procedure in PROCEDURES
        if assessment.verdicts[procedure].kind != CANDIDATE
    )
    return "\n".join(lines)


def _turning(assessment: Assessment, at: int, procedure: str) -> str:
    judgement = assessment.vertebrae[at].judgements[procedure]
    if judgement.verdict.kind == MORE_INFORMATION:
        return " ".join(("depends on answers still missing:", *(_asked(name) for name in judgement.needed)))
    found = counterfactual(assessment, at, procedure)
    if found.waiting:
        return _after_waiting(found.waiting)
    return _changed(found.changes) or _unmet(judgement)


def _after_waiting(waiting: Waiting) -> str:
    starts_on = waiting.verdict.starts_on
    assert starts_on is not None
    so = _joined(waiting.while_so)
    condition = f"if it is still so that {so}" if so else "if nothing else has changed"
    return f"{_WOULD_BE[waiting.verdict.kind]} from {starts_on.day} {starts_on:%b %Y}, {condition}."


def _changed(changes: Sequence[Change]) -> str:
    """ "would be a candidate if the pain is at this level"; several ways one after another."""
    return " Or it ".join(_one_change(each) for each in changes[:MOST_WAYS])


def _one_change(change: Change) -> str:
    condition = "only if what was told is wrong, and" if change.lasting else "if"
    return f"{_WOULD_BE[change.verdict]} {condition} {_joined(change.facts)}."


def _joined(conditions: Sequence[Node]) -> str:
    return " and ".join(map(sentence, conditions))


def _unmet(judgement: Judgement) -> str:
    """Where more would have to be different than can be told one by one: the criteria that stand against it."""
    against = [("only once this no longer applies", "exclusion", True), ("only if this were so", "inclusion", False)]
    said = (f"{words}: {titles}." for words, part, holds in against if (titles := _titles(judgement, part, holds)))
    return " ".join(each[0].upper() + each[1:] if at else each for at, each in enumerate(said))


def _asked(name: str) -> str:
    question = facts.BY_NAME[name].question
    return question if question.endswith("?") else f"{question}?"


def _titles(judgement: Judgement, part: str, holds: bool) -> str:
    titles = (
        finding.criterion.title for finding in judgement.findings if finding.part == part and finding.holds is holds
    )
    return "; ".join(title[0].lower() + title[1:] for title in titles)
