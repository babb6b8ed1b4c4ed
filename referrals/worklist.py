"""Worklists: which referrals wait for whom, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from referrals.eligibility.verdict import PROCEDURES
from referrals.patients import named_like
from referrals.referral import IS_OPEN, NotFound, Referral, dated, visible_to
from referrals.staff import Person, Practice
from referrals.workflow import ENDED, State, Urgency

PAGE = 50
COUNTED_UP_TO = 100
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Worklist:
    """A tab: its name in the address, its words, what it would hold, and how it is sorted unless asked otherwise."""

    name: str
    words: str
    holds: str
    sort: str


CLINIC_LISTS = {
    entry.name: entry
    for entry in (
        Worklist("new", "New", "Referrals that nobody has claimed yet.", "urgency"),
        Worklist("in_review", "In review", "Referrals that somebody has claimed and not yet decided.", "urgency"),
        Worklist("waiting", "Waiting for referrer", "Referrals with a question that is not answered yet.", "due"),
        Worklist("accepted", "Accepted", "Accepted referrals, to be booked.", "waiting"),
        Worklist("red_flags", "Red flags", "Open referrals with a new neurological deficit: telephone.", "waiting"),
        Worklist("soon", "Becomes eligible soon", "Open referrals whose wait ends within 14 days.", "eligible"),
        Worklist("all", "All", "Every referral ever sent.", "newest"),
    )
}


ON_ANY_DAY: dict[str, ColumnElement[bool]] = {
    "new": Referral.state == State.SUBMITTED,
    "in_review": Referral.state == State.IN_REVIEW,
    "waiting": Referral.state == State.AWAITING_INFORMATION,
    "accepted": Referral.state == State.ACCEPTED,
    "red_flags": Referral.red_flag & IS_OPEN,
    "all": Referral.state != State.DRAFT,
}


def belongs(name: str, today: date) -> ColumnElement[bool]:
    """Which referrals stand on this worklist of the clinic."""
    if name == "soon":
        return (dated(Referral.becomes_eligible_on) <= today + SOON) & IS_OPEN
    return ON_ANY_DAY[name]


SORTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "waiting": ("Waiting longest", (Referral.first_submitted_at, Referral.id)),
    "urgency": ("Most urgent", (Referral.urgency, Referral.first_submitted_at, Referral.id)),
    "conservative": (
        "Longest conservative management",
        (dated(Referral.conservative_management_started_on), Referral.id),
    ),
    "onset": ("Oldest fracture", (dated(Referral.onset_on), Referral.id)),
    "due": ("Due first", (dated(Referral.due_on), Referral.id)),
    "eligible": ("Eligible first", (dated(Referral.becomes_eligible_on), Referral.id)),
    "newest": ("Newest", (Referral.id,)),
    "changed": ("Last changed", (Referral.changed_at, Referral.id)),
}
NEWEST_FIRST = ("newest", "changed")
OF_ALL, OF_OPEN = ("newest",), ("waiting", "urgency", "conservative", "onset", "due", "eligible")


def sorts(name: str) -> dict[str, str]:
    """The orders that a worklist of the clinic is offered in, each served by an index."""
    return {sort: SORTS[sort][0] for sort in (OF_ALL if name == "all" else OF_OPEN)}


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see of a worklist, as the address says it."""

    worklist: str
    sort: str
    words: str = ""
    urgency: Urgency | None = None
    practice: str = ""
    owner: str = ""
    verdict: str = ""
    after: str = ""


@dataclass(frozen=True)
class Page:
    """Rows of a worklist, and the public id to ask for the next page with, if there is one."""

    rows: Sequence[Referral]
    next_after: str | None


def page(session: Session, person: Person, wanted: Wanted, today: date) -> Page:
    """A page of the clinic's worklist, with patient, practice and owner, in one statement (two from page 2 on)."""
    query = (
        select(Referral)
        .join(Referral.patient)
        .where(visible_to(person), belongs(wanted.worklist, today), *_filters(wanted, person))
        .options(contains_eager(Referral.patient), joinedload(Referral.practice), joinedload(Referral.owner))
    )
    return _keyset_page(session, query, person, wanted)


def _filters(wanted: Wanted, person: Person) -> Iterator[ColumnElement[bool]]:
    if wanted.words:
        yield Referral.id.in_(_found_by(wanted.words))
    if wanted.urgency:
        yield Referral.urgency == wanted.urgency
    if wanted.practice:
        yield Referral.practice_id == select(Practice.id).where(Practice.public_id == wanted.practice).scalar_subquery()
    if wanted.owner:
        yield Referral.owner_id.is_(None) if wanted.owner == "nobody" else Referral.owner_id == person.id
    if wanted.verdict:
        yield or_(*(getattr(Referral, procedure) == wanted.verdict for procedure in PROCEDURES))


def _found_by(words: str) -> CompoundSelect[int]:
    """Referrals whose patient's name or record number begins so, or that have this public id."""
    spoken = words.lower().replace(" ", "").replace("-", "")
    by_patient = select(Referral.id).join(Referral.patient).where(named_like(words))
    return by_patient.union(select(Referral.id).where(Referral.public_id == spoken))


def _keyset_page(session: Session, query: Select[Referral], person: Person, wanted: Wanted) -> Page:
    columns, backwards = SORTS[wanted.sort][1], wanted.sort in NEWEST_FIRST
    if wanted.after:
        last_seen = select(*columns).where(Referral.public_id == wanted.after, visible_to(person))
        edge = session.execute(last_seen).one_or_none()
        if edge is None:
            raise NotFound
        here, there = tuple_(*columns), tuple_(*edge)
        # The first column once more by itself: a planner sees how little lies beyond a bound, not beyond a row.
        beyond = columns[0] <= edge[0] if backwards else columns[0] >= edge[0]
        query = query.where(beyond, here < there if backwards else here > there)
    order = [column.desc() for column in columns] if backwards else columns
    rows = session.scalars(query.order_by(*order).limit(PAGE + 1)).all()
    return Page(rows[:PAGE], rows[PAGE - 1].public_id if len(rows) > PAGE else None)


def counts(session: Session, person: Person, today: date) -> dict[str, int]:
    """How many stand on each worklist of the clinic, counted up to COUNTED_UP_TO, in one statement."""
    return _counts(session, person, {name: belongs(name, today) for name in CLINIC_LISTS if name != "all"})


def _counts(session: Session, person: Person, lists: dict[str, ColumnElement[bool]]) -> dict[str, int]:
    capped = {
        name: select(Referral.id).where(visible_to(person), condition).limit(COUNTED_UP_TO).subquery()
        for name, condition in lists.items()
    }
    totals = select(
        *(select(func.count()).select_from(rows).scalar_subquery().label(name) for name, rows in capped.items())
    )
    return dict(session.execute(totals).one()._mapping)


PRACTICE_LISTS = {
    "owed": ("Answers owed", (State.AWAITING_INFORMATION,), "Questions of the clinic about your patients appear here."),
    "sent": (
        "Sent",
        (State.SUBMITTED, State.IN_REVIEW, State.SCHEDULED, State.ATTENDED),
        "Referrals that the clinic is working on appear here.",
    ),
    "decided": (
        "Decided",
        tuple(state for state in State if state in ENDED or state is State.ACCEPTED),
        "Decisions of the clinic appear here, with their reasons.",
    ),
    "drafts": ("Drafts", (State.DRAFT,), "A referral you began and have not sent is kept here."),
}


def practice_page(session: Session, person: Person, name: str, after: str = "") -> Page:
    """A page of the own practice's referrals, the last changed first."""
    query = (
        select(Referral)
        .where(visible_to(person), Referral.state.in_(PRACTICE_LISTS[name][1]))
        .options(joinedload(Referral.patient), joinedload(Referral.requester), joinedload(Referral.owner))
        .options(joinedload(Referral.decided_by), joinedload(Referral.coded_reason))
    )
    return _keyset_page(session, query, person, Wanted(worklist=name, sort="changed", after=after))


def practice_counts(session: Session, person: Person) -> dict[str, int]:
    return _counts(
        session, person, {name: Referral.state.in_(states) for name, (_, states, _) in PRACTICE_LISTS.items()}
    )
