"""A list of referrals, a page at a time, in an order that an index serves; its count, and what words find in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.base import ExecutableOption

from referrals.patients import named_like
from referrals.referral import Referral, dated, fixed
from referrals.sight import NotFound, visible_to
from referrals.staff import Person

Line = TypeVar("Line")
Along = Callable[[type[Referral]], Sequence[ExecutableOption]]
PAGE = 50
COUNTED_UP_TO = 100

SORTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "pressing": ("Most pressing", (Referral.pressing, Referral.first_submitted_at, Referral.id)),
    "waiting": ("Waiting longest", (Referral.first_submitted_at, Referral.id)),
    "urgency": ("Most urgent", (Referral.urgency, Referral.first_submitted_at, Referral.id)),
    "conservative": (
        "Longest conservative management",
        (dated(Referral.conservative_management_started_on), Referral.id),
    ),
    "onset": ("Oldest fracture", (dated(Referral.onset_on), Referral.id)),
    "due": ("Due first", (dated(Referral.due_on), Referral.id)),
    "eligible": ("Eligible first", (dated(Referral.becomes_eligible_on), Referral.id)),
    "appointment": ("Next visit first", (dated(Referral.appointment_on), Referral.id)),
    "turned": ("Changed first", (dated(Referral.turned_on), Referral.id)),
    "newest": ("Newest", (Referral.id,)),
    "changed": ("Last changed", (Referral.changed_at, Referral.id)),
}
NEWEST_FIRST = ("newest", "changed")
CLINICAL_SORTS = ("conservative", "onset", "eligible", "turned")
"""What tells of the patient: whoever may not open a restricted referral does not find it by such an order."""


@dataclass(frozen=True)
class Page(Generic[Line]):
    """Rows of a list, and the public id to ask for the next page with, if there is one."""

    rows: Sequence[Line]
    next_after: str | None


def keyset_page(
    session: Session, query: Select[*tuple[Any, ...]], sort: str, after: str, sight: ColumnElement[bool], along: Along
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None]:
    """A page of rows that begin with a referral, and the public id of the last of them if there are more.

    `query`: of referrals alone; `along`: what is loaded with each. `after`: the public id of the last row seen, which
    `sight` lets this person know of; else NotFound.
    """
    if after:
        query = query.where(*_beyond(session, sort, after, sight))
    rows = session.execute(_joined(query, sort, along)).all()
    return rows[:PAGE], rows[PAGE - 1][0].public_id if len(rows) > PAGE else None


def _beyond(session: Session, sort: str, after: str, sight: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    """What lies behind the row last seen. The first column once more by itself: a planner sees how little lies beyond
    a bound, not beyond a row."""
    columns, backwards = SORTS[sort][1], sort in NEWEST_FIRST
    edge = session.execute(select(*columns).where(Referral.public_id == after, sight)).one_or_none()
    if edge is None:
        raise NotFound
    here, there = tuple_(*columns), tuple_(*edge)
    yield columns[0] <= edge[0] if backwards else columns[0] >= edge[0]
    yield here < there if backwards else here > there


def _joined(query: Select[*tuple[Any, ...]], sort: str, along: Along) -> Select[*tuple[Any, ...]]:
    """The first rows of an order, chosen before anything is joined to them: so the planner walks along the index
    of the order, however few rows it takes the list to have."""
    places = [column.label(f"place_{number}") for number, column in enumerate(SORTS[sort][1])]
    chosen = query.add_columns(*places).order_by(*ordered(sort)).limit(fixed(PAGE + 1)).subquery()
    line = aliased(Referral, chosen)
    beside = [chosen.c[column["name"]] for column in query.column_descriptions[1:]]
    order = [chosen.c[place.name] for place in places]
    return select(line, *beside).options(*along(line)).order_by(*_directed(order, sort))


def found_by(words: str, person: Person) -> CompoundSelect[int]:
    """Referrals that the person may open whose patient's name or record number begins so, or that have this id."""
    spoken = words.lower().replace(" ", "").replace("-", "")
    by_patient = select(Referral.id).join(Referral.patient).where(named_like(words), visible_to(person))
    return by_patient.union(select(Referral.id).where(Referral.public_id == spoken))


def capped_counts(session: Session, lists: Mapping[str, tuple[ColumnElement[bool], str]]) -> dict[str, int]:
    """How many referrals fulfill each condition, counted up to COUNTED_UP_TO, in one statement.

    In an order that the list is offered in: so whoever plans it walks along an index, and not over the whole list.
    """
    capped = {
        name: select(Referral.id).where(on_it).order_by(*ordered(sort)).limit(fixed(COUNTED_UP_TO)).subquery()
        for name, (on_it, sort) in lists.items()
    }
    totals = select(
        *(select(func.count()).select_from(rows).scalar_subquery().label(name) for name, rows in capped.items())
    )
    return dict(session.execute(totals).one()._mapping)


def ordered(sort: str) -> list[ColumnElement[Any]]:
    """The columns of an order, each in its direction."""
    return _directed(SORTS[sort][1], sort)


def _directed(columns: Iterable[Any], sort: str) -> list[ColumnElement[Any]]:
    return [column.desc() if sort in NEWEST_FIRST else column for column in columns]
