"""Thousands of referrals at once: what a clinic has after years, the old ones ended and the newest open."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH, Base, Database
from referrals.desk import desk_of
from referrals.eligibility.verdict import PROCEDURES
from referrals.patients import folded
from referrals.priority import HIGHEST
from referrals.staff import Person, RoleName
from referrals.workflow import State, Urgency
from tests import clinic

Row = dict[str, Any]
Kind = TypeVar("Kind")

PATIENTS, REFERRALS = Base.metadata.tables["patients"], Base.metadata.tables["referrals"]
AT_ONCE = 5_000
OPEN = {
    State.SUBMITTED: 12, State.IN_REVIEW: 20, State.AWAITING_INFORMATION: 20, State.ACCEPTED: 20,
    State.SCHEDULED: 18, State.ATTENDED: 10,
}  # fmt: skip
ENDED = {
    State.COMPLETED: 55, State.DECLINED: 14, State.RETURNED_WITH_ADVICE: 8, State.WITHDRAWN: 8,
    State.CLOSED_INCOMPLETE: 6, State.REDIRECTED: 5, State.ENTERED_IN_ERROR: 2, State.DRAFT: 2,
}  # fmt: skip
URGENCIES = {Urgency.ROUTINE: 80, Urgency.URGENT: 17, Urgency.EMERGENCY: 3}
VERDICTS = {"candidate": 30, "more_information": 35, "not_yet": 15, "not_indicated": 15, "contraindicated": 5}
UNKNOWN = 0.2
WITHDRAWN_LATER, MISSED, WITH_IR = 0.15, 0.5, 0.5
"""How many accepted ones are asked back, and have missed a visit; how many in review lie with an IR physician."""
PRACTICES, YEARS = 40, 3
AT_NINE = time(9)


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
    row = {
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
        "due_on": _around_today(chance) if state is State.AWAITING_INFORMATION else None,
        "owner_id": None if state is State.SUBMITTED else coordinator.id,
        **_decision(state, coordinator, sent),
        **_course(state, coordinator, sent, chance),
        "red_flag": chance.random() < size.red_flags / 100,
        **_reflected(sent.date(), chance),
    }
    return row | {"worklist": desk_of(SimpleNamespace(**row), {})}


def _around_today(chance: random.Random) -> date:
    return datetime.now(UTC).date() + timedelta(chance.randint(-8, 9))


def _course(state: State, by: Person, sent: datetime, chance: random.Random) -> Row:
    """Visits, and what came of them, as far as the referral got."""
    booked, seen = state is State.SCHEDULED, state in (State.ATTENDED, State.COMPLETED)
    accepted = state in (State.ACCEPTED, State.SCHEDULED, State.ATTENDED)
    day = _around_today(chance) if booked else sent.date() + timedelta(5)
    return {
        "ir_physician_id": by.id if state is State.IN_REVIEW and chance.random() < WITH_IR else None,
        "needs_rebooking": state is State.ACCEPTED and chance.random() < MISSED,
        "withdrawal_asked_at": sent if accepted and chance.random() < WITHDRAWN_LATER else None,
        "appointment_at": datetime.combine(day, AT_NINE, UTC) if booked or seen else None,
        "appointment_on": day if booked or seen else None,
        "appointment_kind": "procedure" if booked or seen else None,
        "outcome": "treated" if seen else None,
        "bone_health": "referred" if state is State.COMPLETED else None,
        "letter_sent_at": sent + timedelta(days=6) if state is State.COMPLETED else None,
        "service": "The spine surgeons" if state is State.REDIRECTED else "",
        "priority": chance.randint(0, HIGHEST),
        "priority_in_outline": chance.randint(0, HIGHEST),
    }


def _decision(state: State, by: Person, sent: datetime) -> Row:
    ended = state in ENDED and state is not State.DRAFT
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
