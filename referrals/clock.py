"""The clocks of a referral: how long it has waited and for whom, worked out from what happened to it and when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from referrals.workflow import OPEN, State, waiting_for

NOBODY = "nobody"
"""For whom a referral waits that has ended, until it is sent again or reopened."""
WAITED_FOR = ("clinic", "referrer", "patient", NOBODY)
DECIDED = (State.ACCEPTED, State.DECLINED, State.RETURNED_WITH_ADVICE, State.REDIRECTED)

Hold = tuple[datetime, datetime | None]
"""From when to when the decision waited for an answer of the referrer; None: it still does."""


class Step(NamedTuple):
    """What a referral was from a moment on."""

    at: datetime
    state: State


@dataclass(frozen=True)
class Stretch:
    """A time in which one and the same was waited for."""

    whom: str
    begins: datetime
    ends: datetime


def steps_of(history: Iterable[Any]) -> list[Step]:
    """The steps of a referral's entries in the log, in any order."""
    changes = sorted((event for event in history if event.version is not None), key=lambda event: event.version)
    return [Step(event.happened_at, State(event.to_state)) for event in changes]


def stretches(steps: Sequence[Step], now: datetime) -> Iterator[Stretch]:
    """The whole life from the first sending, without a gap: until now while it is open, else until it ended.

    A time between an end and the sending or reopening after it is nobody's: it counts in the whole, and against no
    one. In UTC, for clocks on walls jump twice a year; a clock that was set back stands still until it has caught up.
    """
    sent = [Step(step.at.astimezone(UTC), step.state) for step in steps]
    while sent and sent[0].state is State.DRAFT:
        sent.pop(0)
    if sent and sent[-1].state in OPEN:
        sent.append(Step(now.astimezone(UTC), sent[-1].state))
    begins = sent[0].at if sent else now
    for step, following in pairwise(sent):
        ends = max(begins, following.at)
        yield Stretch(_waited_for(step.state), begins, ends)
        begins = ends


def _waited_for(state: State) -> str:
    return (waiting_for(state) if state in OPEN else None) or NOBODY


@dataclass(frozen=True)
class Waited:
    """How long a referral waited in all, and for whom; the parts are the whole, to the microsecond."""

    whole: timedelta
    parts: dict[str, timedelta]


def waited(steps: Sequence[Step], now: datetime) -> Waited:
    """How long it waited since it was first sent. Open ones count up to now."""
    every = list(stretches(steps, now))
    parts = dict.fromkeys(WAITED_FOR, timedelta())
    for stretch in every:
        parts[stretch.whom] += stretch.ends - stretch.begins
    return Waited(every[-1].ends - every[0].begins if every else timedelta(), parts)


def asks_for_a_decision(came_from: State, to: State) -> bool:
    """Whether with this step the clinic owes a decision anew: what was not open, or had ended, is open."""
    return came_from not in OPEN and to in OPEN


@dataclass(frozen=True)
class Question:
    """The decision that the clinic owes or owed: since when, and when it had to wait for the referrer."""

    asked_at: datetime | None = None
    holds: tuple[Hold, ...] = ()

    def after(self, came_from: State, to: State, at: datetime) -> "Question":
        """The question as it stands once the referral has gone from one state to another.

        Each sending, and each reopening, asks for a decision of its own: the one before it was made. How long the
        patient has waited in all is another clock, and goes on from the first sending.
        """
        if asks_for_a_decision(came_from, to):
            return Question(at)
        if (came_from, to) == (State.IN_REVIEW, State.AWAITING_INFORMATION):
            return Question(self.asked_at, (*self.holds, (at, None)))
        if came_from is State.AWAITING_INFORMATION and to is not came_from and self.holds and self.holds[-1][1] is None:
            return Question(self.asked_at, (*self.holds[:-1], (self.holds[-1][0], at)))
        return self


def questions(steps: Sequence[Step]) -> Iterator[tuple[Step, Question]]:
    """Each step of a life, with the decision that is owed or was last made from then on."""
    asked, came_from = Question(), State.DRAFT
    for step in steps:
        asked, came_from = asked.after(came_from, step.state, step.at), step.state
        yield step, asked


def question(steps: Sequence[Step]) -> Question:
    """The last decision that was asked for in this life."""
    return next((asked for _, asked in reversed(list(questions(steps)))), Question())


def written(asked: Question) -> dict[str, Any]:
    """The columns of a referral that keep the question for a list, which has no time to read the log."""
    holds = [[moment and moment.astimezone(UTC).isoformat() for moment in hold] for hold in asked.holds]
    return {"decision_asked_at": asked.asked_at, "decision_holds": holds}


def read(row: Any) -> Question:
    """The question as a referral, or its outline, keeps it."""
    holds = (
        (datetime.fromisoformat(begins), ends and datetime.fromisoformat(ends)) for begins, ends in row.decision_holds
    )
    return Question(row.decision_asked_at, tuple(holds))
