"""The cases of the made-up clinic: who was referred why, and what became of it, as dates around any day.

The files in `stories` hold them in the words of the vocabulary. A name that ends in `_on` takes whole days
before the day of sending; `ago` and `sent` (or, for a draft, `begun`) are days before today; `due` and `visit` are
days from today, negative when past, and `time` is the hour of a visit. `for`: the physician for whom a delegate sends.
`person` names a patient who comes again in another case: by another practice, or `misspelled` by the same. A day on
which nobody works becomes the Friday before, save in an emergency or for a visit to come. `rescreen` is what the
service does by itself at night, on a day on which the verdict has turned. The safety screen is
answered with SAFE unless a case says otherwise; everything else that a case does not say is not known. A `document` has
`pages` of lines, an `images` says where a study is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from referrals.clinical import PictureDetails
from referrals.demonstration.names import Names
from referrals.eligibility import facts
from referrals.patients import PatientDetails
from referrals.workflow import Urgency

FILES = Path(__file__).parent / "stories"
SAFE = {
    "active_infection": False,
    "coagulopathy": "none",
    "cement_allergy": False,
    "contrast_allergy": False,
    "pregnant": False,
    "neurological_deficit": False,
    "spinal_instability": False,
}
ASKED: dict[str, Any] = dict.fromkeys(fact.name for fact in facts.PATIENT)
ASKED_OF_VERTEBRA: dict[str, Any] = dict.fromkeys(fact.name for fact in facts.VERTEBRA)
SATURDAY = 5
RESCREEN = "rescreen"
AT_NIGHT = time(2)

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One thing that somebody did to a referral, at a moment; `said` is what goes with it, as the file has it."""

    do: str
    by: str
    at: datetime
    said: Told


@dataclass(frozen=True)
class Case:
    """One patient's referral: what is told of them, and all that happened, the sending (or drafting) first."""

    patient: PatientDetails
    picture: PictureDetails
    reason: str
    urgency: Urgency
    referrer: str
    steps: tuple[Step, ...]

    @property
    def began_on(self) -> date:
        return self.steps[0].at.date()

    @property
    def screened_on(self) -> date:
        """When the days had turned a verdict and it was screened anew; else when it began."""
        return max([step.at.date() for step in self.steps if step.do == RESCREEN], default=self.began_on)


def all_cases(today: date, zone: ZoneInfo, chance: Random) -> list[Case]:
    """Every case of the files, the first begun first."""
    around = _Around(today, zone, chance)
    cases = [around.case(told) for file in sorted(FILES.glob("*.yaml")) for told in _read(file)]
    return sorted(cases, key=lambda case: case.steps[0].at)


def dated(told: Told, from_day: date) -> dict[str, Any]:
    """The same with every number under a name that ends in `_on` as the date so many days before."""
    return {
        name: from_day - timedelta(value) if name.endswith("_on") and value is not None else value
        for name, value in told.items()
    }


def _read(file: Path) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where there is one
    return list(yaml.load(file.read_text("utf-8"), loader))  # noqa: S506  both of them are safe loaders


class _Around:
    """Gives the cases their dates around a day, and their patients names."""

    def __init__(self, today: date, zone: ZoneInfo, chance: Random) -> None:
        self.today, self.zone, self.chance = today, zone, chance
        self.names = Names(chance)
        self.met: dict[str, PatientDetails] = {}

    def case(self, told: Told) -> Case:
        steps = tuple(self.steps(told))
        return Case(
            patient=self.patient(**told["patient"]),
            picture=_picture(told, steps[0].at.date()),
            reason=told["reason"],
            urgency=Urgency[told.get("urgency", "routine").upper()],
            referrer=told.get("for", told["by"]),
            steps=steps,
        )

    def patient(self, person: str = "", misspelled: bool = False, **told: Any) -> PatientDetails:
        """Somebody new, or a `person` of an earlier case once more."""
        if person in self.met:
            return self.names.again(self.met[person], misspelled)
        found = self.names.patient(self.today, **told)
        if person:
            self.met[person] = found
        return found

    def steps(self, told: Told) -> Iterator[Step]:
        began = {"do": "submit", "ago": told["sent"]} if "sent" in told else {"do": "draft", "ago": told["begun"]}
        any_day = told.get("urgency") == "emergency"
        before: datetime | None = None
        for said in (began, *told.get("then", ())):
            day = self.today - timedelta(said["ago"])
            if said["do"] == RESCREEN:
                before = datetime.combine(day, AT_NIGHT, self.zone)
            else:
                before = self.moment(day if any_day else working_day(day), before)
            due = {"due_on": self.today + timedelta(said["due"])} if "due" in said else {}
            yield Step(said["do"], said.get("by", told["by"]), before, {**said, **due, **self.visit(said)})

    def visit(self, said: Told) -> dict[str, Any]:
        """When a visit is: those of the past were on days on which the steps after them can be."""
        if "visit" not in said:
            return {}
        day = self.today + timedelta(said["visit"])
        day = working_day(day) if said["visit"] < 0 else day
        return {"starts_at": datetime.combine(day, time.fromisoformat(said["time"]), self.zone)}

    def moment(self, day: date, before: datetime | None) -> datetime:
        """A moment of the working day, after what happened before."""
        at = datetime.combine(day, time(8, 30), self.zone) + timedelta(minutes=self.chance.randrange(8 * 60))
        return at if before is None or at > before else before + timedelta(minutes=self.chance.randrange(20, 80))


def working_day(day: date) -> date:
    """The day, or the Friday before it when it falls on a weekend."""
    return day - timedelta(max(0, day.weekday() - SATURDAY + 1))


def _picture(told: Told, from_day: date) -> PictureDetails:
    """What is told of the patient; what was sent has an answer to every question, be it "not known"."""
    unsaid, unsaid_of_vertebra = (ASKED | SAFE, ASKED_OF_VERTEBRA) if "sent" in told else ({}, {})
    return PictureDetails(
        patient={**unsaid, **dated(told["facts"], from_day)},
        vertebrae=tuple({**unsaid_of_vertebra, **dated(row, from_day)} for row in told["vertebrae"]),
        imaging=tuple(dated(row, from_day) for row in told.get("imaging", ())),
        treatments=tuple(dated(row, from_day) for row in told.get("treatments", ())),
        notes={**dated(told.get("notes", {}), from_day), "narrative": told.get("narrative", "")},
    )
