"""What may be done to a referral next, by whom, and where: the buttons of its page."""

from collections.abc import Iterable, Sequence

from flask import url_for

from referrals.advice import Needed
from referrals.referral import Referral
from referrals.web.context import me
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


ON_BEHALF = {"answer": "Answer for the referrer"}
"""How the clinic reads an action that is first of all the referrer's."""


def actions(referral: Referral) -> list[tuple[str, str, str]]:
    """What this person may do now: (action, words, address); what is done every day first."""
    words = ON_BEHALF if me().works_at_clinic else {}
    of_it = {"public_id": referral.public_id, **carried()}
    may = [action for action in possible(referral, me().role_names) if action.name in PAGES]
    return [
        (action.name, words.get(action.name, action.words), url_for(PAGES[action.name], **of_it))
        for action in sorted(may, key=lambda action: action.name in SELDOM)
    ]


def first_of(possible: Sequence[tuple[str, str, str]], candidate: bool, needed: Iterable[Needed]) -> str:
    """The action that the page puts first: the one that a referral like this waits for, if there is one.

    Accepting comes first only for a candidate, and declining never: the page must not push against a verdict.
    """
    wanted = {
        "claim": True,
        "confirm_withdrawal": True,
        "answer": not me().works_at_clinic,
        "resubmit": True,
        "accept": candidate,
        "ask_information": not candidate and any(fact.pressing for fact in needed),
    }
    return next((name for name, _, _ in possible if wanted.get(name)), "")


def next_step(referral: Referral) -> tuple[str, str] | None:
    """What happens next and whose it is; the referrer reads for whom the referral waits. None: it has ended."""
    if me().works_at_clinic or not referral.is_open:
        return next_action(referral, me())
    whom = {"clinic": "the clinic", "referrer": "your practice"}.get(waiting_for(referral.status) or "", "the patient")
    return f"Waiting for {whom}", ""
