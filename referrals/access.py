"""On which grounds somebody opens, lists, acts on or restricts a referral, and reviews an emergency access: rows.

They hold conditions, and are read three ways: as a condition of SQL (`in_sql`), of one loaded referral (`holds`), and,
in the tests, as formulas that are proved. Nothing else says who gets at a referral.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, true

from referrals.emergency import EmergencyAccess
from referrals.policy import Reach, counted, may, reaches
from referrals.staff import Person, RoleName


class Condition(StrEnum):
    """What a ground can ask for, in words that go after "the person" or "the referral"."""

    ACTIVE = "is active"
    REFERS = "refers for a practice"
    PHYSICIAN = "is a referring physician"
    DELEGATE = "is a practice delegate"
    CLINIC_ROLE = "has a role of the clinic"
    ADMINISTRATOR = "is an administrator"
    REVIEWER = "may review emergency access"

    OWN_PRACTICE = "is of the own practice"
    SENT = "was sent"
    NOT_RESTRICTED = "is not restricted"
    REQUESTER = "was referred by this person"
    OWNER = "is owned by this person"
    IR_PHYSICIAN = "has this person as its IR physician"
    GLASS_OPEN = "is of a patient to whom this person has an emergency access open now"
    OPENED_BY_ANOTHER = "was opened by another person"


C = Condition
OF_THE_PERSON = frozenset({C.ACTIVE, C.REFERS, C.PHYSICIAN, C.DELEGATE, C.CLINIC_ROLE, C.ADMINISTRATOR, C.REVIEWER})
"""What is known of the person before any referral is looked at."""


@dataclass(frozen=True)
class Ground:
    """One row: whoever fulfills all of its conditions."""

    words: str
    conditions: frozenset[Condition]


def _ground(words: str, *conditions: Condition) -> Ground:
    return Ground(words, frozenset((C.ACTIVE, *conditions)))


PRACTICE = (C.REFERS, C.OWN_PRACTICE)
CLINIC = (C.CLINIC_ROLE, C.SENT)

OPENS = (
    _ground("Own practice, not restricted", *PRACTICE, C.NOT_RESTRICTED),
    _ground("The referring physician", *PRACTICE, C.PHYSICIAN, C.REQUESTER),
    _ground("The clinic, not restricted", *CLINIC, C.NOT_RESTRICTED),
    _ground("The owner at the clinic", *CLINIC, C.OWNER),
    _ground("Its IR physician", *CLINIC, C.IR_PHYSICIAN),
    _ground("Emergency access", *CLINIC, C.GLASS_OPEN),
)
"""Who opens a referral. A delegate, and a colleague, open what is not restricted."""
LISTS = (*OPENS, _ground("The clinic’s queue, without the patient", *CLINIC))
"""Who knows that a referral is there: a restricted one stands in the queue as an outline, so that it is not lost."""
RESTRICTS = (
    _ground("The referring physician", *PRACTICE, C.PHYSICIAN, C.SENT, C.REQUESTER),
    _ground("A delegate, for the referring physician", *PRACTICE, C.DELEGATE, C.SENT, C.NOT_RESTRICTED),
    _ground("The clinic, not restricted", *CLINIC, C.NOT_RESTRICTED),
    _ground("The owner at the clinic", *CLINIC, C.OWNER),
    _ground("Its IR physician", *CLINIC, C.IR_PHYSICIAN),
)
"""Who restricts a referral or lifts it. Not on the ground of an emergency access, which is to end by itself."""
ACTS = (
    _ground("Own practice, not restricted", *PRACTICE, C.NOT_RESTRICTED),
    _ground("The referring physician", *PRACTICE, C.PHYSICIAN, C.REQUESTER),
    _ground("The clinic, not restricted", C.CLINIC_ROLE, C.NOT_RESTRICTED),
    _ground("The owner at the clinic", C.CLINIC_ROLE, C.OWNER),
    _ground("Its IR physician", C.CLINIC_ROLE, C.IR_PHYSICIAN),
    _ground("Emergency access", C.CLINIC_ROLE, C.GLASS_OPEN),
    _ground("An administrator, who reads nothing of it", C.ADMINISTRATOR),
)
"""Who does to a referral what the table of actions gives their role. (The clinic enters a draft for a referrer.)"""
CLAIMS = (_ground("The clinic, restricted or not", *CLINIC),)
"""Who claims one: the only action that does not begin with opening it."""
REVIEWS = (_ground("A reviewer, never of the own", C.REVIEWER, C.OPENED_BY_ANOTHER),)
"""Who reviews an emergency access."""


def of_person(person: Person) -> frozenset[Condition]:
    """What the person brings along."""
    carried, roles = reaches(person, "read_referral"), counted(person.role_names)
    known = {
        C.ACTIVE: person.active,
        C.REFERS: Reach.OWN_PRACTICE in carried,
        C.PHYSICIAN: RoleName.PHYSICIAN in roles,
        C.DELEGATE: RoleName.DELEGATE in roles,
        C.CLINIC_ROLE: Reach.EVERYWHERE in carried,
        C.ADMINISTRATOR: RoleName.ADMINISTRATOR in roles,
        C.REVIEWER: may(person, "review_emergency_access"),
    }
    return frozenset(condition for condition, so in known.items() if so)


def of_referral(person: Person, referral: Any, glass_open: bool = False) -> frozenset[Condition]:
    """What is so of this referral for this person."""
    known = {
        C.OWN_PRACTICE: referral.practice_id == person.practice_id,
        C.SENT: referral.first_submitted_at is not None,
        C.NOT_RESTRICTED: not referral.restricted,
        C.REQUESTER: referral.requester_id == person.id,
        C.OWNER: referral.owner_id == person.id,
        C.IR_PHYSICIAN: referral.ir_physician_id == person.id,
        C.GLASS_OPEN: glass_open,
    }
    return frozenset(condition for condition, so in known.items() if so)


def of_access(person: Person, access: EmergencyAccess) -> frozenset[Condition]:
    """What is so of this emergency access for this person."""
    return frozenset({C.OPENED_BY_ANOTHER} if access.person_id != person.id else ())


def holds(grounds: Iterable[Ground], person: Person, known: frozenset[Condition]) -> bool:
    """Whether one of the grounds holds, given what is known of the referral or the access."""
    known |= of_person(person)
    return any(ground.conditions <= known for ground in grounds)


def in_sql(grounds: Iterable[Ground], person: Person, referral: Any, at: datetime) -> ColumnElement[bool]:
    """The referrals (columns of `referral`) for which one of the grounds holds at that moment.

    What all of them ask for stands in front, by itself, where an index can serve it.
    """
    mine = of_person(person)
    left = [ground.conditions - mine for ground in grounds if ground.conditions & OF_THE_PERSON <= mine]
    if not left:
        return false()

    def all_of(conditions: frozenset[Condition]) -> ColumnElement[bool]:
        return and_(true(), *(COLUMNS[condition](person, referral, at) for condition in sorted(conditions)))

    shared = frozenset.intersection(*left)
    if shared in left:  # the other grounds ask for more
        return all_of(shared)
    return and_(all_of(shared), or_(*(all_of(conditions - shared) for conditions in left)))


def _glass_open(person: Person, referral: Any, at: datetime) -> ColumnElement[bool]:
    return exists().where(
        EmergencyAccess.person_id == person.id,
        EmergencyAccess.patient_id == referral.patient_id,
        EmergencyAccess.opened_at <= at,
        EmergencyAccess.ends_at > at,
    )


COLUMNS: dict[Condition, Callable[[Person, Any, datetime], ColumnElement[bool]]] = {
    C.OWN_PRACTICE: lambda person, referral, _: referral.practice_id == person.practice_id,
    C.SENT: lambda _, referral, __: referral.first_submitted_at.is_not(None),
    C.NOT_RESTRICTED: lambda _, referral, __: referral.restricted.is_(False),
    C.REQUESTER: lambda person, referral, _: referral.requester_id == person.id,
    C.OWNER: lambda person, referral, _: referral.owner_id == person.id,
    C.IR_PHYSICIAN: lambda person, referral, _: referral.ir_physician_id == person.id,
    C.GLASS_OPEN: _glass_open,
}
