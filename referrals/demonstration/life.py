"""Taking each case through its life, everybody's steps in the order in which they happened."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import submission
from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH
from referrals.demonstration.cases import Case, Step
from referrals.demonstration.turn import Turn
from referrals.demonstration.verbs import VERBS
from referrals.events import NOWHERE, Origin, comes_from
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import Person
from referrals.storage import Storage

REMINDED_AFTER = (3, 7)
Moments = dict[tuple[int, int], datetime]
"""When a referral reached a version: by (id of the referral, version)."""


def live(
    session: Session,
    cases: list[Case],
    people: Mapping[str, Person],
    chance: Random,
    storage: Storage,
    until: datetime,
) -> Moments:
    """Make every referral and take it where it stands at last; gives back when each step happened."""
    reasons = {reason.code: reason for reason in session.scalars(select(Reason))}
    referrals = [_begin(session, number, people[case.steps[0].by], chance) for number, case in enumerate(cases, 1)]
    moments: Moments = {}
    for step, case, referral in _in_order(cases, referrals, until):
        comes_from(session, Origin(happened_at=step.at))
        turn = Turn(session, referral, case, step, people[step.by], people[case.referrer], reasons, people, storage)
        VERBS[step.do](turn)
        moments.setdefault((referral.id, referral.version), step.at)  # writing about it leaves its version as it is
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
