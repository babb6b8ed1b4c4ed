"""The life of a referral, held as data: its states, and who may take it from which to which."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from referrals.staff import REFERRING_ROLES, RoleName


class State(StrEnum):
    """Where a referral stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    AWAITING_INFORMATION = "awaiting_information"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    ATTENDED = "attended"
    COMPLETED = "completed"
    RETURNED_WITH_ADVICE = "returned_with_advice"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    CLOSED_INCOMPLETE = "closed_incomplete"
    WITHDRAWN = "withdrawn"
    ENTERED_IN_ERROR = "entered_in_error"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ").capitalize()


OPEN = (
    State.SUBMITTED,
    State.IN_REVIEW,
    State.AWAITING_INFORMATION,
    State.ACCEPTED,
    State.SCHEDULED,
    State.ATTENDED,
)
ENDED = tuple(state for state in State if state is not State.DRAFT and state not in OPEN)
ANY_BUT_DRAFT = tuple(state for state in State if state is not State.DRAFT)

WAITING_FOR = {
    State.SUBMITTED: "clinic",
    State.IN_REVIEW: "clinic",
    State.AWAITING_INFORMATION: "referrer",
    State.ACCEPTED: "clinic",
    State.SCHEDULED: "patient",
    State.ATTENDED: "clinic",
    State.RETURNED_WITH_ADVICE: "referrer",
    State.DECLINED: "referrer",
    State.REDIRECTED: "other service",
}


def waiting_for(state: State) -> str | None:
    """Who is being waited for; None where a referral has ended for good."""
    return WAITING_FOR.get(state)


class Urgency(IntEnum):
    """How soon a decision is asked for; the smaller the sooner, so that a list can be sorted by it."""

    EMERGENCY = 1
    URGENT = 2
    ROUTINE = 3

    @property
    def words(self) -> str:
        return self.name.capitalize()


REF = REFERRING_ROLES
CO = RoleName.COORDINATOR
IR = RoleName.IR_PHYSICIAN
ADM = RoleName.ADMINISTRATOR


@dataclass(frozen=True)
class Action:
    """One row of the table: from which states, to which, by whom, and what must be said.

    `target` None leaves the state as it is; BACK returns to the state that the referral came from.
    """

    name: str
    words: str
    sources: tuple[State, ...]
    target: State | str | None
    roles: frozenset[RoleName]
    reason: bool = False
    comment: bool = False


BACK = "back"


def _action(
    name: str,
    words: str,
    sources: tuple[State, ...],
    target: State | str | None,
    *roles: RoleName | frozenset[RoleName],
    reason: bool = False,
    comment: bool = False,
) -> Action:
    every = frozenset().union(*({role} if isinstance(role, RoleName) else role for role in roles))
    return Action(name, words, sources, target, every, reason, comment)


S = State
CLAIMED = (S.IN_REVIEW, S.AWAITING_INFORMATION, S.ACCEPTED, S.SCHEDULED, S.ATTENDED)
UNDECIDED = (S.SUBMITTED, S.IN_REVIEW, S.AWAITING_INFORMATION)
ON_ITS_WAY = (S.ACCEPTED, S.SCHEDULED, S.ATTENDED)

# The table of the specification, a row each; a formatter would stand the rows on end.
# fmt: off
ROWS = (
    _action("save", "Save the draft", (S.DRAFT,), S.DRAFT, REF),
    _action("submit", "Send", (S.DRAFT,), S.SUBMITTED, REF),
    # From a draft that the same transaction has made: the clinic keeps none.
    _action("submit_on_behalf", "Enter for a referrer", (S.DRAFT,), S.SUBMITTED, CO),
    _action("claim", "Claim", (S.SUBMITTED,), S.IN_REVIEW, CO, IR),
    _action("assign", "Assign", CLAIMED, None, CO, IR, ADM),
    _action("ask_information", "Ask for information", (S.IN_REVIEW, S.ACCEPTED), S.AWAITING_INFORMATION, CO, IR),
    _action("answer", "Answer", (S.AWAITING_INFORMATION,), BACK, REF, CO),
    _action("accept", "Accept", (S.IN_REVIEW,), S.ACCEPTED, IR, CO),
    _action("return_with_advice", "Return with advice", (S.IN_REVIEW,), S.RETURNED_WITH_ADVICE, IR, CO,
            comment=True),
    _action("decline", "Decline", (S.IN_REVIEW, S.ACCEPTED, S.ATTENDED), S.DECLINED, IR, CO,
            reason=True, comment=True),
    _action("redirect", "Redirect", (S.IN_REVIEW,), S.REDIRECTED, CO, IR, reason=True),
    _action("book", "Book", (S.ACCEPTED, S.ATTENDED), S.SCHEDULED, CO),
    _action("rebook", "Rebook", (S.SCHEDULED,), S.SCHEDULED, CO, reason=True),
    _action("missed", "Record as missed", (S.SCHEDULED,), S.ACCEPTED, CO, reason=True),
    _action("attend", "Record the visit", (S.SCHEDULED,), S.ATTENDED, CO, IR),
    _action("complete", "Complete", (S.ATTENDED,), S.COMPLETED, IR, CO),
    _action("close_incomplete", "Close without treatment", (S.ACCEPTED, S.AWAITING_INFORMATION),
            S.CLOSED_INCOMPLETE, CO, reason=True),
    _action("withdraw", "Withdraw", UNDECIDED, S.WITHDRAWN, REF, reason=True),
    _action("ask_withdrawal", "Ask to withdraw", ON_ITS_WAY, None, REF, reason=True),
    _action("confirm_withdrawal", "Confirm the withdrawal", ON_ITS_WAY, S.WITHDRAWN, CO, IR),
    _action("refuse_withdrawal", "Refuse the withdrawal", ON_ITS_WAY, None, CO, IR, comment=True),
    _action("mark_error", "Mark as made in error", (S.DRAFT, *UNDECIDED, S.ACCEPTED), S.ENTERED_IN_ERROR, REF, ADM,
            reason=True, comment=True),
    _action("resubmit", "Send again", (S.RETURNED_WITH_ADVICE, S.DECLINED, S.CLOSED_INCOMPLETE), S.SUBMITTED, REF),
    _action("reopen", "Reopen", (S.COMPLETED, S.CLOSED_INCOMPLETE, S.WITHDRAWN), S.IN_REVIEW, CO, ADM,
            comment=True),
    _action("amend", "Amend", (S.SUBMITTED,), None, REF),
    _action("amend", "Amend", CLAIMED, None, CO, IR),
    _action("prioritise", "Set the urgency", OPEN, None, CO, IR, reason=True),
    _action("message", "Send a message", ANY_BUT_DRAFT, None, REF, CO, IR),
)
# fmt: on
ACTIONS: dict[str, Action] = {action.name: action for action in reversed(ROWS)}
"""Each by its name. One that different people may do in different states has several rows; this is the first."""

GUARDS: dict[str, Callable[[Any], bool]] = {
    "ask_withdrawal": lambda referral: referral.withdrawal_asked_at is None,
    "confirm_withdrawal": lambda referral: referral.withdrawal_asked_at is not None,
    "refuse_withdrawal": lambda referral: referral.withdrawal_asked_at is not None,
}
"""What an action asks of the referral beside its state."""


def available(state: State, roles: Iterable[RoleName]) -> list[Action]:
    """What someone with these roles may do in this state, in the order of the table."""
    mine = frozenset(roles)
    return [action for action in ROWS if state in action.sources and action.roles & mine]


def possible(referral: Any, roles: Iterable[RoleName]) -> list[Action]:
    """What someone with these roles may do to this referral now: what the screen has buttons for."""
    return [
        action
        for action in available(referral.status, roles)
        if action.name not in GUARDS or GUARDS[action.name](referral)
    ]
