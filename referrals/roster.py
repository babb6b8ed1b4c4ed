"""Who works the clinic's queue, and who else may do what: active people by name, with their roles."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from referrals.policy import POLICY, may
from referrals.staff import CLINIC_ROLES, Person, Role, RoleName

WORKS_THE_QUEUE = (Person.active, Person.roles.any(Role.name.in_(CLINIC_ROLES)))
BY_NAME = select(Person).options(selectinload(Person.roles)).order_by(Person.name, Person.id)


def clinic_staff(session: Session) -> Sequence[Person]:
    """Coordinators and IR physicians who are active, by name."""
    return session.scalars(BY_NAME.where(*WORKS_THE_QUEUE)).all()


def ir_physicians(session: Session) -> Sequence[Person]:
    """Everybody who can be named as the IR physician of a referral, by name."""
    return session.scalars(BY_NAME.where(Person.active, Person.roles.any(Role.name == RoleName.IR_PHYSICIAN))).all()


def holding(session: Session, permission: str) -> list[Person]:
    """Everybody who is active and has this permission, by name."""
    with_a_role = Person.roles.any(Role.name.in_(POLICY[permission].reaches))
    return [person for person in session.scalars(BY_NAME.where(Person.active, with_a_role)) if may(person, permission)]
