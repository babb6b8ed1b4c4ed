"""A practice's own lists: what it owes the clinic, what it sent, what was decided, and what it has not sent yet."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from referrals.list_page import Page, capped_counts, found_by, keyset_page
from referrals.referral import Referral
from referrals.sight import visible_to
from referrals.staff import Person
from referrals.workflow import ENDED, State


@dataclass(frozen=True)
class PracticeList:
    """A tab: its words, the states of what stands on it, and what it would hold where it is empty."""

    words: str
    states: tuple[State, ...]
    holds: str


S = State
PRACTICE_LISTS = {
    "owed": PracticeList(
        "Answers owed", (S.AWAITING_INFORMATION,), "Questions of the clinic about your patients appear here."
    ),
    "sent": PracticeList(
        "Sent", (S.SUBMITTED, S.IN_REVIEW), "Referrals that the clinic has not decided yet appear here."
    ),
    "accepted": PracticeList(
        "Accepted", (S.ACCEPTED, S.SCHEDULED, S.ATTENDED), "Patients whom the clinic has accepted appear here."
    ),
    "decided": PracticeList("Ended", ENDED, "What has ended appears here, with its outcome or its reasons."),
    "drafts": PracticeList("Drafts", (S.DRAFT,), "A referral you began and have not sent is kept here."),
}
SENT = Referral.first_submitted_at.is_not(None)


def practice_page(session: Session, person: Person, name: str, after: str = "") -> Page[Referral]:
    """A page of the own practice's referrals, the last changed first."""
    return _page(session, person, _belongs(name), after)


def practice_found(session: Session, person: Person, words: str, after: str = "") -> Page[Referral]:
    """The same of all that the practice has sent, whatever became of it, for a patient's name, record number or id."""
    return _page(session, person, and_(SENT, Referral.id.in_(found_by(words, person))), after)


def _page(session: Session, person: Person, which: ColumnElement[bool], after: str) -> Page[Referral]:
    query = select(Referral).where(visible_to(person), which)
    rows, next_after = keyset_page(session, query, "changed", after, visible_to(person), _shown)
    return Page([referral for (referral,) in rows], next_after)


def _shown(line: type[Referral]) -> list[ExecutableOption]:
    named = (line.patient, line.requester, line.owner, line.decided_by, line.coded_reason)
    return [joinedload(each) for each in named]


def practice_counts(session: Session, person: Person) -> dict[str, int]:
    """How many stand on each list of the own practice."""
    own = visible_to(person)
    return capped_counts(session, {name: (and_(own, _belongs(name)), "changed") for name in PRACTICE_LISTS})


def _belongs(name: str) -> ColumnElement[bool]:
    """A draft that was thrown away stands on no list: there is nothing to read in it."""
    kept = or_(Referral.state == State.DRAFT, SENT)
    return and_(Referral.state.in_(PRACTICE_LISTS[name].states), kept)
