"""What the queue's page offers to choose from, in one statement: staff, practices, and the views that people keep."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import literal, or_, select, union_all
from sqlalchemy.orm import Session

from referrals.roster import WORKS_THE_QUEUE
from referrals.saved_view import SavedView
from referrals.staff import Person, Practice


class Offered(NamedTuple):
    """One thing to choose; of a kept view also its list, what it asks for, whose it is, and whether all see it."""

    public_id: str
    name: str
    worklist: str
    asked: str
    person_id: int
    of: str
    shared: bool


class Offer(NamedTuple):
    """All there is, each by name."""

    staff: list[Offered]
    practices: list[Offered]
    views: list[Offered]


NOTHING_ELSE = (literal(""), literal(""), literal(0), literal(""), literal(False))


def offer(session: Session, person: Person) -> Offer:
    """What this person is offered: of the kept views the own ones and those that others share."""
    staff = select(literal("staff"), Person.public_id, Person.name, *NOTHING_ELSE).where(*WORKS_THE_QUEUE)
    practices = select(literal("practice"), Practice.public_id, Practice.name, *NOTHING_ELSE).where(~Practice.is_clinic)
    kept = (SavedView.worklist, SavedView.asked, SavedView.person_id, Person.name, SavedView.shared)
    views = (
        select(literal("view"), SavedView.public_id, SavedView.name, *kept)
        .join(SavedView.person)
        .where(or_(SavedView.person_id == person.id, SavedView.shared))
    )
    found: dict[str, list[Offered]] = defaultdict(list)
    for kind, *row in session.execute(union_all(staff, practices, views)):
        found[kind].append(Offered._make(row))
    return Offer(*(sorted(found[kind], key=lambda one: one.name) for kind in ("staff", "practice", "view")))
