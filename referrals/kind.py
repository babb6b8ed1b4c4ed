"""Every kind of notice: the one table of what people are told, in which words, on which side, and whether by mail.

An action of `transition.TOLD`, and whatever else is recorded with an audience, has a row here under its own name. Mails
say no more than stands here: what kind of thing happened, and nothing of a patient.
"""

from dataclasses import dataclass
from enum import StrEnum

CLINIC, REFERRER = "clinic", "referrer"
"""The two sides of a referral: who is told."""


class Group(StrEnum):
    """Under which heading a person finds it when they choose what to be mailed."""

    PRESSING = "What cannot wait"
    DECISIONS = "Decisions"
    QUESTIONS = "Questions and answers"
    APPOINTMENTS = "Appointments"
    PAPERS = "Documents and letters"
    MESSAGES = "Messages"
    WORK = "What happens to a referral"


@dataclass(frozen=True)
class Kind:
    """One row.

    `did` goes after who did it; `subject` is the subject of the mail and the line that a person chooses by. `by_mail`
    holds until somebody chooses otherwise, which they cannot unless it is `optional`. `shared`: where nobody in
    particular is told but everybody of a side, it is enough that one of them takes it up.
    """

    name: str
    did: str
    subject: str
    group: Group
    sides: tuple[str, ...]
    by_mail: bool = True
    optional: bool = True
    shared: bool = True


G = Group
BOTH, THE_CLINIC, THE_REFERRER = (CLINIC, REFERRER), (CLINIC,), (REFERRER,)
NO_MAIL = False

# A row each; a formatter would stand the rows on end. Mailed is what somebody has to do something about and might not
# see in time. Not mailed are new referrals and what is sent again, which the clinic works off its queue all day, and
# what asks nothing of anybody: a claim, an amended picture, a restriction. A message is mailed: no list shows it.
# fmt: off
ROWS = (
    Kind("at_once", "sent what cannot wait", "A referral has to be looked at now", G.PRESSING, THE_CLINIC,
         optional=False),
    Kind("emergency_access_opened", "opened it in an emergency", "A restricted referral was opened in an emergency",
         G.PRESSING, BOTH, optional=False, shared=False),
    Kind("accept", "accepted the referral", "A referral was accepted", G.DECISIONS, THE_REFERRER),
    Kind("decline", "did not accept the referral", "A referral was not accepted", G.DECISIONS, THE_REFERRER),
    Kind("return_with_advice", "returned it with advice", "A referral came back with advice", G.DECISIONS,
         THE_REFERRER),
    Kind("redirect", "sent it on to another service", "A referral was sent on to another service", G.DECISIONS,
         THE_REFERRER),
    Kind("complete", "finished the referral", "A referral is finished", G.DECISIONS, THE_REFERRER),
    Kind("close_incomplete", "closed it without treatment", "A referral was closed without treatment", G.DECISIONS,
         THE_REFERRER),
    Kind("ask_information", "asked for information", "The clinic asks for information", G.QUESTIONS, THE_REFERRER),
    Kind("remind", "reminded you that an answer is owed", "The clinic still waits for your answer", G.QUESTIONS,
         THE_REFERRER),
    Kind("answer", "answered", "Your questions were answered", G.QUESTIONS, THE_CLINIC),
    Kind("book", "booked an appointment", "An appointment was booked", G.APPOINTMENTS, THE_REFERRER),
    Kind("rebook", "moved the appointment", "An appointment was moved", G.APPOINTMENTS, THE_REFERRER),
    Kind("missed", "recorded a missed appointment", "An appointment was missed", G.APPOINTMENTS, THE_REFERRER),
    Kind("attend", "recorded the visit", "A patient of yours was seen", G.APPOINTMENTS, THE_REFERRER),
    Kind("sign_letter", "sent a letter", "The clinic sent a letter", G.PAPERS, THE_REFERRER),
    Kind("document_added", "added a document", "A document was added to a referral", G.PAPERS, BOTH, NO_MAIL),
    Kind("document_in_error", "marked a document as an error", "A document was marked as an error", G.PAPERS, BOTH,
         NO_MAIL),
    Kind("document_infected", "found a virus in a document", "A virus was found in a document", G.PAPERS, BOTH,
         shared=False),
    Kind("document_changed", "found a document changed", "The file of a document was changed", G.PAPERS, BOTH,
         shared=False),
    Kind("message", "wrote a message", "A new message about a referral", G.MESSAGES, BOTH),
    Kind("submit", "sent a referral", "A new referral", G.WORK, THE_CLINIC, NO_MAIL),
    Kind("submit_on_behalf", "entered a referral for you", "The clinic entered a referral for you", G.WORK, BOTH),
    Kind("resubmit", "sent the referral again", "A referral was sent again", G.WORK, THE_CLINIC, NO_MAIL),
    Kind("claim", "took it into review", "A referral is being reviewed", G.WORK, THE_REFERRER, NO_MAIL),
    Kind("assign", "changed who owns it", "A referral has a new owner", G.WORK, THE_CLINIC),
    Kind("prioritise", "changed the urgency", "The urgency of a referral was changed", G.WORK, THE_REFERRER),
    Kind("amend", "amended the clinical picture", "A clinical picture was amended", G.WORK, BOTH, NO_MAIL),
    Kind("withdraw", "withdrew the referral", "A referral was withdrawn", G.WORK, BOTH),
    Kind("ask_withdrawal", "asks to withdraw the referral", "The referrer asks to withdraw a referral", G.WORK,
         THE_CLINIC),
    Kind("confirm_withdrawal", "confirmed the withdrawal", "A withdrawal was confirmed", G.WORK, THE_REFERRER),
    Kind("refuse_withdrawal", "goes on with the referral", "The clinic goes on with a referral", G.WORK, THE_REFERRER),
    Kind("reopen", "reopened the referral", "A referral was reopened", G.WORK, BOTH),
    Kind("mark_error", "marked it as made in error", "A referral was marked as made in error", G.WORK, BOTH),
    Kind("restrict", "restricted who opens it", "A referral was restricted", G.WORK, BOTH, NO_MAIL),
    Kind("lift_restriction", "lifted the restriction", "A referral is restricted no more", G.WORK, BOTH, NO_MAIL),
)
# fmt: on
KINDS: dict[str, Kind] = {kind.name: kind for kind in ROWS}
AT_ONCE = KINDS["at_once"]
CAN_BE_PRESSING = frozenset({"submit", "submit_on_behalf", "resubmit", "answer", "amend"})
"""What the clinic has to look at now where the referral has a red flag or is an emergency."""


NO_NOTICES = {
    "invitation": "An invitation",
    "forgotten_password": "A link to choose a new password",
    "password_changed": "Your password was changed",
    "account": "Something about an account",
    "edition": "An edition of the criteria that waits for a signature, was adopted or was withdrawn",
}
"""What is mailed and is no notice of a referral: nobody chooses whether."""


def subject(kind: str) -> str:
    """What a mail of this kind is about, for whoever looks after mails."""
    return KINDS[kind].subject if kind in KINDS else NO_NOTICES.get(kind, kind)


def of_side(side: str) -> list[Kind]:
    """What somebody of this side may be told, in the order of the table."""
    return [kind for kind in ROWS if side in kind.sides]


def did(action: str) -> str:
    """What somebody did, after their name; an action that has lost its row reads as it is called."""
    return KINDS[action].did if action in KINDS else action.replace("_", " ")
