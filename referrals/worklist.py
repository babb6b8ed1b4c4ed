"""Worklists: which referrals wait for whom, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from referrals.eligibility.verdict import PROCEDURES
from referrals.outline import Outline, outlined
from referrals.patients import named_like
from referrals.referral import IS_OPEN, NotFound, Referral, dated, listed_for, visible_to
from referrals.staff import Person, Practice
from referrals.workflow import ENDED, State, Urgency

Line = TypeVar("Line")
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
        Worklist("new", "New", "Referrals that nobody has claimed yet.", "pressing"),
        Worklist("in_review", "In review", "Referrals that somebody has claimed and not yet decided.", "pressing"),
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
    "newest": ("Newest", (Referral.id,)),
    "changed": ("Last changed", (Referral.changed_at, Referral.id)),
}
NEWEST_FIRST = ("newest", "changed")
CLINICAL_SORTS, CLINICAL_LISTS = ("conservative", "onset", "eligible"), ("soon",)
"""What tells of the patient: whoever may not open a restricted referral does not find it by such an order or list."""
OF_ALL, OF_OPEN = ("newest",), ("pressing", "waiting", "urgency", "conservative", "onset", "due", "eligible")


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

    @property
    def clinical(self) -> bool:
        """Whether where a referral stands in it tells something of the patient. (A search by name sees to itself.)"""
        return bool(self.verdict) or self.sort in CLINICAL_SORTS or self.worklist in CLINICAL_LISTS


@dataclass(frozen=True)
class Page(Generic[Line]):
    """Rows of a worklist, and the public id to ask for the next page with, if there is one."""

    rows: Sequence[Line]
    next_after: str | None


def page(session: Session, person: Person, wanted: Wanted, today: date) -> Page[Referral | Outline]:
    """A page of the clinic's worklist, with patient, practice and owner, in one statement (two from page 2 on).

    What is restricted and not this person's to open is there as its outline.
    """
    query = (
        select(Referral, true() if wanted.clinical else visible_to(person))
        .outerjoin(Referral.patient)  # an outline stays in the list also where the database keeps the patient back
        .where(_sight(person, wanted.clinical), belongs(wanted.worklist, today), *_filters(wanted, person))
        .options(contains_eager(Referral.patient), joinedload(Referral.practice), joinedload(Referral.owner))
    )
    rows, next_after = _keyset_page(session, query, wanted, listed_for(person))
    return Page([referral if opens else outlined(referral) for referral, opens in rows], next_after)


def _sight(person: Person, clinical: bool) -> ColumnElement[bool]:
    return visible_to(person) if clinical else listed_for(person)


def _filters(wanted: Wanted, person: Person) -> Iterator[ColumnElement[bool]]:
    if wanted.words:
        yield Referral.id.in_(_found_by(wanted.words, person))
    if wanted.urgency:
        yield Referral.urgency == wanted.urgency
    if wanted.practice:
        yield Referral.practice_id == select(Practice.id).where(Practice.public_id == wanted.practice).scalar_subquery()
    if wanted.owner:
        yield Referral.owner_id.is_(None) if wanted.owner == "nobody" else Referral.owner_id == person.id
    if wanted.verdict:
        yield or_(*(getattr(Referral, procedure) == wanted.verdict for procedure in PROCEDURES))


def _found_by(words: str, person: Person) -> CompoundSelect[int]:
    """Referrals that the person may open whose patient's name or record number begins so, or that have this id."""
    spoken = words.lower().replace(" ", "").replace("-", "")
    by_patient = select(Referral.id).join(Referral.patient).where(named_like(words), visible_to(person))
    return by_patient.union(select(Referral.id).where(Referral.public_id == spoken))


def _keyset_page(
    session: Session, query: Select[*tuple[Any, ...]], wanted: Wanted, sight: ColumnElement[bool]
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None]:
    """A page of rows that begin with a referral, and the public id of the last of them if there are more."""
    columns, backwards = SORTS[wanted.sort][1], wanted.sort in NEWEST_FIRST
    if wanted.after:
        last_seen = select(*columns).where(Referral.public_id == wanted.after, sight)
        edge = session.execute(last_seen).one_or_none()
        if edge is None:
            raise NotFound
        here, there = tuple_(*columns), tuple_(*edge)
        # The first column once more by itself: a planner sees how little lies beyond a bound, not beyond a row.
        beyond = columns[0] <= edge[0] if backwards else columns[0] >= edge[0]
        query = query.where(beyond, here < there if backwards else here > there)
    order = [column.desc() for column in columns] if backwards else columns
    rows = session.execute(query.order_by(*order).limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1][0].public_id if len(rows) > PAGE else None


def counts(session: Session, person: Person, today: date) -> dict[str, int]:
    """How many stand on each worklist of the clinic, counted up to COUNTED_UP_TO, in one statement."""
    sights = {clinical: _sight(person, clinical) for clinical in (True, False)}
    names = [name for name in CLINIC_LISTS if name != "all"]
    return _counts(session, {name: and_(sights[name in CLINICAL_LISTS], belongs(name, today)) for name in names})


def _counts(session: Session, lists: dict[str, ColumnElement[bool]]) -> dict[str, int]:
    capped = {
        name: select(Referral.id).where(condition).limit(COUNTED_UP_TO).subquery() for name, condition in lists.items()
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


def practice_page(session: Session, person: Person, name: str, after: str = "") -> Page[Referral]:
    """A page of the own practice's referrals, the last changed first."""
    query = (
        select(Referral)
        .where(visible_to(person), Referral.state.in_(PRACTICE_LISTS[name][1]))
        .options(joinedload(Referral.patient), joinedload(Referral.requester), joinedload(Referral.owner))
        .options(joinedload(Referral.decided_by), joinedload(Referral.coded_reason))
    )
    wanted = Wanted(worklist=name, sort="changed", after=after)
    rows, next_after = _keyset_page(session, query, wanted, visible_to(person))
    return Page([referral for (referral,) in rows], next_after)


def practice_counts(session: Session, person: Person) -> dict[str, int]:
    own = visible_to(person)
    return _counts(
        session, {name: and_(own, Referral.state.in_(states)) for name, (_, states, _) in PRACTICE_LISTS.items()}
    )
