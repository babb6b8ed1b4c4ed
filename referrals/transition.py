"""The one function that changes the state of a referral, as the table of actions lets it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, bindparam, column, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from referrals import access, clock, emergency, events
from referrals.db import now
from referrals.desk import desk_of
from referrals.entry import for_whom, other_side, version_of
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import REFERRING_ROLES, Person
from referrals.workflow import BACK, Action, State, possible


class NotAllowed(Exception):
    """The table of actions does not let this person do this now."""


@dataclass
class Incomplete(Exception):
    """Something that the table requires is missing: which field, and what to do."""

    field: str
    what_to_do: str


@dataclass
class Stale(Exception):
    """Somebody else changed the referral since the page was opened."""

    referral: Referral


@dataclass(frozen=True)
class Said:
    """What goes with an action: a coded reason, a comment, and details for the event."""

    reason: Reason | None = None
    comment: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    """Which side has to hear of it, where that depends on what is said."""


NOTHING = Said()

TOLD = {
    "submit": (events.CLINIC,),
    "resubmit": (events.CLINIC,),
    "answer": (events.CLINIC,),
    "withdraw": (events.CLINIC,),
    "ask_withdrawal": (events.CLINIC,),
    "submit_on_behalf": (events.REFERRER,),
    "claim": (events.REFERRER,),
    "assign": (events.CLINIC,),
    "ask_information": (events.REFERRER,),
    "accept": (events.REFERRER,),
    "return_with_advice": (events.REFERRER,),
    "decline": (events.REFERRER,),
    "redirect": (events.REFERRER,),
    "book": (events.REFERRER,),
    "rebook": (events.REFERRER,),
    "missed": (events.REFERRER,),
    "attend": (events.REFERRER,),
    "complete": (events.REFERRER,),
    "close_incomplete": (events.REFERRER,),
    "confirm_withdrawal": (events.REFERRER,),
    "refuse_withdrawal": (events.REFERRER,),
    "reopen": (events.REFERRER,),
}
"""Which side has to hear of an action, whoever does it."""
OF_EITHER_SIDE = ("amend", "mark_error")
"""What both sides may do: the other one hears of it."""
FOR_THE_REFERRER = ("answer", "submit_on_behalf")
"""What the clinic may do in the referrer's place."""


def transition(
    session: Session,
    referral: Referral,
    action_name: str,
    actor: Person,
    expected_version: int,
    today: date,
    said: Said = NOTHING,
    back_to: str | None = None,
    **changes: Any,
) -> int:
    """Do one action of the table: the only place where a state changes. Gives back the number of the entry in the log.

    `changes` are further columns set with the state; `back_to` is where an action returns to that goes BACK.
    Raises Stale when the referral is no longer at `expected_version`, NotAllowed when the table does not let the
    actor do this or they do not get at this referral, Incomplete when a reason or comment is missing.
    """
    if referral.version != expected_version:
        raise Stale(referral)
    action = _granted(session, referral, action_name, actor)
    _complete(action, actor, said, today)
    came_from, to = referral.state, _target(action, referral, back_to)
    change(session, referral, state=to, **_owed(session, referral, to), **changes)
    return events.record(session, _entry(referral, action, actor, said, came_from), *_told(action, actor, said))


def _granted(session: Session, referral: Referral, action_name: str, actor: Person) -> Action:
    """The row of the table by which this person may do this now to this referral. Raises NotAllowed."""
    action = allowed(referral, action_name, actor)
    if not gets_at(session, referral, action, actor):
        raise NotAllowed(action_name)
    return action


def _told(action: Action, actor: Person, said: Said) -> tuple[str, ...]:
    """Which sides hear of it; of what somebody does who is of neither, an administrator, the clinic always."""
    told = (other_side(actor),) if action.name in OF_EITHER_SIDE else said.told or TOLD.get(action.name, ())
    of_a_side = actor.works_at_clinic or actor.role_names & REFERRING_ROLES
    return told if of_a_side or events.CLINIC in told else (*told, events.CLINIC)


def _owed(session: Session, referral: Referral, to: str) -> dict[str, Any]:
    """The columns that say since when a decision is owed, where this step changes them."""
    before = clock.read(referral)
    after = before.after(referral.status, State(to), events.happening_at(session))
    return clock.written(after) if after != before else {}


def _entry(referral: Referral, action: Action, actor: Person, said: Said, came_from: str) -> events.Entry:
    coded = said.reason.code if said.reason else None
    said_so = {"reason": coded, "comment": said.comment or None, "details": said.details}
    by_the_clinic = actor.works_at_clinic and action.name in FOR_THE_REFERRER
    whose = for_whom(referral, actor, by_the_clinic)
    return version_of(referral, action.name, actor, from_state=came_from, on_behalf_of_id=whose, **said_so)


def allowed(referral: Referral, action_name: str, actor: Person) -> Action:
    """The row of the table by which this person may do this now. Raises NotAllowed."""
    for action in possible(referral, actor.role_names):
        if action.name == action_name:
            return action
    raise NotAllowed(action_name)


def gets_at(session: Session, referral: Referral, action: Action, actor: Person) -> bool:
    """Whether this is a referral of theirs: the table of actions speaks of roles, `access` of whose it is."""
    grounds = access.CLAIMS if action.name == "claim" else access.ACTS
    known = access.of_referral(actor, referral)
    if access.holds(grounds, actor, known):
        return True
    glass = referral.restricted and emergency.open_now(session, actor, referral.patient_id, now())
    return bool(glass) and access.holds(grounds, actor, known | {access.Condition.GLASS_OPEN})


def _complete(action: Action, actor: Person, said: Said, today: date) -> None:
    if action.reason and said.reason is None:
        raise Incomplete("reason", "Choose a reason.")
    if said.reason and not said.reason.fits(action.name, actor.role_names, today):
        raise Incomplete("reason", "Choose one of the reasons offered: this one is not yours to give here.")
    if (action.comment or (said.reason and said.reason.comment_required)) and not said.comment:
        raise Incomplete("comment", "Say why, in a sentence or two.")


def _target(action: Action, referral: Referral, back_to: str | None) -> str:
    if action.target == BACK:
        if back_to is None:
            raise ValueError(f"{action.name} needs to know where it goes back to")
        return back_to
    return str(action.target or referral.state)


MOVE = update(cast(Table, Referral.__table__)).where(
    column("id") == bindparam("row"), column("version") == bindparam("expected")
)
"""Built once; which columns it sets is said by the parameters."""


def change(session: Session, referral: Referral, **changes: Any) -> None:
    """Write the columns and the next version, if nobody else has changed the referral meanwhile."""
    session.flush()
    expected = referral.version
    changes |= {"version": expected + 1, "changed_at": now(), "worklist": desk_of(referral, changes), "turned_on": None}
    moved = session.execute(MOVE, {"row": referral.id, "expected": expected, **changes})
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        session.refresh(referral)
        raise Stale(referral)
    for name, value in changes.items():
        set_committed_value(referral, name, value)
    session.expire(referral, ["patient", "requester", "owner", "ir_physician", "decided_by", "coded_reason"])
