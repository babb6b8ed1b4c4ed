"""The verdict so far and what is still needed to decide, from the answers on the page without storing anything."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from referrals import advice
from referrals.clinical import PictureDetails
from referrals.eligibility import facts
from referrals.eligibility.evaluate import as_json
from referrals.eligibility.next_question import Asked
from referrals.screening import assess_told
from referrals.web.deciding import NextQuestion, next_question
from referrals.web.intake_form import called


@dataclass(frozen=True)
class Question:
    """A fact still needed: what is asked, of which level, and the field on the page that asks it."""

    words: str
    level: str
    field: str
    pressing: bool


@dataclass(frozen=True)
class SoFar:
    """What the checker says of the answers given until now; `next` is the question that settles most often."""

    assessment: dict[str, Any]
    levels: list[str]
    questions: list[Question]
    next: NextQuestion | None = None

    @property
    def next_asked(self) -> Question | None:
        """Where the page asks the next question."""
        return None if self.next is None else question(self.next, self.levels)

    @property
    def pressing(self) -> list[Question]:
        """What stands between a vertebra and being a candidate."""
        return [question for question in self.questions if question.pressing]

    @property
    def others(self) -> list[Question]:
        return [question for question in self.questions if not question.pressing]


def so_far(session: Session, picture: PictureDetails, chosen: list[str], today: date) -> SoFar:
    assessment = assess_told(session, picture, today)
    questions = [
        question(needed, chosen)
        for needed in advice.still_needed(assessment)
        if can_be_asked(facts.BY_NAME[needed.fact], picture, needed.vertebra)
    ]
    if not chosen:
        return SoFar(as_json(assessment), chosen, level_first(questions))

    def may_ask(asked: Asked) -> bool:
        return can_be_asked(facts.BY_NAME[asked.fact], picture, asked.vertebra)

    return SoFar(as_json(assessment), chosen, questions, next_question(assessment, may_ask))


def level_first(questions: list[Question]) -> list[Question]:
    """Before a level is chosen, the questions of a vertebra are one: which vertebra?"""
    which = Question(facts.BY_NAME["level"].question, "", "levels", pressing=True)
    return [which, *(question for question in questions if question.field != "levels")]


def can_be_asked(fact: facts.Fact, picture: PictureDetails, vertebra: int | None) -> bool:
    """Whether the answers so far make the question worth asking; until then the answer that it waits for is asked."""
    if fact.asked_when is None:
        return True
    asked_of = picture.vertebrae if vertebra is None else picture.vertebrae[vertebra : vertebra + 1]
    return any(each.get(name) in codes for each in asked_of for name, codes in fact.asked_when.items())


def question(needed: advice.Needed | NextQuestion, chosen: list[str]) -> Question:
    words = facts.BY_NAME[needed.fact].question
    if needed.vertebra is None:
        return Question(words, "", needed.fact, needed.pressing)
    if not chosen:
        return Question(words, "", "levels", needed.pressing)
    level = chosen[needed.vertebra]
    return Question(words, called(level), f"{level}-{needed.fact}", needed.pressing)
