"""What a person signs in with beside the password: set up, removed and lost, each in the log."""

import hashlib
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.db import now
from referrals.events import Entry, record
from referrals.staff import SECOND_FACTOR_ROLES, Identity, Passkey, Person

AUTHENTICATOR = "authenticator"
"""What the sign-in library calls an app that shows codes."""


class LastFactor(Exception):
    """Somebody whose role needs a second factor would be left without one."""


class CodesChanged(Exception):
    """The recovery codes are not those that somebody had before them."""


class Keeping(Protocol):
    """How recovery codes are kept: encrypted."""

    def sealed(self, codes: list[str]) -> list[str]: ...

    def opened(self, kept: list[str]) -> list[str]: ...


def needed_by(person: Person) -> bool:
    """Whether a role of this person may only work with a second factor."""
    return bool(person.role_names & SECOND_FACTOR_ROLES)


def locked(session: Session, person_id: int) -> Person:
    """The person as the database has it now; nobody else changes their factors until this transaction ends."""
    own = select(Person).where(Person.id == person_id).with_for_update(of=Person)
    return session.scalars(own.execution_options(populate_existing=True)).unique().one()


def log(session: Session, action: str, of: Person, by: Person | None = None, **details: str) -> None:
    """Record something done to the sign-in of a person, by themselves unless said otherwise."""
    record(
        session,
        Entry(action=action, by=by or of, subject=of.public_id, practice_id=of.practice_id, details=details),
    )


def set_up_authenticator(session: Session, person: Person, secret: str, counter: int) -> None:
    """`secret`: encrypted; `counter`: of the code that proved it, which does not count again."""
    person.tf_primary_method, person.tf_totp_secret = AUTHENTICATOR, secret
    person.last_totp_counter = max(counter, person.last_totp_counter or 0)
    log(session, "authenticator_set_up", person)


def remove_authenticator(session: Session, person: Person, needed: bool) -> None:
    """Raises LastFactor where one is `needed` and no other would be left."""
    if needed and not person.webauthn:
        raise LastFactor
    person.tf_primary_method = person.tf_totp_secret = None
    _forget_codes_of_nothing(person)
    log(session, "authenticator_removed", person)


def remove_passkey(session: Session, person: Person, name: str, needed: bool) -> None:
    """Raises LastFactor likewise; a passkey that is gone already is no fault."""
    passkey = next((each for each in person.webauthn if each.name == name), None)
    if passkey is None:
        return
    if needed and len(person.webauthn) == 1 and person.tf_primary_method is None:
        raise LastFactor
    person.webauthn.remove(passkey)
    session.delete(passkey)
    _forget_codes_of_nothing(person)
    log(session, "passkey_removed", person, name=name)


def stamp_of_codes(person: Person) -> str:
    """Which recovery codes the person has now, without telling them."""
    return hashlib.sha256("\n".join(person.mf_recovery_codes or ()).encode()).hexdigest()[:32]


def make_recovery_codes(session: Session, person: Person, stamp: str, codes: list[str], keeping: Keeping) -> None:
    """These codes in place of those with this stamp. A second time nothing happens, as long as none of them was used.

    Raises CodesChanged where the person has others by now.
    """
    if keeping.opened(list(person.mf_recovery_codes or ())) == codes:
        return
    if stamp_of_codes(person) != stamp:
        raise CodesChanged
    person.mf_recovery_codes = keeping.sealed(codes)
    log(session, "recovery_codes_made", person)


def _forget_codes_of_nothing(person: Person) -> None:
    """Recovery codes stand in for a factor; without one they would only lie about."""
    if not person.has_second_factor:
        person.mf_recovery_codes = None


def remove_all(session: Session, person: Person, by: Person | None) -> None:
    """For somebody who lost them all and has no code left: an administrator's last resort. Ends no session."""
    for passkey in list(person.webauthn):
        person.webauthn.remove(passkey)
        session.delete(passkey)
    person.tf_primary_method = person.tf_totp_secret = person.mf_recovery_codes = None
    log(session, "second_factor_reset", person, by)


def passkeys_of(session: Session, person: Person) -> list[Passkey]:
    own = select(Passkey).where(Passkey.user_id == person.id).order_by(Passkey.create_datetime)
    return list(session.scalars(own))


def identities_of(session: Session, person: Person) -> list[Identity]:
    return list(session.scalars(select(Identity).where(Identity.person_id == person.id).order_by(Identity.linked_at)))


def find_identity(session: Session, issuer: str, subject: str) -> Identity | None:
    """By issuer and subject: an address of mail may change hands."""
    return session.scalars(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)).one_or_none()


def link(session: Session, person: Person, issuer: str, subject: str) -> bool:
    """Link an account of a sign-on service; False: it is linked to somebody else."""
    found = find_identity(session, issuer, subject)
    if found is not None:
        return found.person_id == person.id
    session.add(Identity(person_id=person.id, issuer=issuer, subject=subject, linked_at=now()))
    log(session, "sign_on_linked", person, issuer=issuer)
    return True


def unlink(session: Session, person: Person) -> None:
    for identity in identities_of(session, person):
        session.delete(identity)
        log(session, "sign_on_unlinked", person, issuer=identity.issuer)
