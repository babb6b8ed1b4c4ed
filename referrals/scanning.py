"""Files that wait for the virus scanner: asked about again until there is a verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import filing
from referrals.db import Database
from referrals.document import NOT_SCANNED, Document, read
from referrals.referral import Referral
from referrals.scope import SYSTEM
from referrals.storage import Away, Changed, Storage
from referrals.virus import NoVerdict, Scanner, ScannerAway


@dataclass
class Scanned:
    """What came of it: how many were clean, infected, and could not be asked about."""

    clean: int = 0
    infected: int = 0
    unsettled: int = 0


def waiting(session: Session, referral: Referral) -> Sequence[Document]:
    """The documents of this referral without a verdict. One that was entered in error waits too: it is kept."""
    rows = select(Document).where(Document.referral_id == referral.id, Document.scan == NOT_SCANNED)
    return session.scalars(rows.order_by(Document.id)).all()


def scan(database: Database, storage: Storage, scanner: Scanner, documents: Iterable[Document]) -> Scanned:
    """Ask about each of them, no transaction open meanwhile; stops where nobody answers.

    It is the installation that asks, not the person who happens to look.
    """
    scanned = Scanned()
    for document in documents:
        try:
            verdict = scanner.verdict(read(storage, document))
        except ScannerAway:
            scanned.unsettled += 1
            break
        except (NoVerdict, Changed, Away):
            scanned.unsettled += 1
            continue
        with database.begin(SYSTEM) as session:
            referral = session.get_one(Referral, document.referral_id)
            filing.settle(session, referral, session.get_one(Document, document.id), verdict)
        scanned.clean += verdict.clean
        scanned.infected += not verdict.clean
    return scanned
