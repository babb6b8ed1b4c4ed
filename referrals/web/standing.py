"""Where a referral stands, in the words that each side reads."""

from referrals.appointment import KINDS
from referrals.desk import Desk
from referrals.outline import Outline
from referrals.referral import Referral
from referrals.staff import Person
from referrals.web.words import day, moment
from referrals.workflow import ACTIONS, State

FIXED = {
    State.DRAFT: "Draft",
    State.SUBMITTED: "Sent, not yet opened",
    State.ACCEPTED: "Accepted, booking to follow",
    State.RETURNED_WITH_ADVICE: "Returned with advice",
    State.REDIRECTED: "Sent on to another service",
    State.CLOSED_INCOMPLETE: "Closed without treatment",
    State.WITHDRAWN: "Withdrawn",
    State.ENTERED_IN_ERROR: "Made in error",
}

BECAUSE = {State.DECLINED: "Not accepted", State.CLOSED_INCOMPLETE: "Closed without treatment"}
"""Ends that are not told without their reason."""

NEXT_ACTION = {
    Desk.NEW: "Claim",
    Desk.UNDECIDED: "Decide",
    Desk.NEEDS_IR: "Decide",
    Desk.WAITING: "Answer",
    Desk.TO_BOOK: "Book",
    Desk.TO_REBOOK: "Book again",
    Desk.BOOKED: "Come to the visit",
    Desk.LETTERS: "Write the outcome",
    Desk.WITHDRAWALS: "Confirm the withdrawal",
}
"""What is owed next, by the worklist that a referral stands on."""

NEXT_AFTER = {
    "proceed": "the procedure",
    "watch": "another visit, after watching",
    "tests_needed": "tests, then another visit",
    "not_indicated": "the letter",
    "treated": "the letter",
}
"""What follows a visit, by what came of it."""

PAST = {
    "submit": "Sent",
    "submit_on_behalf": "Entered for the referrer",
    "claim": "Claimed for review",
    "assign": "Assigned",
    "ask_information": "Information asked for",
    "answer": "Answered",
    "accept": "Accepted",
    "return_with_advice": "Returned with advice",
    "decline": "Not accepted",
    "redirect": "Sent on to another service",
    "close_incomplete": "Closed without treatment",
    "book": "Visit booked",
    "rebook": "Visit moved",
    "missed": "Visit did not take place",
    "attend": "Patient seen",
    "record_procedure": "Procedure recorded",
    "correct_procedure": "Procedure record corrected",
    "complete": "Finished",
    "withdraw": "Withdrawn",
    "ask_withdrawal": "Asked to withdraw",
    "confirm_withdrawal": "Withdrawal confirmed",
    "refuse_withdrawal": "Withdrawal refused",
    "mark_error": "Marked as made in error",
    "resubmit": "Sent again",
    "reopen": "Reopened",
    "amend": "Clinical picture put right",
    "prioritise": "Urgency set",
    "message": "Message",
    "rescreen": "Screened again, because of the day or the criteria",
    "acknowledge": "Changed verdict seen",
    "override_priority": "Place in the queue set",
    "sign_letter": "Letter sent",
    "document_added": "Document added",
    "document_in_error": "Document marked as an error",
    "document_infected": "Virus found in a document",
    "document_changed": "File of a document found changed",
    "document_refused": "Document refused",
    "restrict": "Restricted",
    "lift_restriction": "Restriction lifted",
    "merge_patients": "Record of the patient merged with another",
    "undo_merge": "Merging of the patient’s records undone",
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
    if referral.status in BECAUSE and referral.coded_reason:
        return f"{BECAUSE[referral.status]}, because {_inside(referral.coded_reason.words)}"
    if referral.status is State.REDIRECTED:
        return f"Sent on to {referral.service}"
    return _on_its_way(referral) or FIXED[referral.status]


def _on_its_way(referral: Referral) -> str:
    """How visits make a referral stand; "" where they say nothing of it."""
    if referral.status is State.SCHEDULED:
        return f"{KINDS[referral.appointment_kind or '']} on {moment(referral.appointment_at)}"
    if referral.status is State.ATTENDED:
        following = "to be finished" if referral.letter_sent_at else NEXT_AFTER[referral.outcome or ""]
        return f"Seen on {day(referral.appointment_on)}; next: {following}"
    if referral.status is State.ACCEPTED and referral.needs_rebooking:
        return "Accepted, to be booked again"
    if referral.status is State.COMPLETED:
        return "Finished, letter sent" if referral.letter_sent_at else "Finished, without a letter"
    return ""


def clinic_standing(referral: Referral, person: Person, owed: int = 0) -> str:
    """The state as somebody of the clinic reads it."""
    if referral.status is State.IN_REVIEW and referral.owner:
        return f"In review with {'you' if referral.owner_id == person.id else referral.owner.name}"
    if referral.status is State.AWAITING_INFORMATION:
        return f"Waiting for {referral.practice.name}: {_items(owed)}"
    if referral.status is State.ACCEPTED and not referral.needs_rebooking:
        return "Accepted, to be booked"
    return "New, nobody has claimed it" if referral.status is State.SUBMITTED else standing(referral)


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
    if referral.worklist is None:
        return None
    action = NEXT_ACTION[Desk(referral.worklist)]
    if referral.worklist == Desk.WAITING:
        return action, referral.practice.name
    if referral.worklist == Desk.BOOKED:
        return action, "Patient"
    owner = referral.owner if referral.worklist != Desk.NEW else None
    return action, ("You" if owner.id == person.id else owner.name) if owner else "Anybody"
