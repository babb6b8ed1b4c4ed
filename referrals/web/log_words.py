"""How the log's entries read: what was done, on which page, in which role."""

from typing import Any

from referrals.audit import Entry
from referrals.staff import RoleName
from referrals.web.standing import happened
from referrals.workflow import ACTIONS as OF_A_REFERRAL

OTHERS = {
    "read": "Opened",
    "list_read": "Looked at a list",
    "log_read": "Read the log",
    "log_exported": "Exported the log",
    "emergency_access_opened": "Opened in an emergency",
    "emergency_access_ended": "Ended emergency access",
    "emergency_access_reviewed": "Reviewed emergency access",
    "restrict": "Restricted",
    "lift_restriction": "No longer restricted",
    "remind": "Reminded of open questions",
    "mails_chosen": "Chose what is mailed",
    "mails_replayed": "Sent failed mails again",
    "refused": "Was refused",
    "signed_in": "Signed in",
    "signed_out": "Signed out",
}
ACTIONS = {**{name: happened(name) for name in OF_A_REFERRAL}, **OTHERS}
"""What an entry says was done; an action that is not here reads as it is called."""
PAGES = {
    "referral.show": "the referral",
    "intake.edit": "the draft",
    "triage.ask": "the form to ask",
    "triage.accept": "the form to accept",
    "triage.decline": "the form to decline",
    "reply.answer": "the form to answer",
    "reply.withdraw": "the form to withdraw",
    "queue.show": "the queue",
    "practice.show": "my referrals",
    "practice.tab": "my referrals",
    "inbox.show": "the inbox",
    "intake.new": "own drafts",
    "log.show": "its entries",
    "log.patient": "who looked at the patient",
}


def said(action: str) -> str:
    """What was done, in words."""
    return ACTIONS.get(action, action.replace("_", " ").capitalize())


def detail(entry: Entry) -> str:
    """On which page it was done, and of how many rows; "" where that is not said."""
    told: dict[str, Any] = entry.details or {}
    parts = [PAGES.get(told["page"], told["page"])] if isinstance(told.get("page"), str) else []
    if isinstance(rows := told.get("rows"), int):
        parts.append("1 row" if rows == 1 else f"{rows:,} rows")
    if told.get("forged"):
        parts.append("a form that was not ours")
    return ", ".join(parts)


def roles(text: str | None) -> str:
    """The roles that somebody had then."""
    known = {role.value: role.words for role in RoleName}
    return ", ".join(known.get(name, name) for name in (text or "").split(", ") if name)
