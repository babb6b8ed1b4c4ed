"""What the clinic aims at: claimed by, decided by, letter by; and how each of these stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from referrals.clock import DECIDED, Question, Step, asks_for_a_decision, question
from referrals.workflow import OPEN, State, Urgency
from referrals.working_time import WorkingDays


@dataclass(frozen=True)
class Aims:
    """The clinic's targets, and by which working days they are counted.

    An emergency is decided the same day, by telephone: no setting changes that. The letter's days are whole days of
    any kind; all others are working days.
    """

    days: WorkingDays
    claimed: int = 1
    urgent: int = 2
    routine: int = 3
    letter: int = 7


class Kind(StrEnum):
    """How a target stands."""

    MET = "met"
    LATE = "late"
    DUE = "due"
    OVERDUE = "overdue"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Target:
    """One target of one referral: by which day, since which day done, and how it stands. No day: its clock stands."""

    name: str
    kind: Kind
    due_on: date | None
    done_on: date | None = None


def decide_by(asked: Question, urgency: Urgency, aims: Aims) -> date | None:
    """The day by whose end a decision is owed; None while it waits for the referrer, and where none was asked for.

    The clock starts on the day of the sending, which is day 0. Each wait for the referrer adds the working days from
    the day after the question to the day of the answer; for an emergency, every day counts.
    """
    if asked.asked_at is None or any(ends is None for _, ends in asked.holds):
        return None
    begins = aims.days.day_of(asked.asked_at)
    held = [(aims.days.day_of(since), aims.days.day_of(until)) for since, until in asked.holds if until]
    if urgency is Urgency.EMERGENCY:
        return begins + sum((max(timedelta(), until - since) for since, until in held), timedelta())
    allowed = aims.urgent if urgency is Urgency.URGENT else aims.routine
    return aims.days.add(begins, allowed + sum(aims.days.between(*hold) for hold in held))


def targets(
    steps: Sequence[Step], urgency: Urgency, aims: Aims, now: datetime, letter_sent_at: datetime | None = None
) -> list[Target]:
    """Every target that this referral has or had, in the order of its life; none that nobody owes any more.

    `letter_sent_at`: when the letter of the outcome was signed; without one the end of the referral counts.
    """
    return list(_targets(steps, urgency, aims, now, letter_sent_at))


def _targets(
    steps: Sequence[Step], urgency: Urgency, aims: Aims, now: datetime, letter_sent_at: datetime | None
) -> Iterator[Target]:
    days, still_open = aims.days, bool(steps) and steps[-1].state in OPEN
    if sent := _last(steps, State.SUBMITTED):
        after = next((step for step in steps[sent:] if step.state is not State.SUBMITTED), None)
        claimed = after.at if after and after.state in OPEN else None
        if claimed or after is None:
            yield _target("claimed", days.add(days.day_of(steps[sent - 1].at), aims.claimed), claimed, days, now)
    decided = _first(steps[_asked_from(steps) :], *DECIDED)
    if decided or still_open:
        yield _target("decided", decide_by(question(steps), urgency, aims), decided, days, now)
    if seen := _last(steps, State.ATTENDED):
        visit, finished = days.day_of(steps[seen - 1].at), letter_sent_at or _first(steps[seen:], State.COMPLETED)
        if finished or steps[-1].state is State.ATTENDED:
            yield _target("letter", visit + timedelta(aims.letter), finished, days, now)


def _last(steps: Sequence[Step], state: State) -> int:
    """How many steps there are up to the last that led into this state; 0: none did."""
    before = (State.DRAFT, *(step.state for step in steps))
    return max((n for n, step in enumerate(steps, 1) if step.state is state and before[n - 1] is not state), default=0)


def _first(steps: Sequence[Step], *states: State) -> datetime | None:
    return next((step.at for step in steps if step.state in states), None)


def _asked_from(steps: Sequence[Step]) -> int:
    """The number of the step with which the last decision was asked for."""
    before = (State.DRAFT, *(step.state for step in steps))
    return max((n for n, step in enumerate(steps) if asks_for_a_decision(before[n], step.state)), default=0)


def _target(name: str, due_on: date | None, done_at: datetime | None, days: WorkingDays, now: datetime) -> Target:
    done_on = days.day_of(done_at) if done_at else None
    if due_on is None:
        return Target(name, Kind.STOPPED, None)
    if done_on:
        return Target(name, Kind.MET if done_on <= due_on else Kind.LATE, due_on, done_on)
    return Target(name, Kind.DUE if days.day_of(now) <= due_on else Kind.OVERDUE, due_on)
