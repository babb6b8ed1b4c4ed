"""Taking each case through its life by the real verbs, everybody's steps in the order in which they happened."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import reminder, restriction, submission, triage
from referrals.advice import Needed
from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH
from referrals.demonstration.answers import as_answers
from referrals.demonstration.cases import Case, Step, dated
from referrals.eligibility import english, facts
from referrals.events import NOWHERE, Origin, comes_from
from referrals.information import open_request
from referrals.referral import Referral
from referrals.staff import Person
from referrals.submission import Submission
from referrals.transition import Said
from referrals.triage import Answer, Item
from referrals.workflow import Reason

REMINDED_AFTER = (3, 7)
Moments = dict[tuple[int, int], datetime]
"""When a referral reached a version: by (id of the referral, version)."""


@dataclass(frozen=True)
class Turn:
    """A step about to be taken: by whom, for whom, on which referral, in which case."""

    session: Session
    referral: Referral
    case: Case
    step: Step
    actor: Person
    referrer: Person
    reasons: Mapping[str, Reason]

    @property
    def at_hand(self) -> tuple[Session, Referral, Person, int, date]:
        """What every verb of triage begins with."""
        return self.session, self.referral, self.actor, self.referral.version, self.step.at.date()

    @property
    def comment(self) -> str:
        return str(self.step.said.get("comment", ""))

    @property
    def saying(self) -> Said:
        code = self.step.said.get("reason")
        return Said(self.reasons[code] if code else None, self.comment)

    def item(self, words: str) -> Item:
        """What a file calls "pain_score", "L1 collapse" or by a question, as it is asked for."""
        level, _, name = words.rpartition(" ")
        fact = facts.BY_NAME.get(name)
        if fact is None:
            return Item(words)
        if fact.scope == "patient":
            return Needed(name, None, None, True).item
        levels = [vertebra["level"] for vertebra in self.case.picture.vertebrae]
        return Needed(name, levels.index(level or None), level or None, True).item


def live(session: Session, cases: list[Case], people: Mapping[str, Person], chance: Random, until: datetime) -> Moments:
    """Make every referral and take it where it stands at last; gives back when each step happened."""
    reasons = {reason.code: reason for reason in session.scalars(select(Reason))}
    referrals = [_begin(session, number, people[case.steps[0].by], chance) for number, case in enumerate(cases, 1)]
    moments: Moments = {}
    for step, case, referral in _in_order(cases, referrals, until):
        comes_from(session, Origin(happened_at=step.at))
        turn = Turn(session, referral, case, step, people[step.by], people[case.referrer], reasons)
        VERBS[step.do](turn)
        moments.setdefault((referral.id, referral.version), step.at)
    comes_from(session, NOWHERE)
    return moments


def _in_order(cases: list[Case], referrals: list[Referral], until: datetime) -> list[tuple[Step, Case, Referral]]:
    every = (
        (step, case, referral)
        for case, referral in zip(cases, referrals, strict=True)
        for step in (*case.steps, *_reminders(case, until))
    )
    return sorted(every, key=lambda turn: turn[0].at)


def _reminders(case: Case, until: datetime) -> Iterable[Step]:
    """What the service does of itself while nobody answers."""
    asked = [step for step in case.steps if step.do in ("ask", "answer", "withdraw")][-1:]
    for step in asked if asked and asked[0].do == "ask" else ():
        for days in REMINDED_AFTER:
            if (at := step.at + timedelta(days)) < until:
                yield Step("remind", step.by, at, {"days": days})


def _begin(session: Session, number: int, by: Person, chance: Random) -> Referral:
    """An empty draft, under an identifier that is the same whenever the clinic is made up on this day."""
    draft = submission.open_draft(session, f"made-up-{number}", by)
    draft.public_id = "".join(chance.choices(CROCKFORD, k=PUBLIC_ID_LENGTH))
    return draft


def _draft(turn: Turn) -> None:
    submission.save_draft(turn.session, turn.referral, as_answers(turn.case, turn.actor))


def _submit(turn: Turn) -> None:
    case, referrer = turn.case, turn.referrer
    told = Submission(
        patient=case.patient,
        picture=case.picture,
        reason=case.reason,
        call_back=referrer.call_back or "",
        requester_npi=referrer.npi or "",
        requester=referrer.public_id,
        urgency=case.urgency,
    )
    submission.submit(turn.session, turn.referral, told, turn.actor, turn.step.at.date())


def _claim(turn: Turn) -> None:
    triage.claim(*turn.at_hand)


def _ask(turn: Turn) -> None:
    items = [turn.item(words) for words in turn.step.said["items"]]
    triage.ask(*turn.at_hand, items, turn.step.said["due_on"], turn.comment)


def _answer(turn: Turn) -> None:
    request = open_request(turn.session, turn.referral.id)
    positions = {item.question: item.position for item in request.items} if request else {}
    answers = {positions[item.question]: said for item, said in _answers(turn, turn.step.said["says"])}
    triage.answer(*turn.at_hand, answers, turn.comment)


def _answers(turn: Turn, says: Mapping[str, Any]) -> Iterable[tuple[Item, Answer]]:
    for words, value in dated(says, turn.case.began_on).items():
        item = turn.item(words)
        if item.fact is None:
            yield item, Answer(value)
        else:
            yield item, Answer(english.value(facts.BY_NAME[item.fact], value), value)


def _accept(turn: Turn) -> None:
    triage.accept(*turn.at_hand, turn.saying)


def _decline(turn: Turn) -> None:
    triage.decline(*turn.at_hand, turn.saying, turn.step.said["would_change"])


def _withdraw(turn: Turn) -> None:
    triage.withdraw(*turn.at_hand, turn.saying)


def _remind(turn: Turn) -> None:
    asked = open_request(turn.session, turn.referral.id)
    assert asked is not None
    reminder.step(turn.session, asked.id, turn.referral, turn.step.said["days"], turn.step.at)


def _restrict(turn: Turn) -> None:
    restriction.restrict(turn.session, turn.referral, turn.actor, turn.referral.version, turn.comment)


VERBS: dict[str, Callable[[Turn], None]] = {
    "draft": _draft,
    "submit": _submit,
    "claim": _claim,
    "ask": _ask,
    "answer": _answer,
    "accept": _accept,
    "decline": _decline,
    "withdraw": _withdraw,
    "remind": _remind,
    "restrict": _restrict,
}
