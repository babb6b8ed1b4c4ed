"""How pressing a referral is: a score from 0 to 100, each part with its points, its source and how that is read.

It orders, and hides nothing. What is not known counts nothing, and is said as not known. Of several vertebrae, the
one that presses most counts for each part.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from referrals import payer
from referrals.workflow import Urgency

HIGHEST = 100


@dataclass(frozen=True)
class Rule:
    """One part of the score: what it is called, its points, where it comes from and how that is read.

    `in_outline`: whoever may not open a restricted referral is told this of it all the same.
    """

    words: str
    scale: tuple[tuple[str, int], ...]
    source: str
    reading: str
    in_outline: bool = False


URGENCY = Rule(
    "Urgency asked for",
    (("Emergency", 45), ("Urgent", 20), ("Routine", 0)),
    "The referring physician, or the clinic since",
    "An urgent referral comes before any routine one, an emergency before any urgent one.",
    in_outline=True,
)
RED_FLAG = Rule(
    "New neurological deficit",
    (("Yes", 40), ("No", 0)),
    "The safety screen of this service",
    "It comes before everything that is no emergency; the telephone is quicker than any queue.",
    in_outline=True,
)
BEDRIDDEN = Rule(
    "At risk of becoming bedridden",
    (("Yes", 8), ("No", 0)),
    "The clinic’s page, “When is the procedure recommended?”, paragraph 2, second sentence (S7)",
    "The patient who may lose the most comes first among equally urgent ones.",
)
FRESH = (("Up to 13 days", 13, 7), ("14 to 27 days", 27, 5), ("28 to 41 days", 41, 3), ("42 to 84 days", 84, 1))
"""In words, up to how many days since onset, and the points of that."""
ONSET = Rule(
    "The freshest fracture",
    (*((words, points) for words, _, points in FRESH), ("85 days or more", 0)),
    "The clinic’s page, “When is the procedure recommended?”, paragraph 2, third sentence (S8)",
    "The earlier the procedure, the better the correction: so the fresher fracture comes first. It excludes nobody.",
)
CLOSING_FOR = timedelta(21)
SOON = "Closes within 21 days"
WINDOW = Rule(
    "Payer’s window",
    ((SOON, 4), ("Closes later", 0), ("Closed", 0)),
    "Medicare LCD L34228, provisional: an osteoporotic fracture is covered for so many days from its onset",
    "A window about to close counts; one that has closed does not, for nothing can be gained any more.",
)
RULES = (URGENCY, RED_FLAG, BEDRIDDEN, ONSET, WINDOW)
NOTHING = 0


@dataclass(frozen=True)
class Part:
    """What one rule gives one referral; `says` None: not known."""

    rule: Rule
    says: str | None
    points: int = NOTHING


@dataclass(frozen=True)
class Score:
    """All parts on one day, and the next day on which the same facts make another sum (None: never)."""

    parts: tuple[Part, ...]
    changes_on: date | None

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def in_outline(self) -> int:
        """The points of what is told of a restricted referral: its place in a list may say no more."""
        return sum(part.points for part in self.parts if part.rule.in_outline)


Facts = Mapping[str, Any]


def score(urgency: Urgency, patient: Facts, vertebrae: Sequence[Facts], today: date) -> Score:
    """How pressing a referral with these facts is on this day."""
    fractures = [vertebra for vertebra in vertebrae if vertebra.get("injury") != "none"]
    parts = _parts(urgency, patient, fractures, today)
    now = sum(part.points for part in parts)
    later = ((day, _parts(urgency, patient, fractures, day)) for day in _turning_days(fractures, today) if day > today)
    changes = (day for day, then in later if sum(part.points for part in then) != now)
    return Score(parts, next(changes, None))


def _parts(urgency: Urgency, patient: Facts, fractures: Sequence[Facts], today: date) -> tuple[Part, ...]:
    return (
        _scaled(URGENCY, urgency.words),
        _scaled(RED_FLAG, _yes_or_no(patient.get("neurological_deficit"))),
        _scaled(BEDRIDDEN, _yes_or_no(patient.get("bedridden_risk"))),
        _since_onset(fractures, today),
        _window(fractures, today),
    )


def _scaled(rule: Rule, says: str | None) -> Part:
    return Part(rule, says, dict(rule.scale)[says] if says else NOTHING)


def _yes_or_no(flag: bool | None) -> str | None:
    return None if flag is None else "Yes" if flag else "No"


def _since_onset(fractures: Iterable[Facts], today: date) -> Part:
    known = [(today - vertebra["onset_on"]).days for vertebra in fractures if vertebra.get("onset_on")]
    if not known:
        return Part(ONSET, None)
    days = min(known)
    points = next((points for _, up_to, points in FRESH if days <= up_to), NOTHING)
    return Part(ONSET, "1 day" if days == 1 else f"{days} days", points)


def _window(fractures: Sequence[Facts], today: date) -> Part:
    """The window that closes next; else the last one that closed; else that there is none, or that nobody knows."""
    open_for = payer.window(today)
    if open_for is None:
        return Part(WINDOW, "None: the payer’s criteria set no end")
    osteoporotic = [vertebra for vertebra in fractures if vertebra.get("cause") == "osteoporosis"]
    closing = sorted(vertebra["onset_on"] + open_for for vertebra in osteoporotic if vertebra.get("onset_on"))
    if still_open := [day for day in closing if day >= today]:
        soon = still_open[0] <= today + CLOSING_FOR
        return Part(WINDOW, f"Closes {_day(still_open[0])}", dict(WINDOW.scale)[SOON] if soon else NOTHING)
    may_be = [vertebra for vertebra in fractures if vertebra.get("cause") in (None, "osteoporosis")]
    if not fractures or any(None in (vertebra.get("cause"), vertebra.get("onset_on")) for vertebra in may_be):
        return Part(WINDOW, None)
    return Part(WINDOW, f"Closed {_day(closing[-1] + timedelta(1))}" if closing else "None: no osteoporotic fracture")


def _turning_days(fractures: Iterable[Facts], today: date) -> Iterator[date]:
    """The days on which a part can change by itself, the first of them first."""
    open_for = payer.window(today)
    onsets = {vertebra["onset_on"] for vertebra in fractures if vertebra.get("onset_on")}
    after = {up_to + 1 for _, up_to, _ in FRESH}
    if open_for is not None:
        after |= {(open_for - CLOSING_FOR).days, open_for.days + 1}
    yield from sorted(onset + timedelta(days) for onset in onsets for days in after)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
