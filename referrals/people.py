"""What is done to the account of a person: details and roles changed, access ended and given back. Never deleted."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import uuid4

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referrals import user_session
from referrals.administration import NoSuch, Refused, check_seen, fingerprint, take_turn
from referrals.events import Entry, record
from referrals.membership import Position, Standing, check_position, standing
from referrals.staff import Person, Role, RoleName


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is written down of a person."""

    name: str
    email: str
    npi: str | None = None
    call_back: str | None = None


def email_address(text: str) -> str:
    """The address as it is kept, in small letters. Raises ValueError, saying what is wrong with it."""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("Write a whole email address, such as name@practice.org.") from None


def seen(person: Person) -> str:
    """What an administrator sees of a person, as a form carries it."""
    return fingerprint(
        person.name, person.email, person.npi, person.call_back, person.practice_id, sorted(person.role_names),
        person.active, person.invited_at, person.joined_at,
    )  # fmt: skip


def find(session: Session, public_id: str) -> Person:
    """Raises NoSuch."""
    found = session.scalars(select(Person).where(Person.public_id == public_id)).unique().one_or_none()
    if found is None:
        raise NoSuch(public_id)
    return found


def held(session: Session, by: Person | None, public_id: str, as_seen: str | None) -> Person:
    """The person, held until the transaction ends. Raises NotPermitted, NoSuch, ChangedMeanwhile."""
    take_turn(session, by, "manage_people")
    person = find(session, public_id)
    session.refresh(person, with_for_update={"key_share": True, "of": Person})
    check_seen(as_seen, seen(person))
    return person


def change_details(
    session: Session, by: Person | None, public_id: str, as_seen: str | None, details: Details
) -> Person:
    """Write down what is different. A new address is another way in: it ends all sessions."""
    person = held(session, by, public_id, as_seen)
    changed = [each.name for each in fields(Details) if getattr(person, each.name) != getattr(details, each.name)]
    if "email" in changed:
        check_address_is_free(session, details.email)
        cut_off(session, person)
    for name in changed:
        setattr(person, name, getattr(details, name))
    if changed:
        note(session, "person_changed", by, person, {"fields": changed})
    return person


def check_address_is_free(session: Session, email: str) -> None:
    there = session.scalars(select(Person).where(func.lower(Person.email) == email)).unique().one_or_none()
    if there is not None:
        raise Refused("email", f"This address belongs to {there.name} already ({standing(there)}).")


def change_roles(
    session: Session, by: Person | None, public_id: str, as_seen: str | None, position: Position
) -> Person:
    """Give other roles, or another practice to work at. It ends all sessions: no page shows what was allowed before."""
    person = held(session, by, public_id, as_seen)
    before = Position(person.practice, person.role_names)
    if before == position:
        return person
    if is_same(person, by):
        raise Refused("roles", "Nobody changes their own roles or practice: ask another administrator.")
    check_position(position)
    if RoleName.ADMINISTRATOR not in position.roles:
        _check_an_administrator_stays(session, person)
    person.practice, person.roles = position.practice, roles_of(session, position.roles)
    if person.active:  # the link of somebody who has not joined yet stays good
        cut_off(session, person)
    details = {"before": sorted(before.roles), "roles": sorted(position.roles)}
    moved = {"fields": ["practice"]} if before.practice != position.practice else {}
    note(session, "roles_changed", by, person, details | moved)
    return person


def deactivate(session: Session, by: Person | None, public_id: str, as_seen: str | None, why: str | None) -> Person:
    """End all access at once; of somebody who was only invited, take the invitation back."""
    person = held(session, by, public_id, as_seen)
    if is_same(person, by):
        raise Refused("why", "Nobody deactivates themself: ask another administrator.")
    if standing(person) is Standing.DEACTIVATED:
        raise Refused("why", f"{person.name} is deactivated already.")
    _check_an_administrator_stays(session, person)
    person.active = False
    person.invited_at = person.invited_at if person.joined_at else None
    cut_off(session, person)
    note(session, "person_deactivated", by, person, why=why)
    return person


def reactivate(session: Session, by: Person | None, public_id: str, as_seen: str | None, why: str | None) -> Person:
    """Give access back to somebody who had joined, with the password and second factor that they had."""
    person = held(session, by, public_id, as_seen)
    if standing(person) is not Standing.DEACTIVATED or person.joined_at is None:
        raise Refused("why", f"{person.name} never chose a password: send an invitation instead.")
    check_position(Position(person.practice, person.role_names))
    person.active = True
    person.fs_uniquifier = uuid4().hex
    note(session, "person_reactivated", by, person, why=why)
    return person


def _check_an_administrator_stays(session: Session, person: Person) -> None:
    """Raise Refused when nobody else who is active is an administrator."""
    if not person.active or RoleName.ADMINISTRATOR not in person.role_names:
        return
    another = Person.active & (Person.id != person.id) & Person.roles.any(Role.name == RoleName.ADMINISTRATOR)
    if session.scalar(select(Person.id).where(another).limit(1)) is None:
        raise Refused("roles", f"{person.name} is the last active administrator: name another one first.")


def cut_off(session: Session, person: Person) -> None:
    """End every session of the person, and every link that was made for them."""
    user_session.end_all(session, person)
    person.fs_uniquifier = uuid4().hex


def is_same(person: Person, by: Person | None) -> bool:
    return by is not None and by.id == person.id


def roles_of(session: Session, names: frozenset[RoleName]) -> list[Role]:
    return list(session.scalars(select(Role).where(Role.name.in_(names)).order_by(Role.id)))


def note(
    session: Session,
    action: str,
    by: Person | None,
    person: Person,
    details: dict[str, Any] | None = None,
    why: str | None = None,
) -> None:
    """Record it: which fields and roles, never what stands in them."""
    session.flush()
    entry = Entry(
        action=action,
        by=by,
        subject=person.public_id,
        practice_id=person.practice.id,
        comment=why or None,
        details=details or {},
    )
    record(session, entry)
