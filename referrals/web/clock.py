"""The clocks of a referral as pages show them: how long and for whom it waited, how each target stands, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from referrals import clock, target
from referrals.clock import NOBODY, Waited
from referrals.db import now
from referrals.events import Event
from referrals.outline import Outline
from referrals.referral import Referral
from referrals.target import Aims, Kind, Target
from referrals.web.context import settings, today
from referrals.web.words import day
from referrals.workflow import State, Urgency
from referrals.working_time import WorkingDays

WHOM = {"clinic": "The clinic", "patient": "The patient", NOBODY: "Closed in between"}
TARGETS = {"claimed": "Claimed", "decided": "Decision", "letter": "Letter"}
UNDECIDED = (State.SUBMITTED, State.IN_REVIEW)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IN_HOURS = 2 * DAY
"""What is shorter is said in hours."""


@dataclass(frozen=True)
class Share:
    """A part of the time, as the bar draws it (in percent) and as its line says it."""

    whom: str
    words: str
    figure: str
    begins: float
    width: float


def aims() -> Aims:
    """What this clinic aims at, by its settings."""
    said = settings()
    days = WorkingDays(ZoneInfo(said.time_zone), said.holidays)
    return Aims(days, said.target_claimed, said.target_urgent, said.target_routine, said.target_letter)


def shown(referral: Referral, history: Iterable[Event]) -> dict[str, Any]:
    """What the card "Time" is drawn from."""
    steps = clock.steps_of(history)
    waited = clock.waited(steps, now())
    targets = target.targets(steps, referral.asked_urgency, aims(), now(), referral.letter_sent_at)
    return {
        "waited_in_all": figures(waited)[0],
        "shares": shares(waited, referral.practice.name),
        "targets": [(TARGETS[each.name], standing(each, referral.asked_urgency), LOOKS[each.kind]) for each in targets],
    }


def figures(waited: Waited) -> tuple[str, dict[str, str]]:
    """The whole and its parts in words, in whole hours or days that add up as the parts do.

    Each part is rounded down; the units that are lacking go to those that lost most by it.
    """
    unit, word = (HOUR, "hour") if waited.whole < IN_HOURS else (DAY, "day")
    counts = {whom: part // unit for whom, part in waited.parts.items()}
    lacking = waited.whole // unit - sum(counts.values())
    for whom in sorted(waited.parts, key=lambda whom: waited.parts[whom] % unit, reverse=True)[:lacking]:
        counts[whom] += 1
    return _count(waited.whole // unit, word), {whom: _count(count, word) for whom, count in counts.items()}


def _count(number: int, word: str) -> str:
    return f"{number} {word}s" if number > 1 else f"1 {word}" if number else f"under 1 {word}"


def shares(waited: Waited, practice: str) -> list[Share]:
    """The parts that there are, side by side."""
    said, made, begins = figures(waited)[1], [], 0.0
    for whom, part in waited.parts.items():
        if part:
            width = 100 * (part / waited.whole)
            made.append(Share(whom.replace(" ", "-"), WHOM.get(whom, practice), said[whom], begins, width))
            begins += width
    return made


LOOKS = {Kind.OVERDUE: "overdue", Kind.DUE: "", Kind.MET: "", Kind.LATE: "", Kind.STOPPED: "soft"}


def standing(each: Target, urgency: Urgency) -> str:
    """How a target stands: "Due 28 Nov 2026, in 2 days", "2 days overdue, since 20 Nov 2026"."""
    if each.due_on is None:
        return "Stopped until the referrer answers"
    if each.done_on:
        late = _days(each.done_on - each.due_on)
        return f"Met {day(each.done_on)}" if each.kind is Kind.MET else f"{day(each.done_on)}, {late} late"
    left = each.due_on - today()
    if left < timedelta():
        return f"{_days(-left)} overdue, was due {day(each.due_on)}"
    by_telephone = ", by telephone" if urgency is Urgency.EMERGENCY and each.name == "decided" else ""
    when = {0: "today", 1: "tomorrow"}.get(left.days, f"{day(each.due_on)}, in {_days(left)}")
    return f"Due {when}{by_telephone}"


def _days(length: timedelta) -> str:
    return "1 day" if length.days == 1 else f"{length.days} days"


def decision(row: Referral | Outline) -> tuple[str, str] | None:
    """When the decision on a row of the queue is owed, in a few words, and how that looks; None: it is not owed now."""
    due_on = target.decide_by(clock.read(row), row.asked_urgency, aims()) if row.status in UNDECIDED else None
    if due_on is None:
        return None
    left = (due_on - today()).days
    if left < 0:
        return f"{_days(timedelta(-left))} overdue", "overdue"
    if left == 0:
        return "Decide today" + (", by telephone" if row.asked_urgency is Urgency.EMERGENCY else ""), "due-soon"
    return f"Decide by {_short(due_on)}", ""


def _short(value: date) -> str:
    """28 Nov; with the year where it is not this one."""
    return f"{value.day} {value:%b}" if value.year == today().year else day(value)


def register(app: Flask) -> None:
    app.add_template_filter(decision)
