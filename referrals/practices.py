"""Entering and changing practices: those that refer, and the one clinic."""

from dataclasses import dataclass, fields

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referrals.administration import NoSuch, Refused, check_seen, fingerprint, take_turn
from referrals.events import Entry, record
from referrals.staff import Person, Practice


@dataclass(frozen=True, kw_only=True)
class PracticeDetails:
    """What is written down of a practice."""

    name: str
    telephone: str
    fax: str = ""
    address: str = ""


def seen(practice: Practice) -> str:
    """What an administrator sees of a practice, as a form carries it."""
    return fingerprint(practice.name, practice.telephone, practice.fax, practice.address)


def find(session: Session, public_id: str) -> Practice:
    """Raises NoSuch."""
    found = session.scalars(select(Practice).where(Practice.public_id == public_id)).one_or_none()
    if found is None:
        raise NoSuch(public_id)
    return found


def named(session: Session, name: str) -> Practice | None:
    return session.scalars(select(Practice).where(func.lower(Practice.name) == name.lower())).first()


def the_clinic(session: Session) -> Practice | None:
    return session.scalars(select(Practice).where(Practice.is_clinic).order_by(Practice.id)).first()


def enter(session: Session, by: Person | None, details: PracticeDetails, is_clinic: bool = False) -> Practice:
    """A new practice. Sent twice it is one. Raises Refused."""
    take_turn(session, by, "manage_practices")
    there = named(session, details.name)
    if there is not None and _as_said(there) == details and there.is_clinic == is_clinic:
        return there
    _check_name_is_free(there)
    if is_clinic and (clinic := the_clinic(session)) is not None:
        raise Refused("name", f"The clinic is {clinic.name}: there is only one.")
    practice = Practice(**vars(details), is_clinic=is_clinic)
    session.add(practice)
    _note(session, "practice_entered", by, practice)
    return practice


def change(
    session: Session, by: Person | None, public_id: str, as_seen: str | None, details: PracticeDetails
) -> Practice:
    """Write down what is different. Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused."""
    take_turn(session, by, "manage_practices")
    practice = find(session, public_id)
    session.refresh(practice, with_for_update={"key_share": True})
    check_seen(as_seen, seen(practice))
    changed = [
        each.name for each in fields(PracticeDetails) if getattr(practice, each.name) != getattr(details, each.name)
    ]
    if "name" in changed and (there := named(session, details.name)) is not practice:
        _check_name_is_free(there)
    for name in changed:
        setattr(practice, name, getattr(details, name))
    if changed:
        _note(session, "practice_changed", by, practice, changed)
    return practice


def _as_said(practice: Practice) -> PracticeDetails:
    return PracticeDetails(**{each.name: getattr(practice, each.name) for each in fields(PracticeDetails)})


def _check_name_is_free(there: Practice | None) -> None:
    if there is not None:
        raise Refused("name", f"There is a practice of this name already: {there.name}.")


def _note(
    session: Session, action: str, by: Person | None, practice: Practice, changed: list[str] | None = None
) -> None:
    session.flush()
    details = {"fields": changed} if changed else {}
    record(session, Entry(action=action, by=by, subject=practice.public_id, practice_id=practice.id, details=details))
