"""Coming in by invitation, which is the only way in: a link for one person, good once and for three days."""

import hashlib
import secrets
from datetime import datetime, timedelta

from flask_security import hash_password
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from referrals.administration import Refused, take_turn
from referrals.db import now
from referrals.membership import Position, Standing, check_position, standing
from referrals.people import Details, check_address_is_free, cut_off, held, is_same, note, roles_of
from referrals.staff import Identity, Passkey, Person

PATH = "/invitation"
GOOD_FOR = timedelta(days=3)
SECOND_FACTOR = ("tf_primary_method", "tf_totp_secret", "tf_phone_number", "last_totp_counter", "mf_recovery_codes")


class VoidInvitation(Exception):
    """The link was not made by us, was used, was replaced by another or is too old."""


def invite(session: Session, by: Person | None, details: Details, position: Position) -> Person:
    """Enter somebody who cannot sign in before they have joined. Needs an application context, for the password.

    Sent twice it is one invitation. Raises Refused.
    """
    take_turn(session, by, "manage_people")
    if (there := _invited_so_already(session, details, position)) is not None:
        return there
    check_position(position)
    check_address_is_free(session, details.email)
    person = Person(**vars(details), active=False, practice=position.practice, roles=roles_of(session, position.roles))
    session.add(person)
    _await(person)
    note(session, "person_invited", by, person, {"roles": sorted(position.roles)})
    return person


def _invited_so_already(session: Session, details: Details, position: Position) -> Person | None:
    there = session.scalars(select(Person).where(Person.email == details.email)).unique().one_or_none()
    if there is None or standing(there) is not Standing.INVITED:
        return None
    same = Position(there.practice, there.role_names) == position
    return there if same and all(getattr(there, name) == value for name, value in vars(details).items()) else None


def reinvite(
    session: Session, by: Person | None, public_id: str, as_seen: str | None, why: str | None = None
) -> Person:
    """A new link, and the earlier one is void. For who had joined it takes password and second factor away."""
    person = held(session, by, public_id, as_seen)
    if is_same(person, by):
        raise Refused("why", "Nobody resets their own sign-in here: your account page has what you need.")
    check_position(Position(person.practice, person.role_names))
    had_joined = standing(person) is Standing.ACTIVE or person.joined_at is not None
    for table in (Passkey.user_id, Identity.person_id):
        session.execute(delete(table.class_).where(table == person.id))
    for column in SECOND_FACTOR:
        setattr(person, column, None)
    person.active, person.joined_at = False, None
    cut_off(session, person)
    _await(person)
    note(session, "person_invited", by, person, {"again": True, "fields": ["sign_in"] if had_joined else []}, why)
    return person


def _await(person: Person) -> None:
    """Invited from now on, with a password that nobody knows."""
    person.password = hash_password(secrets.token_urlsafe(32))
    person.fs_uniquifier = secrets.token_hex(16)
    person.invited_at = now()


def expires_at(person: Person) -> datetime | None:
    return person.invited_at + GOOD_FOR if person.invited_at else None


def token(person: Person, secret: str) -> str:
    """What the link carries: whom it is for, and which invitation of theirs."""
    return str(_signer(secret).dumps([person.public_id, _which(person)]))


def read(session: Session, text: str, secret: str) -> Person:
    """Whom a link invites. Raises VoidInvitation."""
    try:
        public_id, which = _signer(secret).loads(text)
    except (BadData, TypeError, ValueError) as fault:
        raise VoidInvitation from fault
    person = session.scalars(select(Person).where(Person.public_id == public_id)).unique().one_or_none()
    if person is None or not _good(person) or not secrets.compare_digest(_which(person), str(which)):
        raise VoidInvitation
    return person


def join(session: Session, text: str, secret: str, password: str) -> Person:
    """The invited person has chosen a password (its hash), and can sign in. Raises VoidInvitation."""
    person = read(session, text, secret)
    session.refresh(person, with_for_update={"key_share": True, "of": Person})
    if not _good(person) or token(person, secret) != text:
        raise VoidInvitation  # somebody was faster with the same link
    return _joined(session, person, person, password)


def enter(session: Session, by: Person | None, details: Details, position: Position, password: str) -> Person:
    """Invite somebody and let them join at once, with a password (its hash) that was told to whoever enters them."""
    return _joined(session, invite(session, by, details, position), by, password)


def _joined(session: Session, person: Person, by: Person | None, password: str) -> Person:
    person.password, person.active, person.joined_at = password, True, now()
    person.fs_uniquifier = secrets.token_hex(16)
    note(session, "person_joined", by, person)
    return person


def _good(person: Person) -> bool:
    until = expires_at(person)
    return standing(person) is Standing.INVITED and until is not None and now() < until


def _which(person: Person) -> str:
    return hashlib.sha256(person.fs_uniquifier.encode()).hexdigest()[:24]


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="invitation")
