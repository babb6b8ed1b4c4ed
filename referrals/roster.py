"""Who works the clinic's queue: those whom a referral can be given to."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.staff import CLINIC_ROLES, Person, Role

WORKS_THE_QUEUE = (Person.active, Person.roles.any(Role.name.in_(CLINIC_ROLES)))


def clinic_staff(session: Session) -> Sequence[Person]:
    """Coordinators and IR physicians who are active, by name."""
    named = select(Person).where(*WORKS_THE_QUEUE)
    return session.scalars(named.order_by(Person.name, Person.id)).unique().all()
