"""Where somebody works and as what, which of it goes together, and how their account stands."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, not_

from referrals.administration import Refused
from referrals.staff import CLINIC_ROLES, REFERRING_ROLES, Person, Practice, RoleName


class Standing(StrEnum):
    """How an account stands. Only who is active can sign in."""

    ACTIVE = "active"
    INVITED = "invited"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True)
class Position:
    """Where somebody works, and as what."""

    practice: Practice
    roles: frozenset[RoleName]


INVITED = and_(not_(Person.active), Person.invited_at.is_not(None), Person.joined_at.is_(None))
STANDS: dict[Standing, ColumnElement[bool]] = {
    Standing.ACTIVE: Person.active.is_(True),
    Standing.INVITED: INVITED,
    Standing.DEACTIVATED: and_(not_(Person.active), not_(INVITED)),
}


def standing(person: Person) -> Standing:
    if person.active:
        return Standing.ACTIVE
    return Standing.INVITED if person.invited_at and not person.joined_at else Standing.DEACTIVATED


def check_position(position: Position) -> None:
    """Raise Refused unless these roles go together, and with this practice."""
    roles = position.roles
    if not roles:
        raise Refused("roles", "Choose at least one role.")
    if RoleName.AUDITOR in roles and len(roles) > 1:
        raise Refused("roles", "An auditor has no other role: who watches those who act must not be one of them.")
    if roles & CLINIC_ROLES and not position.practice.is_clinic:
        raise Refused("roles", f"Coordinators and IR physicians belong to the clinic, not to {position.practice.name}.")
    if roles & REFERRING_ROLES and position.practice.is_clinic:
        raise Refused(
            "roles", "Referring physicians and delegates belong to a practice that refers, not to the clinic."
        )
