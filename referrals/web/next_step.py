"""What may be done to a referral next, by whom, and where: the buttons of its page."""

from collections.abc import Iterable, Mapping, Sequence

from flask import url_for

from referrals.advice import Needed
from referrals.desk import FINAL_OUTCOMES
from referrals.referral import Referral
from referrals.web.context import me, today
from referrals.web.going_on import carried
from referrals.web.standing import next_action
from referrals.workflow import possible, waiting_for

PAGES = {
    "claim": "triage.claim",
    "ask_information": "triage.ask",
    "accept": "triage.accept",
    "decline": "triage.decline",
    "answer": "reply.answer",
    "assign": "handing_on.assign",
    "return_with_advice": "handing_on.return_with_advice",
    "redirect": "handing_on.redirect",
    "prioritise": "handing_on.prioritise",
    "book": "booking.book",
    "rebook": "booking.rebook",
    "missed": "visits.missed",
    "attend": "visits.attend",
    "complete": "visits.complete",
    "close_incomplete": "closing.close_incomplete",
    "withdraw": "closing.withdraw",
    "ask_withdrawal": "closing.ask_withdrawal",
    "confirm_withdrawal": "closing.confirm_withdrawal",
    "refuse_withdrawal": "closing.refuse_withdrawal",
    "mark_error": "closing.mark_error",
    "reopen": "closing.reopen",
    "amend": "retelling.amend",
    "resubmit": "retelling.resubmit",
    "message": "messages.show",
}
"""The actions that have a page of their own."""
SELDOM = frozenset({"assign", "redirect", "prioritise", "mark_error", "return_with_advice", "refuse_withdrawal"})
"""What the page keeps folded, so that what is done every day stands out."""
STOPS = frozenset({"decline", "withdraw", "ask_withdrawal", "close_incomplete"})
"""What ends it without a treatment."""
Offered = tuple[str, str, str]
"""An action as the page offers it: its name, its words, its address."""


AT_CLINIC = {"answer": "Answer for the referrer", "missed": "Missed or cancelled", "complete": "Finish"}
"""How the clinic reads some actions."""


def actions(referral: Referral) -> list[Offered]:
    """What this person may do now, in the order of the table."""
    words = AT_CLINIC if me().works_at_clinic else {}
    of_it = {"public_id": referral.public_id, **carried()}
    may = [action for action in possible(referral, me().role_names) if action.name in PAGES]
    return [(action.name, words.get(action.name, action.words), url_for(PAGES[action.name], **of_it)) for action in may]


def first_of(referral: Referral, possible: Sequence[Offered], candidate: bool, needed: Iterable[Needed]) -> str:
    """The action that the page puts first: the one that a referral like this waits for, if there is one.

    Accepting comes first only for a candidate, and declining never: the page must not push against a verdict.
    """
    wanted = {
        "claim": True,
        "confirm_withdrawal": True,
        "answer": not me().works_at_clinic,
        **wanted_of_visits(referral),
        "resubmit": True,
        "accept": candidate,
        "ask_information": not candidate and any(fact.pressing for fact in needed),
    }
    return first_wanted(wanted, possible)


def placed(possible: Sequence[Offered], first: str) -> list[Offered]:
    """The same as they stand on the page: the first first, what is done seldom folded below, what stops it last."""
    return sorted(possible, key=lambda each: (each[0] in SELDOM, each[0] != first, each[0] in STOPS))


def first_wanted(wanted: Mapping[str, bool], possible: Sequence[Offered]) -> str:
    """The first action that is wanted and possible; "" where none is."""
    names = {name for name, _, _ in possible}
    return next((name for name, it_is in wanted.items() if it_is and name in names), "")


def wanted_of_visits(referral: Referral) -> dict[str, bool]:
    """What an accepted referral waits for: to be booked, to be seen once the day has come, to be finished."""
    day_has_come = referral.appointment_on is not None and referral.appointment_on <= today()
    return {"complete": referral.outcome in FINAL_OUTCOMES, "book": True, "attend": day_has_come}


def next_step(referral: Referral) -> tuple[str, str] | None:
    """What happens next and whose it is; the referrer reads for whom the referral waits. None: it has ended."""
    if me().works_at_clinic or not referral.is_open:
        return next_action(referral, me())
    whom = {"clinic": "the clinic", "referrer": "your practice"}.get(waiting_for(referral.status) or "", "the patient")
    return f"Waiting for {whom}", ""
