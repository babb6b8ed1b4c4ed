"""Where a referral stands, in the words that each side reads."""

from referrals.outline import Outline
from referrals.referral import Referral
from referrals.staff import Person
from referrals.workflow import ACTIONS, State, waiting_for

FIXED = {
    State.DRAFT: "Draft",
    State.SUBMITTED: "Sent, not yet opened",
    State.ACCEPTED: "Accepted, booking to follow",
    State.SCHEDULED: "Booked",
    State.ATTENDED: "Seen",
    State.COMPLETED: "Finished, letter sent",
    State.RETURNED_WITH_ADVICE: "Returned with advice",
    State.REDIRECTED: "Sent on to another service",
    State.CLOSED_INCOMPLETE: "Closed without treatment",
    State.WITHDRAWN: "Withdrawn",
    State.ENTERED_IN_ERROR: "Made in error",
}

NEXT_ACTION = {
    State.SUBMITTED: "Claim",
    State.IN_REVIEW: "Decide",
    State.AWAITING_INFORMATION: "Answer",
    State.ACCEPTED: "Book",
    State.SCHEDULED: "Attend",
    State.ATTENDED: "Write the outcome",
}

PAST = {
    "submit": "Sent",
    "claim": "Claimed for review",
    "ask_information": "Information asked for",
    "answer": "Answered",
    "accept": "Accepted",
    "decline": "Not accepted",
    "withdraw": "Withdrawn",
    "restrict": "Restricted",
    "lift_restriction": "Restriction lifted",
    "emergency_access_opened": "Emergency access opened",
    "emergency_access_ended": "Emergency access ended",
    "emergency_access_reviewed": "Emergency access reviewed",
    "remind": "Reminded of open questions",
}
"""What an action is called once it happened."""


def standing(referral: Referral, owed: int = 0) -> str:
    """The state as the referrer reads it; `owed` items are still to be answered."""
    if referral.status is State.IN_REVIEW and referral.owner:
        return f"Being reviewed by {referral.owner.name}"
    if referral.status is State.AWAITING_INFORMATION:
        return f"We need {_items(owed)} from you"
    if referral.status is State.DECLINED and referral.coded_reason:
        return f"Not accepted, because {_inside(referral.coded_reason.words)}"
    return FIXED[referral.status]


def clinic_standing(referral: Referral, person: Person, owed: int = 0) -> str:
    """The state as somebody of the clinic reads it."""
    if referral.status is State.IN_REVIEW and referral.owner:
        return f"In review with {'you' if referral.owner_id == person.id else referral.owner.name}"
    if referral.status is State.AWAITING_INFORMATION:
        return f"Waiting for {referral.practice.name}: {_items(owed)}"
    return {State.SUBMITTED: "New, nobody has claimed it", State.ACCEPTED: "Accepted, to be booked"}.get(
        referral.status, standing(referral)
    )


def _items(number: int) -> str:
    return {0: "information", 1: "1 item"}.get(number, f"{number} items")


def _inside(words: str) -> str:
    """Words as they stand inside a sentence: "The pain has gone" goes on small."""
    return words[:1].lower() + words[1:]


def happened(action_name: str) -> str:
    """What an action is called once it happened."""
    if action_name in ACTIONS:
        return PAST.get(action_name, ACTIONS[action_name].words)
    return PAST.get(action_name, action_name.replace("_", " ").capitalize())


def next_action(referral: Referral | Outline, person: Person) -> tuple[str, str] | None:
    """What happens next and who owes it: (action, whose); None where nothing does."""
    action = NEXT_ACTION.get(referral.status)
    if action is None:
        return None
    owner = referral.owner if referral.status is not State.SUBMITTED else None
    if waiting_for(referral.status) == "referrer":
        return action, referral.practice.name
    if waiting_for(referral.status) == "patient":
        return action, "Patient"
    return action, ("You" if owner.id == person.id else owner.name) if owner else "Anybody"
