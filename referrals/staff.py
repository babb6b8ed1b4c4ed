"""Practices, people and roles: who someone is. What they may do stands in policy.py."""

from datetime import datetime
from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin, WebAuthnMixin
from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column


class RoleName(StrEnum):
    """What a person is to this service. `physician` is the referring physician, `delegate` sends for one."""

    PHYSICIAN = "physician"
    DELEGATE = "delegate"
    COORDINATOR = "coordinator"
    IR_PHYSICIAN = "ir_physician"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"

    @property
    def words(self) -> str:
        return WORDS.get(self, self.capitalize())


WORDS = {"physician": "Referring physician", "delegate": "Practice delegate", "ir_physician": "IR physician"}
CLINIC_ROLES = frozenset({RoleName.COORDINATOR, RoleName.IR_PHYSICIAN})
REFERRING_ROLES = frozenset({RoleName.PHYSICIAN, RoleName.DELEGATE})
SECOND_FACTOR_ROLES = frozenset(RoleName) - REFERRING_ROLES
"""Who has to sign in with a second factor; it is offered to all."""


class Practice(Base):
    """A group of people who share their patients; `is_clinic` marks the one that receives referrals."""

    __tablename__ = "practices"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    name: Mapped[str] = mapped_column(String(100), unique=True)
    telephone: Mapped[str] = mapped_column(String(40))
    fax: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
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
        CheckConstraint("name IN ({})".format(", ".join(f"'{role}'" for role in RoleName)), name="known_role"),
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
    invited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    joined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    # What the sign-in library keeps for the second factor, under the names that it asks for.
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_phone_number: Mapped[str | None] = mapped_column(String(128))
    last_totp_counter: Mapped[int | None] = mapped_column(BigInteger)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON(none_as_null=True)))
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(  # type: ignore[assignment]
        String(64), unique=True
    )
    webauthn: Mapped[list["Passkey"]] = relationship(back_populates="user")  # type: ignore[assignment]

    practice: Mapped[Practice] = relationship(lazy="joined")
    roles: Mapped[list[Role]] = relationship(secondary=people_roles)  # type: ignore[assignment]

    @property
    def role_names(self) -> frozenset[RoleName]:
        return frozenset(RoleName(role.name) for role in self.roles)

    @property
    def works_at_clinic(self) -> bool:
        return bool(self.role_names & CLINIC_ROLES)

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in takes more than the password."""
        return self.tf_primary_method is not None or bool(self.webauthn)


class Passkey(Base, WebAuthnMixin):
    """A passkey or security key of a person; columns as the sign-in library names them."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    create_datetime: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    lastuse_datetime: Mapped[datetime] = mapped_column(UTCDateTime)
    name: Mapped[str] = mapped_column(String(64))
    usage: Mapped[str] = mapped_column(String(64))

    user: Mapped[Person] = relationship(back_populates="webauthn")


class Identity(Base):
    """An account of a sign-on service that belongs to a person: linked by issuer and subject, never by mail."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
