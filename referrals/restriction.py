"""Restricting a referral to those who treat the patient, and lifting it: the state stays, the version goes on."""

from typing import Any

from sqlalchemy.orm import Session

from referrals import access, events
from referrals.entry import for_whom, other_side, version_of
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from referrals.transition import Incomplete, NotAllowed, Stale, change


def may_restrict(person: Person, referral: Referral) -> bool:
    """Whether this person restricts this referral, or lifts the restriction."""
    return access.holds(access.RESTRICTS, person, access.of_referral(person, referral))


def restrict(
    session: Session, referral: Referral, actor: Person, version: int, why: str, ir_physician: Person | None = None
) -> None:
    """From now on only referrer, owner and IR physician open it. The clinic may name the IR physician with it.

    A restricted referral is restricted again to name another. Raises Stale, NotAllowed, Incomplete.
    """
    _check(referral, actor, version, why)
    named = _named(referral, actor, ir_physician)
    if referral.restricted and named == referral.ir_physician_id:
        raise Incomplete("restricted", "It is restricted already: change who opens it, or go back.")
    _record(session, referral, actor, "restrict", why, restricted=True, ir_physician_id=named)


def lift(session: Session, referral: Referral, actor: Person, version: int, why: str) -> None:
    """From now on the clinic and the practice open it as any other. Raises Stale, NotAllowed, Incomplete."""
    _check(referral, actor, version, why)
    if not referral.restricted:
        raise Incomplete("restricted", "It is not restricted: there is nothing to lift.")
    _record(session, referral, actor, "lift_restriction", why, restricted=False)


def _check(referral: Referral, actor: Person, version: int, why: str) -> None:
    if referral.version != version:
        raise Stale(referral)
    if not may_restrict(actor, referral):
        raise NotAllowed("restrict")
    if not why:
        raise Incomplete("comment", "Say why, in a sentence.")


def _named(referral: Referral, actor: Person, ir_physician: Person | None) -> int | None:
    """Who is to be its IR physician: a practice leaves that as it is."""
    if not actor.works_at_clinic:
        return referral.ir_physician_id
    if ir_physician and not (ir_physician.active and RoleName.IR_PHYSICIAN in ir_physician.role_names):
        raise Incomplete("ir_physician", "Choose one of the clinic’s IR physicians.")
    return ir_physician.id if ir_physician else None


def _record(session: Session, referral: Referral, actor: Person, action: str, why: str, **changes: Any) -> None:
    change(session, referral, **changes)
    entry = version_of(referral, action, actor, on_behalf_of_id=for_whom(referral, actor), comment=why)
    events.record(session, entry, other_side(actor))
