"""What people do with their own account: change the password, end sessions. And what is recorded of failing to."""

import hashlib
from uuid import uuid4

from sqlalchemy.orm import Session

from referrals import user_session
from referrals.events import Entry, record
from referrals.staff import Person
from referrals.user_session import UserSession


class UsedAlready(Exception):
    """The link was used, or the account has changed since it was sent."""


def sign_in_failed(session: Session, person: Person | None, what: str) -> None:
    """Record that it failed at `what`: password, code, passkey. What was typed is not kept."""
    practice_id = person.practice_id if person else None
    record(session, Entry(action="sign_in_failed", by=person, practice_id=practice_id, details={"what": what}))


def change_password(session: Session, person: Person, password_hash: str, key: str) -> None:
    """A new password. It ends every session but the one of this key, and every link that was mailed before."""
    _set_password(session, person, password_hash, key)
    _record(session, person, "password_changed")


def reset_password(session: Session, person_id: int, stamp: str, password_hash: str) -> Person:
    """A new password for somebody who holds a mailed link. Raises UsedAlready when the stamp is not that of today."""
    person = session.get(Person, person_id, with_for_update={"of": Person})
    if person is None or not may_be_reset(person) or stamp_of(person) != stamp:
        raise UsedAlready
    _set_password(session, person, password_hash, "")
    _record(session, person, "password_reset")
    return person


def may_be_reset(person: Person) -> bool:
    """Whoever has access and a password."""
    return person.active and bool(person.password)  # whoever was only invited is not active


def stamp_of(person: Person) -> str:
    """What a mailed link is good for: this account until its password or its access changes."""
    return hashlib.sha256(f"{person.fs_uniquifier}\n{person.password}".encode()).hexdigest()[:32]


def _set_password(session: Session, person: Person, password_hash: str, key: str) -> None:
    person.password, person.fs_uniquifier = password_hash, uuid4().hex
    user_session.end_all(session, person, key)
    session.flush()


def end_one(session: Session, person: Person, public_id: str) -> None:
    """Sign the person out of one browser."""
    user_session.end(session, UserSession.person_id == person.id, UserSession.public_id == public_id)
    _record(session, person, "session_ended")


def end_everywhere(session: Session, person: Person) -> None:
    user_session.end_all(session, person)
    _record(session, person, "signed_out_everywhere")


def reset_mailed(session: Session, person: Person) -> None:
    """The service has written to somebody who forgot the password."""
    record(session, Entry(action="reset_mailed", subject=person.public_id, practice_id=person.practice_id))


def _record(session: Session, person: Person, action: str) -> None:
    record(session, Entry(action=action, by=person, subject=person.public_id, practice_id=person.practice_id))
