"""Who sees which referral: those that somebody may open, those that they may know of; and one of them by its id."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from referrals import access, emergency
from referrals.db import now
from referrals.outline import Outline, outlined
from referrals.referral import Referral
from referrals.staff import Person


class NotFound(Exception):
    """No such referral, or none that this person may see: the two are never told apart."""


class Restricted(NotFound):
    """The person knows that the referral is there, and may not open it; `outline` is what may be known of it."""

    def __init__(self, outline: Outline) -> None:
        super().__init__(outline.public_id)
        self.outline = outline


def visible_to(person: Person) -> ColumnElement[bool]:
    """The referrals that a person may open. The clinic opens nothing that was not sent."""
    return access.in_sql(access.OPENS, person, Referral, now())


def listed_for(person: Person) -> ColumnElement[bool]:
    """The referrals that a person may know of: those that they may open, and the clinic the outline of the others."""
    return access.in_sql(access.LISTS, person, Referral, now())


def find(session: Session, public_id: str, person: Person) -> Referral:
    """The referral with all that a page shows of it; NotFound, or Restricted, unless the person may open it."""
    referral, opens = _look_up(session, public_id, person)
    if not opens:
        raise Restricted(outlined(referral))
    return referral


def may_open(session: Session, person: Person, referral: Referral) -> bool:
    """Whether the person may open a referral that is loaded already."""
    glass = emergency.open_now(session, person, referral.patient_id, now())
    return access.holds(access.OPENS, person, access.of_referral(person, referral, glass is not None))


def find_known(session: Session, public_id: str, person: Person) -> Referral:
    """The referral for a verb that is done without opening it, such as claiming; NotFound unless they know of it."""
    return _look_up(session, public_id, person)[0]


def _look_up(session: Session, public_id: str, person: Person) -> tuple[Referral, bool]:
    found = session.execute(
        select(Referral, visible_to(person))
        .where(Referral.public_id == public_id, listed_for(person))
        .options(*(joinedload(part) for part in PARTS))
    ).first()
    if found is None:
        raise NotFound
    return found[0], bool(found[1])


PARTS = (
    Referral.patient,
    Referral.practice,
    Referral.requester,
    Referral.owner,
    Referral.decided_by,
    Referral.coded_reason,
)
