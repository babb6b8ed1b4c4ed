"""What may be done to a referral next, by whom, and where: the buttons of its page."""

from collections.abc import Iterable, Sequence

from flask import url_for

from referrals.advice import Needed
from referrals.referral import Referral
from referrals.web.context import me
from referrals.web.standing import next_action
from referrals.workflow import possible, waiting_for

PAGES = {
    "claim": "triage.claim",
    "ask_information": "triage.ask",
    "accept": "triage.accept",
    "decline": "triage.decline",
    "answer": "reply.answer",
    "withdraw": "reply.withdraw",
}
"""The actions that have a page of their own today."""


ON_BEHALF = {"answer": "Answer for the referrer"}
"""How the clinic reads an action that is first of all the referrer's."""


def actions(referral: Referral) -> list[tuple[str, str, str]]:
    """What this person may do now: (action, words, address)."""
    words = ON_BEHALF if me().works_at_clinic else {}
    return [
        (action.name, words.get(action.name, action.words), url_for(PAGES[action.name], public_id=referral.public_id))
        for action in possible(referral, me().role_names)
        if action.name in PAGES
    ]


def first_of(possible: Sequence[tuple[str, str, str]], candidate: bool, needed: Iterable[Needed]) -> str:
    """The action that the page puts first: the one that a referral like this waits for, if there is one.

    Accepting comes first only for a candidate, and declining never: the page must not push against a verdict.
    """
    wanted = {
        "claim": True,
        "answer": not me().works_at_clinic,
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
