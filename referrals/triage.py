"""Deciding on a referral: claim it, hand it on, accept, return it with advice, decline, send it on, set its urgency."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from referrals import events, place
from referrals.clinical import newest_picture
from referrals.db import now
from referrals.eligibility import verdict
from referrals.referral import Referral
from referrals.screening import assess_picture
from referrals.staff import CLINIC_ROLES, Person, RoleName
from referrals.transition import NOTHING, Incomplete, NotAllowed, Said, transition
from referrals.workflow import Urgency


def claim(session: Session, referral: Referral, actor: Person, version: int, today: date) -> None:
    """Take a new referral into review; of two who try, one wins and the other gets Stale."""
    transition(session, referral, "claim", actor, version, today, **owned_by(actor))


def assign(
    session: Session, referral: Referral, actor: Person, version: int, today: date, owner: Person, comment: str = ""
) -> None:
    """Hand it to somebody of the clinic, who owns it from now on. With an IR physician the decision is theirs."""
    works_the_queue(owner)
    if owner.id == referral.owner_id:
        raise Incomplete("owner", f"{owner.name} has it already: choose somebody else, or go back.")
    said = Said(comment=comment, details={"owner": owner.public_id})
    transition(session, referral, "assign", actor, version, today, said, **owned_by(owner))


def works_the_queue(owner: Person) -> None:
    """Raise Incomplete unless a referral can be theirs: with anybody else it would lie."""
    if not (owner.active and owner.role_names & CLINIC_ROLES):
        raise Incomplete("owner", "Choose somebody who works the clinic’s queue.")


def owned_by(owner: Person) -> dict[str, Any]:
    with_ir = RoleName.IR_PHYSICIAN in owner.role_names
    return {"owner_id": owner.id, **({"ir_physician_id": owner.id} if with_ir else {})}


def accept(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    said: Said = NOTHING,
) -> None:
    """Accept the referral. Against the verdict only an IR physician may, with a reason."""
    if not is_candidate(session, referral, today):
        if RoleName.IR_PHYSICIAN not in actor.role_names:
            raise NotAllowed("accept")
        if said.reason is None:
            raise Incomplete("reason", "The criteria do not flag a candidate: choose why you accept all the same.")
    transition(session, referral, "accept", actor, version, today, said, **decided(actor, said))


def decline(
    session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said, would_change: str
) -> None:
    """Decline with reason, comment and what would change it; clinical reasons are an IR physician's to give."""
    if not would_change:
        raise Incomplete("would_change", "Say what would change this decision, or that nothing would.")
    transition(
        session, referral, "decline", actor, version, today, said, would_change=would_change, **decided(actor, said)
    )


def return_with_advice(
    session: Session,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    said: Said,
    ir_physician: Person | None = None,
) -> None:
    """Return it with advice, which is an IR physician's: a coordinator names the one who gives it."""
    adviser = actor if RoleName.IR_PHYSICIAN in actor.role_names else ir_physician
    if adviser is None or not (adviser.active and RoleName.IR_PHYSICIAN in adviser.role_names):
        raise Incomplete("ir_physician", "Name the IR physician whose advice it is.")
    changes = {"ir_physician_id": adviser.id, **decided(actor, said)}
    transition(session, referral, "return_with_advice", actor, version, today, said, **changes)


def redirect(
    session: Session, referral: Referral, actor: Person, version: int, today: date, said: Said, service: str
) -> None:
    """Send it on to a named service; the referrer is told which."""
    if not service:
        raise Incomplete("service", "Name the service that it goes to.")
    transition(session, referral, "redirect", actor, version, today, said, service=service, **decided(actor, said))


def prioritise(
    session: Session, referral: Referral, actor: Person, version: int, today: date, urgency: Urgency, said: Said
) -> None:
    """Set how soon it is to be decided, with a reason; the referrer is told when that becomes later."""
    if urgency == referral.urgency:
        raise Incomplete("urgency", f"It is {urgency.words.lower()} already: choose another one, or go back.")
    told = (events.REFERRER,) if urgency > referral.urgency else ()
    details = {"before": referral.asked_urgency.name, "after": urgency.name}
    said = Said(said.reason, said.comment, details, told)
    changes = {"urgency": urgency, **place.scored(session, referral, urgency, today)}
    transition(session, referral, "prioritise", actor, version, today, said, **changes)


def is_candidate(session: Session, referral: Referral, today: date) -> bool:
    """Whether the criteria flag a candidate for either procedure on this day."""
    verdicts = assess_picture(session, newest_picture(session, referral.id), today).verdicts.values()
    return any(v.kind == verdict.CANDIDATE for v in verdicts)


def decided(actor: Person, said: Said) -> dict[str, Any]:
    """The columns that say who decided, when and why."""
    return {
        "decided_by_id": actor.id,
        "decided_at": now(),
        "decision_reason": said.reason.code if said.reason else None,
        "decision_comment": said.comment or None,
    }
