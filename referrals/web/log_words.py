"""How the log's entries read: what was done, on which page, in which role."""

from collections.abc import Callable
from typing import Any

from referrals.audit import Entry
from referrals.staff import RoleName
from referrals.web.standing import happened
from referrals.workflow import ACTIONS as OF_A_REFERRAL

OTHERS = {
    "read": "Opened",
    "list_read": "Looked at a list",
    "outline_read": "Looked up an outline",
    "log_read": "Read the log",
    "log_exported": "Exported the log",
    "emergency_access_opened": "Opened in an emergency",
    "emergency_access_ended": "Ended emergency access",
    "emergency_access_reviewed": "Reviewed emergency access",
    **{name: happened(name) for name in ("document_added", "document_in_error", "document_infected")},
    **{name: happened(name) for name in ("document_changed", "document_refused", "sign_letter")},
    **{name: happened(name) for name in ("record_procedure", "correct_procedure")},
    **{name: happened(name) for name in ("rescreen", "acknowledge")},
    "restrict": "Restricted",
    "lift_restriction": "No longer restricted",
    "message": "Wrote a message",
    "same_patient": "Said to be the same patient",
    "different_patients": "Said to be different patients",
    "merge_patients": "Merged two records of a patient",
    "undo_merge": "Undid a merge of two records",
    "draft_edition": "Began a draft of an edition",
    "change_draft": "Changed the draft of an edition",
    "sign_draft": "Signed the draft of an edition",
    "unsign_draft": "Took back a signature on the draft of an edition",
    "adopt_edition": "Signed an edition, which was adopted with it",
    "withdraw_edition": "Withdrew an edition before its first day",
    "discard_draft": "Discarded the draft of an edition",
    "remind": "Reminded of open questions",
    "mails_chosen": "Chose what is mailed",
    "mails_replayed": "Sent failed mails again",
    "refused": "Was refused",
    "signed_in": "Signed in",
    "sign_in_failed": "Failed to sign in",
    "second_factor_failed": "Failed at the second factor",
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
    "letters.show": "the list of letters",
    "letters.write": "the form to write a letter",
    "letters.packet_of": "the referral packet",
    "retelling.amend": "the form to amend",
    "retelling.resubmit": "the form to send again",
    "messages.show": "the messages",
    "pictures.show": "the clinical pictures",
    "pictures.comparison": "two clinical pictures",
    "screenings.show": "the screenings",
    "screenings.one": "a screening",
    "screenings.on": "what was known and said on a day",
    "registry.show": "who moves by a day",
    "documents.show": "the list of documents",
    "documents.download": "the file of a document",
    "new_document.add": "the form to add a document",
    "new_document.images": "the form to say where images are",
    "documents.mark": "the form to mark a document",
    "restriction.change": "who opens it",
    "emergency.open_access": "emergency access",
    "emergency.end": "ending emergency access",
    "emergency.review": "the review of an emergency access",
    "visits.show": "the visits",
    "booking.book": "the form to book",
    "booking.rebook": "the form to rebook",
    "visits.missed": "the form for a missed visit",
    "visits.attend": "the form for a visit",
    "visits.complete": "the form to finish it",
    "procedure_record.write": "the form for a procedure record",
    "queue.show": "the queue",
    "practice.show": "my referrals",
    "practice.found": "a search in my referrals",
    "practice.tab": "my referrals",
    "inbox.show": "the inbox",
    "intake.new": "own drafts",
    "intake.known": "what was sent before",
    "same_patient.show": "the records beside the referral",
    "same_patient.decide": "the records beside the referral",
    "patient.show": "the patient’s page",
    "merging.show": "the records to merge",
    "merging.one": "two records to merge",
    "merging.undo": "two merged records",
    "drafting.one": "the draft of an edition",
    "oversight.one": "a referral, by its id",
    "oversight.act": "a referral, by its id",
    "log.show": "its entries",
    "log.patient": "who looked at the patient",
}


def said(action: str) -> str:
    """What was done, in words."""
    return ACTIONS.get(action, action.replace("_", " ").capitalize())


def detail(entry: Entry) -> str:
    """On which page it was done, of how many rows, by which means, of what; "" where that is not said."""
    told: dict[str, Any] = entry.details or {}
    return ", ".join(words for name, in_words in TOLD.items() if name in told and (words := in_words(told[name])))


def page(endpoint: str) -> str:
    """A page as people call it; one that is not in PAGES by what it is called among us, in words."""
    return PAGES.get(endpoint, endpoint.replace(".", ": ").replace("_", " "))


def who(entry: Entry) -> str:
    """The person; nobody is known where somebody failed to sign in to an account that there is not."""
    return str(entry.who or ("Somebody unknown" if entry.action == "sign_in_failed" else "The service"))


def rows(number: Any) -> str:
    return "1 row" if number == 1 else f"{number:,} rows" if isinstance(number, int) else ""


def listed(names: Any) -> str:
    return ", ".join(str(name).replace("_", " ") for name in names) if isinstance(names, list) else ""


def roles_of(how: str, names: Any) -> str:
    return f"{how} {roles(', '.join(map(str, names)))}" if isinstance(names, list) and names else ""


TOLD: dict[str, Callable[[Any], str]] = {
    "page": lambda endpoint: page(str(endpoint)),
    "rows": rows,
    "with": lambda means: f"by {means}",
    "what": lambda means: f"by {means}",
    "kind": lambda means: f"by {means}",
    "name": lambda name: f"“{name}”",
    "fields": listed,
    "roles": lambda names: roles_of("as", names),
    "before": lambda names: roles_of("instead of", names),
    "finding": lambda finding: str(finding).replace("_", " "),
    "forged": lambda forged: "a form that was not ours" if forged else "",
}
"""What is told of the details, in this order; nothing of any other is."""


def roles(text: str | None) -> str:
    """The roles that somebody had then."""
    known = {role.value: role.words for role in RoleName}
    return ", ".join(known.get(name, name) for name in (text or "").split(", ") if name)
