"""Notices: what one side of a referral has to hear, a copy for each person of it who does, and a mail if they want one.

Told are: on the referrer's side the referring physician and the delegate who sent it; at the clinic the owner and the
IR physician. Where none of these is there any more, or is named yet, everybody is told who could be. Nobody is told
what they did themself.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    column,
    func,
    insert,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base, UTCDateTime, now
from referrals.kind import AT_ONCE, CAN_BE_PRESSING, CLINIC, KINDS, REFERRER, Kind
from referrals.outbox import put_notices
from referrals.preference import MailPreference
from referrals.staff import CLINIC_ROLES, REFERRING_ROLES, Person, Role, RoleName, people_roles
from referrals.workflow import Urgency


class Notice(Base):
    """Something that one side of a referral has to hear."""

    __tablename__ = "notices"
    __table_args__ = (CheckConstraint("audience IN ('clinic', 'referrer')", name="known_audience"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"), index=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"))
    audience: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class NoticeCopy(Base):
    """A notice as one person has it. `shared`: everybody of the side has one, and it is enough that one acts."""

    __tablename__ = "notice_copies"
    __table_args__ = (UniqueConstraint("notice_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    shared: Mapped[bool] = mapped_column(default=False)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


UNREAD = NoticeCopy.read_at.is_(None)
Index("ix_notice_copies_person", NoticeCopy.person_id, NoticeCopy.id)
Index("ix_notice_copies_unread", NoticeCopy.person_id, NoticeCopy.id, sqlite_where=UNREAD, postgresql_where=UNREAD)

NOTICES, COPIES = cast(Table, Notice.__table__), cast(Table, NoticeCopy.__table__)
ADD, COPY = insert(NOTICES).returning(NOTICES.c.id), insert(COPIES)
REFERRALS = table(
    "referrals",
    *map(column, ("id", "practice_id", "requester_id", "owner_id", "ir_physician_id", "red_flag", "urgency")),
)
EVENTS = table("events", *map(column, ("referral_id", "action", "by_id")))
"""Referrals and the log stand above this module; it reads these columns of them and no more."""
ABOUT = select(REFERRALS).where(REFERRALS.c.id == bindparam("referral"))
SENDERS = select(EVENTS.c.by_id).where(
    EVENTS.c.referral_id == bindparam("referral"), EVENTS.c.action.in_(("submit", "resubmit"))
)
SIDES = {CLINIC: CLINIC_ROLES, REFERRER: REFERRING_ROLES}
"""Who can be told at all: whoever works on that side."""
POOLS = {CLINIC: frozenset({RoleName.COORDINATOR}), REFERRER: REFERRING_ROLES}
"""Who is told where nobody in particular can be."""


def _people(roles: Iterable[RoleName], of_practice: bool) -> Select[int, bool]:
    """Those of these roles who have access, and whether they want mail about notices of a kind."""
    mine = (MailPreference.person_id == Person.id) & (MailPreference.kind == bindparam("kind"))
    held = select(people_roles.c.person_id).join(Role, Role.id == people_roles.c.role_id).where(Role.name.in_(roles))
    found = (
        select(Person.id, func.coalesce(MailPreference.by_mail, bindparam("by_mail")).label("by_mail"))
        .outerjoin(MailPreference, mine)
        .where(Person.active, Person.id.in_(held))
        .order_by(Person.id)
    )
    return found.where(Person.practice_id == bindparam("practice")) if of_practice else found


ANYBODY = {side: _people(roles, side == REFERRER) for side, roles in POOLS.items()}
NAMED = {
    side: _people(roles, side == REFERRER).where(
        or_(Person.id.in_(bindparam("named", expanding=True)), *([Person.id.in_(SENDERS)] if side == REFERRER else []))
    )
    for side, roles in SIDES.items()
}
"""Built once."""


def tell(session: Session, entry: Mapping[str, Any], audiences: Iterable[str]) -> None:
    """A notice of this entry of the log for each side, with its copies and mails, in the caller's transaction.

    Raises KeyError where the table of kinds has no row for the action.
    """
    about = session.execute(ABOUT, {"referral": entry["referral_id"]}).one()
    for audience in audiences:
        kind = _kind(entry["action"], audience, about)
        new = {name: entry[name] for name in ("referral_id", "practice_id")}
        new |= {"event_id": entry["id"], "audience": audience, "kind": kind.name, "created_at": entry["happened_at"]}
        notice_id = session.execute(ADD, new).scalar_one()
        people, shared = _addressed(session, about, audience, kind)
        others = {person_id: by_mail for person_id, by_mail in people.items() if person_id != entry["by_id"]}
        if others:
            copies = [{"notice_id": notice_id, "person_id": each, "shared": shared} for each in others]
            session.execute(COPY, copies)
            put_notices(session, notice_id, kind.name, (each for each, by_mail in others.items() if by_mail))


def _kind(action: str, audience: str, about: Row[Any]) -> Kind:
    pressing = bool(about.red_flag) or about.urgency == Urgency.EMERGENCY
    return AT_ONCE if pressing and audience == CLINIC and action in CAN_BE_PRESSING else KINDS[action]


def _addressed(session: Session, about: Row[Any], audience: str, kind: Kind) -> tuple[dict[int, bool], bool]:
    """Who has to hear of it, {person: by mail}, and whether it is for everybody because nobody in particular can be."""
    named = {CLINIC: (about.owner_id, about.ir_physician_id), REFERRER: (about.requester_id,)}[audience]
    said = {
        "named": [each for each in named if each is not None], "referral": about.id, "practice": about.practice_id,
        "kind": kind.name, "by_mail": kind.by_mail,
    }  # fmt: skip
    found = session.execute(NAMED[audience], said).all() if said["named"] else []
    people = found or session.execute(ANYBODY[audience], said).all()
    return {row.id: bool(row.by_mail) or not kind.optional for row in people}, not found and kind.shared


DONE = (
    update(COPIES)
    .where(COPIES.c.read_at.is_(None))
    .where(COPIES.c.notice_id.in_(select(NOTICES.c.id).where(NOTICES.c.referral_id == bindparam("referral"))))
    .where(
        or_(
            COPIES.c.person_id == bindparam("by"),
            COPIES.c.shared
            & COPIES.c.notice_id.in_(
                select(NOTICES.c.id).where(
                    NOTICES.c.referral_id == bindparam("referral"), NOTICES.c.audience == bindparam("side")
                )
            ),
        )
    )
    .values(read_at=bindparam("at"))
)


def settle(session: Session, referral_id: int, by: Person, at: datetime) -> None:
    """Whoever changes a referral has read what they were told of it; and what waited for anybody of their side is done.

    An administrator is of neither side.
    """
    side = CLINIC if by.works_at_clinic else REFERRER if by.role_names & REFERRING_ROLES else ""
    session.execute(DONE, {"referral": referral_id, "by": by.id, "side": side, "at": at})
