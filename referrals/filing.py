"""What people do with the documents of a referral: each is an entry in the log, and the other side hears of it."""

from typing import Any, cast

from sqlalchemy import Table, update
from sqlalchemy.orm import Session

from referrals import events
from referrals.db import now
from referrals.document import CLEAN, INFECTED, NOT_SCANNED, About, Document
from referrals.entry import about, for_whom, other_side
from referrals.inspection import Inspected
from referrals.keeping import keep, point_to
from referrals.policy import may
from referrals.referral import Referral
from referrals.sight import may_open
from referrals.staff import Person
from referrals.storage import Storage
from referrals.transition import Incomplete, NotAllowed
from referrals.virus import Verdict
from referrals.workflow import State

TAKES_NONE = frozenset({State.DRAFT, State.ENTERED_IN_ERROR})
"""A draft is nobody's but the referrer's, and what was an error has no patient to whom papers belong.

Every other takes documents, also one that has ended: the report that comes late is what a resubmission rests on, and
the letter of another hospital belongs to the record all the same.
"""
LONGEST_REASON = 1000


def may_add(session: Session, person: Person, referral: Referral) -> bool:
    """Whether this person adds documents to this referral."""
    permitted = may(person, "add_document", referral.practice_id) and referral.status not in TAKES_NONE
    return permitted and may_open(session, person, referral)


def may_mark(session: Session, person: Person, referral: Referral, document: Document) -> bool:
    """Whether this person says that a document was entered in error."""
    return is_markable_by(person, document) and may_add(session, person, referral)


def is_markable_by(person: Person, document: Document) -> bool:
    """Its own side says so of a document, and the clinic of any; once. Whether they may add one is not asked."""
    own = person.works_at_clinic or document.uploaded_by.practice_id == person.practice_id
    return own and document.error_at is None


def add(
    session: Session,
    storage: Storage,
    referral: Referral,
    actor: Person,
    about: About,
    file: Inspected,
    file_name: str,
    verdict: Verdict | None = None,
) -> Document:
    """Add a file; `verdict`: what the scanner said of it, None where nobody has asked it or it gave no answer.

    Raises NotAllowed, HereAlready, and storage.Away.
    """
    if not may_add(session, actor, referral) or (verdict and not verdict.clean):
        raise NotAllowed("add_document")
    scan = NOT_SCANNED if verdict is None else CLEAN
    added = keep(session, storage, referral, actor, about, file, file_name, scan)
    _record(session, "document_added", referral, actor, (other_side(actor),), {"document": added.public_id})
    return added


def add_pictures(
    session: Session, referral: Referral, actor: Person, about: About, pictures_at: str, accession_number: str = ""
) -> Document:
    """Say where the pictures of a study are. Raises NotAllowed, HereAlready."""
    if not may_add(session, actor, referral):
        raise NotAllowed("add_document")
    added = point_to(session, referral, actor, about, pictures_at, accession_number)
    _record(session, "document_added", referral, actor, (other_side(actor),), {"document": added.public_id})
    return added


def mark_in_error(session: Session, referral: Referral, document: Document, actor: Person, why: str) -> None:
    """Say that a document was entered in error: it is kept, and given to nobody. Raises NotAllowed, Incomplete."""
    if not may_mark(session, actor, referral, document):
        raise NotAllowed("document_in_error")
    if not why:
        raise Incomplete("reason", "Say why, in a sentence.")
    marked = {"error_at": now(), "error_by_id": actor.id, "error_reason": why}
    if not _change(session, document, Document.error_at.is_(None), marked):
        raise NotAllowed("document_in_error")
    told = {"document": document.public_id}
    _record(session, "document_in_error", referral, actor, (other_side(actor),), told, why)


def record_refused(session: Session, referral: Referral, actor: Person) -> None:
    """A file with a virus was sent, and not kept: that is in the log."""
    _record(session, "document_refused", referral, actor, (), {"why": "virus"})


def record_changed(session: Session, referral: Referral, document: Document, actor: Person) -> None:
    """Somebody wanted to read a file that is not what was stored: both sides hear of it."""
    told = {"document": document.public_id}
    _record(session, "document_changed", referral, actor, (events.CLINIC, events.REFERRER), told)


def settle(session: Session, referral: Referral, document: Document, verdict: Verdict) -> None:
    """What the scanner says of a file that waited for it; of a virus both sides hear. The first verdict stands."""
    found = {"scan": CLEAN if verdict.clean else INFECTED, "scan_found": verdict.found[:200] or None}
    settled = _change(session, document, Document.scan == NOT_SCANNED, found)
    if settled and not verdict.clean:
        both, told = (events.CLINIC, events.REFERRER), {"document": document.public_id}
        _record(session, "document_infected", referral, None, both, told)


def _change(session: Session, document: Document, only_if: Any, values: dict[str, Any]) -> bool:
    """Write these columns, if nobody was faster."""
    table = cast(Table, Document.__table__)
    changed = session.execute(update(table).where(table.c.id == document.id, only_if).values(values))
    session.expire(document)
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def _record(
    session: Session,
    action: str,
    referral: Referral,
    actor: Person | None,
    audiences: tuple[str, ...],
    details: dict[str, Any],
    comment: str | None = None,
) -> None:
    """Neither state nor version changes: a page that somebody has open stays as good as it was."""
    said = {"on_behalf_of_id": for_whom(referral, actor), "comment": comment, "details": details}
    events.record(session, about(referral, action, actor, **said), *audiences)
