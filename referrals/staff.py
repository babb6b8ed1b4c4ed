"""Practices, people and roles: who someone is, and what they may do."""

from datetime import datetime
from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column


class RoleName(StrEnum):
    """What a person is to this service. `physician` is the referring physician."""

    PHYSICIAN = "physician"
    COORDINATOR = "coordinator"
    IR_PHYSICIAN = "ir_physician"
    ADMINISTRATOR = "administrator"

    @property
    def words(self) -> str:
        return {"physician": "Referring physician", "ir_physician": "IR physician"}.get(self, self.capitalize())


CLINIC_ROLES = frozenset({RoleName.COORDINATOR, RoleName.IR_PHYSICIAN})
REFERRING_ROLES = frozenset({RoleName.PHYSICIAN})


class Practice(Base):
    """A group of people who share their patients; `is_clinic` marks the one that receives referrals."""

    __tablename__ = "practices"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    name: Mapped[str] = mapped_column(String(100), unique=True)
    telephone: Mapped[str] = mapped_column(String(40))
    is_clinic: Mapped[bool] = mapped_column(default=False)


people_roles = Table(
    "people_roles",
    Base.metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("role_id", ForeignKey("roles.id"), primary_key=True),
)


class Role(Base, RoleMixin):
    """One of RoleName, as a row because the sign-in library keeps roles so."""

    __tablename__ = "roles"
    __table_args__ = (
        CheckConstraint("name IN ('physician', 'coordinator', 'ir_physician', 'administrator')", name="known_role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)


class Person(Base, UserMixin):
    """Someone who signs in. Never deleted: `active` false ends all access."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    npi: Mapped[str | None] = mapped_column(String(10))
    call_back: Mapped[str | None] = mapped_column(String(40))
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    practice: Mapped[Practice] = relationship(lazy="joined")
    roles: Mapped[list[Role]] = relationship(secondary=people_roles, lazy="selectin")  # type: ignore[assignment]

    @property
    def role_names(self) -> frozenset[RoleName]:
        return frozenset(RoleName(role.name) for role in self.roles)

    @property
    def works_at_clinic(self) -> bool:
        return bool(self.role_names & CLINIC_ROLES)


class Reach(StrEnum):
    """How far a permission goes: the person's own practice, or every practice."""

    OWN_PRACTICE = "own practice"
    EVERYWHERE = "everywhere"


POLICY: dict[str, dict[RoleName, Reach]] = {
    "refer": {RoleName.PHYSICIAN: Reach.OWN_PRACTICE},
    "read_referral": {
        RoleName.PHYSICIAN: Reach.OWN_PRACTICE,
        RoleName.COORDINATOR: Reach.EVERYWHERE,
        RoleName.IR_PHYSICIAN: Reach.EVERYWHERE,
    },
    "work_queue": {RoleName.COORDINATOR: Reach.EVERYWHERE, RoleName.IR_PHYSICIAN: Reach.EVERYWHERE},
    "read_criteria": dict.fromkeys(RoleName, Reach.EVERYWHERE),
    "be_signed_in": dict.fromkeys(RoleName, Reach.EVERYWHERE),
}
"""Who may do what. What is not here is refused."""


def reach(person: Person, permission: str) -> Reach | None:
    """How far this person may use this permission, or None: not at all."""
    reaches = {POLICY[permission].get(role) for role in person.role_names} if person.active else set()
    return next((far for far in (Reach.EVERYWHERE, Reach.OWN_PRACTICE) if far in reaches), None)


def may(person: Person, permission: str, practice_id: int | None = None) -> bool:
    """Whether the person may do this to something of that practice (None: to something new of their own)."""
    far = reach(person, permission)
    if far is Reach.OWN_PRACTICE:
        return practice_id is None or practice_id == person.practice_id
    return far is Reach.EVERYWHERE
