"""A document comes to be kept with a referral: a file, or where the pictures of a study are; the same one only once."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from referrals import file_name
from referrals.document import MADE_HERE, OF_REFERRAL, VALID, About, Document, DocumentSupport
from referrals.events import canonical
from referrals.inspection import Inspected
from referrals.referral import Referral
from referrals.staff import Person
from referrals.storage import Storage, put_within, sha256


class HereAlready(Exception):
    """The same document is kept with this referral; nothing was added."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.public_id)
        self.document = document


def keep(
    session: Session,
    storage: Storage,
    referral: Referral,
    by: Person,
    about: About,
    file: Inspected,
    name: str,
    scan: str = MADE_HERE,
) -> Document:
    """Keep a file with the referral, in the caller's transaction: with it the file is there, or neither of them is.

    It asks nobody and tells nobody: that is for the verb that calls it. `name` is the file's; `scan`, what is known of
    viruses: what the service made itself is given out at once. Raises HereAlready, and storage.Away.
    """
    digest = sha256(file.content)
    _refuse_the_same(session, referral, digest)
    stored_as = put_within(session, storage, file.content)
    named = {"file_name": file_name.cleaned(name), "digest": digest, "stored_as": stored_as, "scan": scan}
    told = {"media_type": file.media_type, "size": len(file.content), "pages": file.pages}
    return _new(session, referral, by, about, named | told)


def point_to(
    session: Session, referral: Referral, by: Person, about: About, pictures_at: str, accession_number: str
) -> Document:
    """Keep where the pictures of a study are. Raises HereAlready."""
    place = {"pictures_at": pictures_at, "accession_number": accession_number or None}
    told = canonical([about.kind, about.study_on.isoformat() if about.study_on else None, place])
    digest = sha256(told.encode())
    _refuse_the_same(session, referral, digest)
    return _new(session, referral, by, about, {"digest": digest, **place})


def _refuse_the_same(session: Session, referral: Referral, digest: str) -> None:
    same = session.scalars(OF_REFERRAL.where(Document.referral_id == referral.id, Document.digest == digest, VALID))
    if there := same.first():
        raise HereAlready(there)


ADD = {
    name: insert_into(Document).on_conflict_do_nothing().returning(Document)
    for name, insert_into in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def _new(session: Session, referral: Referral, by: Person, about: About, told: dict[str, Any]) -> Document:
    """The insert does nothing where somebody has just added the same: of a double click one document comes."""
    row = {"referral_id": referral.id, "kind": about.kind, "study_on": about.study_on, "uploaded_by_id": by.id, **told}
    made = session.scalars(ADD[session.get_bind().dialect.name], row).first()
    if made is None:
        _refuse_the_same(session, referral, told["digest"])
        raise RuntimeError("a document was neither added nor there")
    if about.supports:
        rows = [{"document_id": made.id, "position": i, **vars(each)} for i, each in enumerate(about.supports)]
        session.execute(insert(DocumentSupport), rows)
    return made
