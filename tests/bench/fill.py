"""Thousands of referrals at once: what a clinic has after years, the old ones ended and the newest open."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH, Base, Database
from referrals.eligibility.verdict import PROCEDURES
from referrals.patients import folded
from referrals.staff import Person, RoleName
from referrals.workflow import State, Urgency
from tests import clinic

Row = dict[str, Any]
Kind = TypeVar("Kind")

PATIENTS, REFERRALS = Base.metadata.tables["patients"], Base.metadata.tables["referrals"]
AT_ONCE = 5_000
OPEN = {
    State.SUBMITTED: 24, State.IN_REVIEW: 22, State.AWAITING_INFORMATION: 22, State.ACCEPTED: 22,
    State.SCHEDULED: 7, State.ATTENDED: 3,
}  # fmt: skip
ENDED = {
    State.COMPLETED: 55, State.DECLINED: 14, State.RETURNED_WITH_ADVICE: 8, State.WITHDRAWN: 8,
    State.CLOSED_INCOMPLETE: 6, State.REDIRECTED: 5, State.ENTERED_IN_ERROR: 2, State.DRAFT: 2,
}  # fmt: skip
URGENCIES = {Urgency.ROUTINE: 80, Urgency.URGENT: 17, Urgency.EMERGENCY: 3}
VERDICTS = {"candidate": 30, "more_information": 35, "not_yet": 15, "not_indicated": 15, "contraindicated": 5}
UNKNOWN = 0.2
PRACTICES, YEARS = 40, 3


@dataclass(frozen=True)
class Staff:
    """Those who have to be there before a referral can be."""

    physicians: list[Person]
    coordinators: list[Person]


@dataclass(frozen=True)
class Size:
    """How many referrals there are, how many of them (the newest) are still open, and how many in a hundred are red."""

    referrals: int
    still_open: int
    red_flags: int


def fill(database: Database, size: Size) -> Person:
    """That many referrals with their patients; gives back somebody who works the queue."""
    chance, count = random.Random(1), size.referrals  # noqa: S311
    with database.begin() as session:
        staff = _engage(session)
    for first in range(0, count, AT_ONCE):
        numbers = range(first + 1, min(first + AT_ONCE, count) + 1)
        with database.begin() as session:
            made = [_referral(number, size, staff, chance) for number in numbers]
            session.execute(insert(PATIENTS), [_patient(each) for each in made])
            session.execute(insert(REFERRALS), made)
    return staff.coordinators[0]


def _engage(session: Session) -> Staff:
    hospital = clinic.practice(session, "Clinic", is_clinic=True)
    practices = [clinic.practice(session, f"Practice {number}") for number in range(PRACTICES)]
    return Staff(
        [clinic.person(session, f"Physician {place.id}", RoleName.PHYSICIAN, place) for place in practices],
        [clinic.person(session, f"Coordinator {number}", RoleName.COORDINATOR, hospital) for number in range(4)],
    )


def _patient(referral: Row) -> Row:
    number = referral["id"]
    given, family = f"Given{number % 700}", f"Family{number % 9000}"
    return {
        "id": number,
        "public_id": referral["public_id"],
        "practice_id": referral["practice_id"],
        "given_name": given,
        "family_name": family,
        "born_on": date(1930 + number % 40, 1 + number % 12, 1 + number % 28),
        "sex": "female",
        "mrn": f"MRN-{number}",
        "telephone": "555-0102",
        "language": "",
        "interpreter": None,
        "carer_name": "",
        "carer_telephone": "",
        "search_name": folded(f"{family} {given}"),
        "search_given_name": folded(f"{given} {family}"),
        "search_mrn": folded(f"MRN-{number}"),
    }


def _referral(number: int, size: Size, staff: Staff, chance: random.Random) -> Row:
    """The number-th of all, in the order in which they were sent."""
    physician, coordinator = chance.choice(staff.physicians), chance.choice(staff.coordinators)
    sent = datetime.now(UTC) - timedelta(days=365 * YEARS * (1 - number / (size.referrals + 1)))
    state = one_of(OPEN if size.referrals - number < size.still_open else ENDED, chance)
    return {
        "id": number,
        "public_id": "".join(chance.choices(CROCKFORD, k=PUBLIC_ID_LENGTH)),
        "submission_token": f"token-{number}",
        "practice_id": physician.practice_id,
        "requester_id": physician.id,
        "patient_id": number,
        "state": state,
        "version": 1,
        "urgency": one_of(URGENCIES, chance),
        "first_submitted_at": sent,
        "changed_at": sent + timedelta(days=chance.random()),
        "due_on": sent.date() + timedelta(9) if state is State.AWAITING_INFORMATION else None,
        "owner_id": None if state is State.SUBMITTED else coordinator.id,
        **_decision(state, coordinator, sent),
        "red_flag": chance.random() < size.red_flags / 100,
        **_reflected(sent.date(), chance),
    }


def _decision(state: State, by: Person, sent: datetime) -> Row:
    ended = state in (State.DECLINED, State.WITHDRAWN)
    return {
        "decided_by_id": by.id if ended else None,
        "decided_at": sent + timedelta(days=3) if ended else None,
        "decision_reason": "duplicate" if ended else None,
        "decision_comment": "The same referral came twice" if ended else None,
        "would_change": "Nothing" if ended else None,
    }


def _reflected(sent_on: date, chance: random.Random) -> Row:
    """What a list shows of picture and screening."""
    kinds = {procedure: one_of(VERDICTS, chance) for procedure in PROCEDURES}
    eligible_on = sent_on + timedelta(chance.randint(1, 28)) if "not_yet" in kinds.values() else None
    started_on = sent_on - timedelta(chance.randint(0, 80))
    return {
        **kinds,
        **{f"{procedure}_from": eligible_on if kind == "not_yet" else None for procedure, kind in kinds.items()},
        "becomes_eligible_on": eligible_on,
        "levels": chance.choice(("L1", "T12", "T12 L1", "L2", "?")),
        "conservative_management_started_on": None if chance.random() < UNKNOWN else started_on,
        "onset_on": None if chance.random() < UNKNOWN else started_on - timedelta(chance.randint(0, 14)),
    }


def one_of(shares: Mapping[Kind, int], chance: random.Random) -> Kind:
    return chance.choices(list(shares), list(shares.values()))[0]
