"""The practices and people of the made-up clinic, and how to sign in as each of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.staff import Person, Practice, Role, RoleName

PASSWORD = "demonstration only"  # noqa: S105  it stands on the sign-in page, and nowhere but in a demonstration
THE_CLINIC = "The clinic"

PRACTICES = {
    THE_CLINIC: "555-0100",
    "Placeholder Family Medicine": "555-0101",
    "Madeup Oncology Associates": "555-0102",
    "Notreal General Hospital Medicine": "555-0103",
}
"""The practices and their telephones; the clinic bears the name that its settings give it."""


@dataclass(frozen=True)
class Account:
    """Somebody of the made-up clinic. Cases call them by the word before the @."""

    email: str
    name: str
    role_name: RoleName
    practice: str
    npi: str | None = None
    call_back: str | None = None
    password: str = PASSWORD

    @property
    def role(self) -> str:
        return self.role_name.words

    @property
    def nickname(self) -> str:
        return self.email.partition("@")[0]


_FAMILY, _ONCOLOGY, _HOSPITAL = list(PRACTICES)[1:]
_REFERS, _SENDS, _COORDINATES = RoleName.PHYSICIAN, RoleName.DELEGATE, RoleName.COORDINATOR
_TREATS, _ADMINISTERS, _AUDITS = RoleName.IR_PHYSICIAN, RoleName.ADMINISTRATOR, RoleName.AUDITOR

ACCOUNTS = (
    Account("imogen@family.example", "Dr. Imogen Invented", _REFERS, _FAMILY, "1999900016", "555-0111"),
    Account("peter@family.example", "Dr. Peter Placeholder", _REFERS, _FAMILY, "1999900024", "555-0112"),
    Account("olive@oncology.example", "Dr. Olive Madeup", _REFERS, _ONCOLOGY, "1999900032", "555-0113"),
    Account("hugo@hospital.example", "Dr. Hugo Notreal", _REFERS, _HOSPITAL, "1999900040", "555-0114"),
    Account("dora@family.example", "Dora Pretended", _SENDS, _FAMILY, None, "555-0120"),
    Account("dan@oncology.example", "Dan Makebelieve", _SENDS, _ONCOLOGY, None, "555-0121"),
    Account("cora@clinic.example", "Cora Sample", _COORDINATES, THE_CLINIC, None, "555-0115"),
    Account("colin@clinic.example", "Colin Specimen", _COORDINATES, THE_CLINIC, None, "555-0116"),
    Account("ingrid@clinic.example", "Dr. Ingrid Imaginary", _TREATS, THE_CLINIC, "1999900057", "555-0117"),
    Account("ira@clinic.example", "Dr. Ira Pretend", _TREATS, THE_CLINIC, "1999900065", "555-0118"),
    Account("alma@clinic.example", "Alma Fictional", _ADMINISTERS, THE_CLINIC, None, "555-0119"),
    Account("audrey@clinic.example", "Audrey Nonesuch", _AUDITS, THE_CLINIC, None, "555-0122"),
)


def engage(session: Session, clinic_name: str, since: datetime) -> dict[str, Person]:
    """Everybody of ACCOUNTS, by nickname, in their practices and roles."""
    practices = {name: _practice(name, clinic_name) for name in PRACTICES}
    roles = {role.name: role for role in session.scalars(select(Role))}
    password = hash_password(PASSWORD)  # once: it is the same for all, and slow on purpose
    people = {}
    for account in ACCOUNTS:
        place = {"practice": practices[account.practice], "roles": [roles[account.role_name]]}
        people[account.nickname] = _person(account, since, password=password, **place)
    session.add_all([*practices.values(), *people.values()])
    session.flush()
    return people


def _practice(name: str, clinic_name: str) -> Practice:
    is_clinic = name == THE_CLINIC
    return Practice(name=clinic_name if is_clinic else name, telephone=PRACTICES[name], is_clinic=is_clinic)


def _person(account: Account, since: datetime, **place: Any) -> Person:
    known = {"email": account.email, "name": account.name, "npi": account.npi, "call_back": account.call_back}
    return Person(**known, **place, fs_uniquifier=uuid4().hex, created_at=since, joined_at=since)


def how_to_sign_in() -> list[str]:
    """One line a role."""
    first = {account.role: account for account in reversed(ACCOUNTS)}
    return [f"{role:20} {account.email:26} password: {PASSWORD}" for role, account in reversed(first.items())]
