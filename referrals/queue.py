"""The clinic's queue: a page of a worklist as somebody wants to see it, the first of one, and how many are on each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from referrals.eligibility.verdict import PROCEDURES
from referrals.list_page import CLINICAL_SORTS, PAGE, Page, capped_counts, found_by, keyset_page, ordered
from referrals.outline import Outline, outlined
from referrals.referral import Referral, fixed
from referrals.sight import listed_for, visible_to
from referrals.staff import Person, Practice
from referrals.workflow import Urgency
from referrals.worklist import CLINIC_LISTS, ROWS, UNCOUNTED


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
        return bool(self.verdict) or self.sort in CLINICAL_SORTS or CLINIC_LISTS[self.worklist].clinical


def page(session: Session, person: Person, wanted: Wanted, today: date) -> Page[Referral | Outline]:
    """A page of the clinic's worklist, with patient, practice and owner, in one statement (two from page 2 on).

    What is restricted and not this person's to open is there as its outline.
    """
    query = (
        select(Referral, (true() if wanted.clinical else visible_to(person)).label("opens"))
        .where(_sight(person, wanted.clinical), CLINIC_LISTS[wanted.worklist].belongs(person, today))
        .where(*_filters(wanted, person))
    )
    rows, next_after = keyset_page(session, query, wanted.sort, wanted.after, listed_for(person), _shown)
    return Page([referral if opens else outlined(referral) for referral, opens in rows], next_after)


def _shown(line: type[Referral]) -> tuple[ExecutableOption, ...]:
    """The patient by an outer join: an outline stays in the list also where the database keeps the patient back; of an
    owner a list shows the name alone."""
    return joinedload(line.patient), joinedload(line.practice), joinedload(line.owner)


def first_of(session: Session, person: Person, name: str, today: date, but: str = "") -> str | None:
    """The public id of the first referral of a worklist that this person opens; `but`: of another one than this."""
    entry = CLINIC_LISTS[name]
    opens = (visible_to(person), entry.belongs(person, today), Referral.public_id != but)
    first = select(Referral.public_id).where(*opens).order_by(*ordered(entry.sort)).limit(fixed(1))
    return session.scalars(first).first()


def counts(session: Session, person: Person, today: date) -> dict[str, int]:
    """How many stand on each worklist of the clinic, counted up to a limit, in one statement."""
    sights = {clinical: _sight(person, clinical) for clinical in (True, False)}
    counted = [entry for entry in ROWS if entry.name not in UNCOUNTED]
    return capped_counts(
        session,
        {entry.name: (and_(sights[entry.clinical], entry.belongs(person, today)), entry.sort) for entry in counted},
    )


def _sight(person: Person, clinical: bool) -> ColumnElement[bool]:
    return visible_to(person) if clinical else listed_for(person)


def _filters(wanted: Wanted, person: Person) -> Iterator[ColumnElement[bool]]:
    if wanted.words:
        yield Referral.id.in_(found_by(wanted.words, person))
    if wanted.urgency:
        yield Referral.urgency == wanted.urgency
    if wanted.practice:
        yield Referral.practice_id == select(Practice.id).where(Practice.public_id == wanted.practice).scalar_subquery()
    if wanted.owner:
        yield Referral.owner_id.is_(None) if wanted.owner == "nobody" else Referral.owner_id == person.id
    if wanted.verdict:
        yield or_(*(getattr(Referral, procedure) == wanted.verdict for procedure in PROCEDURES))


def newest_change(session: Session, person: Person, name: str, today: date) -> str:
    """What is different whenever anything on the list is: how many there are, and the last change among them."""
    entry = CLINIC_LISTS[name]
    on_it = select(Referral.changed_at).where(_sight(person, entry.clinical), entry.belongs(person, today))
    first = on_it.order_by(*ordered(entry.sort)).limit(fixed(PAGE)).subquery()
    number, last = session.execute(select(func.count(), func.max(first.c.changed_at)).select_from(first)).one()
    return f"{number} {last}"


def newest_of(rows: Sequence[Referral | Outline]) -> str:
    """The same of a list whose first page is read already, so that no statement is needed for it."""
    return f"{len(rows)} {max((row.changed_at for row in rows), default=None)}"
