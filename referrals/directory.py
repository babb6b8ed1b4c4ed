"""Who and what there is to administer: people and practices, found and listed a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from referrals.administration import NoSuch
from referrals.membership import STANDS, Standing
from referrals.staff import Person, Practice, Role, RoleName
from referrals.user_session import UserSession

PAGE = 50
WITH_ROLES = select(Person).options(selectinload(Person.roles))
Row = TypeVar("Row", Person, Practice)


@dataclass(frozen=True)
class WantedPeople:
    """Whom somebody looks for, as the address says it."""

    words: str = ""
    role: RoleName | None = None
    practice: str = ""
    state: Standing | None = None
    after: str = ""


def people(session: Session, wanted: WantedPeople) -> tuple[Sequence[Person], str | None]:
    """A page of people by name, and the public id to ask for the next page with, if there is one."""
    return _page(session, WITH_ROLES.where(*_filters(wanted)), Person, wanted.after)


def practices(session: Session, words: str = "", after: str = "") -> tuple[Sequence[Practice], str | None]:
    """A page of practices by name."""
    query = select(Practice)
    if words:
        query = query.where(Practice.name.icontains(words, autoescape=True))
    return _page(session, query, Practice, after)


def _filters(wanted: WantedPeople) -> Iterator[ColumnElement[bool]]:
    if wanted.words:
        in_name, in_email = (column.icontains(wanted.words, autoescape=True) for column in (Person.name, Person.email))
        yield or_(in_name, in_email, Person.npi == wanted.words)
    if wanted.role:
        yield Person.roles.any(Role.name == wanted.role)
    if wanted.practice:
        yield Person.practice_id == select(Practice.id).where(Practice.public_id == wanted.practice).scalar_subquery()
    if wanted.state:
        yield STANDS[wanted.state]


def _page(session: Session, query: Select[Any], table: type[Row], after: str) -> tuple[Sequence[Row], str | None]:
    order = (table.name, table.id)
    if after:
        edge = session.execute(select(*order).where(table.public_id == after)).one_or_none()
        if edge is None:
            raise NoSuch(after)
        query = query.where(tuple_(*order) > tuple_(*edge))
    rows = session.scalars(query.order_by(*order).limit(PAGE + 1)).unique().all()
    return rows[:PAGE], rows[PAGE - 1].public_id if len(rows) > PAGE else None


def last_sign_ins(session: Session, rows: Sequence[Person]) -> Mapping[int, datetime]:
    """When each of these people last signed in, by id; missing where they never did."""
    return dict(
        session.execute(
            select(UserSession.person_id, func.max(UserSession.started_at))
            .where(UserSession.person_id.in_([row.id for row in rows]))
            .group_by(UserSession.person_id)
        ).all()
    )


def members(session: Session, practice: Practice) -> Sequence[Person]:
    """Everybody of a practice, by name."""
    query = WITH_ROLES.where(Person.practice_id == practice.id).order_by(Person.name, Person.id)
    return session.scalars(query).unique().all()


def head_counts(session: Session, rows: Sequence[Practice]) -> Mapping[int, int]:
    """How many people of each of these practices can sign in, by the practice's id."""
    return dict(
        session.execute(
            select(Person.practice_id, func.count())
            .where(Person.active, Person.practice_id.in_([row.id for row in rows]))
            .group_by(Person.practice_id)
        ).all()
    )
