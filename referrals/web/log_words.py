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
    **{name: happened(name) for name in ("document_added", "document_in_error", "document_infected")},
    **{name: happened(name) for name in ("document_changed", "document_refused")},
    "restrict": "Restricted",
    "lift_restriction": "No longer restricted",
    "message": "Wrote a message",
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
    **{
        f"handing_on.{name}": f"the form to {words}"
        for name, words in (
            ("assign", "assign"),
            ("return_with_advice", "return it"),
            ("redirect", "send it on"),
            ("prioritise", "set the urgency"),
        )
    },
    **{
        f"closing.{name}": f"the form to {words}"
        for name, words in (
            ("withdraw", "withdraw"),
            ("ask_withdrawal", "ask to withdraw"),
            ("confirm_withdrawal", "confirm a withdrawal"),
            ("refuse_withdrawal", "refuse a withdrawal"),
            ("close_incomplete", "close it"),
            ("reopen", "reopen it"),
            ("mark_error", "mark it as made in error"),
        )
    },
    "retelling.amend": "the form to amend",
    "retelling.resubmit": "the form to send again",
    "messages.show": "the messages",
    "pictures.show": "the clinical pictures",
    "pictures.comparison": "two clinical pictures",
    "documents.show": "the list of documents",
    "documents.download": "the file of a document",
    "new_document.add": "the form to add a document",
    "new_document.images": "the form to say where images are",
    "documents.mark": "the form to mark a document",
    "queue.show": "the queue",
    "practice.show": "my referrals",
    "practice.tab": "my referrals",
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
