"""For whom a referral is sent: a physician sends their own, a delegate sends for a physician of the same practice."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.staff import Person, Role, RoleName


class NoSuchPhysician(Exception):
    """Nobody by that id may refer for this practice: unknown, of another practice, or no longer active."""


def sends_for_others(person: Person) -> bool:
    """Whether this person has to say for whom they send."""
    return RoleName.DELEGATE in person.role_names


def physicians(session: Session, practice_id: int) -> Sequence[Person]:
    """Those of the practice for whom a referral can be sent, by name."""
    return session.scalars(
        select(Person)
        .where(Person.practice_id == practice_id, Person.active, Person.roles.any(Role.name == RoleName.PHYSICIAN))
        .order_by(Person.name, Person.id)
    ).all()


def all_physicians(session: Session) -> Sequence[Person]:
    """Everybody for whom the clinic can enter a referral, by name."""
    refers = select(Person).where(Person.active, Person.roles.any(Role.name == RoleName.PHYSICIAN))
    return session.scalars(refers.order_by(Person.name, Person.id)).unique().all()


def requester_of(session: Session, practice_id: int, actor: Person, began_by_id: int, chosen: str) -> int:
    """Whose referral it is that `actor` sends; `chosen` is the public id of the physician whom a delegate names.

    A physician who sends what a physician of the practice began sends it as theirs; what a delegate began, as their
    own. Raises NoSuchPhysician.
    """
    for_others = sends_for_others(actor)
    if actor.id == began_by_id and not for_others:
        return actor.id
    possible = {physician.public_id: physician.id for physician in physicians(session, practice_id)}
    if not for_others:
        return began_by_id if began_by_id in possible.values() else actor.id
    if chosen not in possible:
        raise NoSuchPhysician
    return possible[chosen]
