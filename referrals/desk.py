"""On which of the clinic's worklists an open referral stands: exactly one, named after the action that is owed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from referrals.workflow import State


class Desk(StrEnum):
    """A pile on the coordinators' desk. Which of two days' piles it is (overdue or not, today or later) a date says."""

    NEW = "new"
    UNDECIDED = "undecided"
    NEEDS_IR = "needs_ir"
    WAITING = "waiting"
    TO_BOOK = "to_book"
    TO_REBOOK = "to_rebook"
    BOOKED = "booked"
    LETTERS = "letters"
    WITHDRAWALS = "withdrawals"


FINAL_OUTCOMES = ("treated", "not_indicated")
"""Outcomes of a visit after which no other visit is owed: a letter is."""
ALWAYS = {State.SUBMITTED: Desk.NEW, State.AWAITING_INFORMATION: Desk.WAITING, State.SCHEDULED: Desk.BOOKED}
"""States that stand on one list whatever else is known."""


def desk_of(referral: Any, changes: Mapping[str, Any]) -> Desk | None:
    """Where the referral stands once `changes` are made to it; None before it is sent and after it has ended."""

    def to_be(name: str) -> Any:
        return changes[name] if name in changes else getattr(referral, name)

    state = State(to_be("state"))
    if state in (State.ACCEPTED, State.SCHEDULED, State.ATTENDED) and to_be("withdrawal_asked_at"):
        return Desk.WITHDRAWALS
    if state is State.IN_REVIEW:
        with_ir = to_be("ir_physician_id") is not None and to_be("ir_physician_id") == to_be("owner_id")
        return Desk.NEEDS_IR if with_ir else Desk.UNDECIDED
    if state is State.ACCEPTED:
        return Desk.TO_REBOOK if to_be("needs_rebooking") else Desk.TO_BOOK
    if state is State.ATTENDED:
        return Desk.LETTERS if to_be("outcome") in FINAL_OUTCOMES else Desk.TO_BOOK
    return ALWAYS.get(state)
