"""Letters to the referrer: written from what is known, signed by name, and kept as a document of the referral."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals import events
from referrals.db import Base, UTCDateTime, now
from referrals.document import About, Document
from referrals.entry import version_of
from referrals.inspection import Inspected
from referrals.keeping import keep
from referrals.referral import Referral
from referrals.staff import Person
from referrals.storage import Storage
from referrals.transition import Incomplete, NotAllowed, Stale, change
from referrals.workflow import State

S = State
DECIDED = (S.ACCEPTED, S.DECLINED, S.RETURNED_WITH_ADVICE, S.REDIRECTED)
KINDS: dict[str, tuple[str, tuple[State, ...]]] = {
    "acknowledgement": ("Acknowledgement", (S.SUBMITTED, S.IN_REVIEW)),
    "request": ("Request for information", (S.AWAITING_INFORMATION,)),
    "decision": ("Decision", DECIDED),
    "appointment": ("Appointment", (S.SCHEDULED,)),
    "outcome": ("Outcome", (S.ATTENDED, S.COMPLETED)),
}
"""What letters there are: their words, and in which states each can be written."""


class Letter(Base):
    """A letter that was signed and sent. Its text is the document's; nothing of it changes."""

    __tablename__ = "letters"
    __table_args__ = (CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="known_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"), index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    signed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    signed_by: Mapped[Person] = relationship()
    document: Mapped[Document] = relationship()

    @property
    def words(self) -> str:
        return KINDS[self.kind][0]


def offered(referral: Referral) -> dict[str, str]:
    """The letters that can be written of this referral now."""
    return {kind: words for kind, (words, states) in KINDS.items() if referral.status in states}


def letters_of(session: Session, referral: Referral) -> Sequence[Letter]:
    """Every letter that was sent about it, the newest first."""
    query = select(Letter).where(Letter.referral_id == referral.id).order_by(Letter.id.desc())
    return session.scalars(query.options(joinedload(Letter.signed_by), joinedload(Letter.document))).unique().all()


def count(session: Session, referral: Referral) -> int:
    """How many letters were sent about it."""
    return session.scalar(select(func.count()).where(Letter.referral_id == referral.id)) or 0


def may_write(referral: Referral, actor: Person, kind: str) -> bool:
    """Whether this person writes this letter now."""
    return actor.works_at_clinic and kind in offered(referral)


def sign(
    session: Session,
    storage: Storage,
    referral: Referral,
    actor: Person,
    version: int,
    today: date,
    kind: str,
    name: str,
    paper: Inspected,
) -> Letter:
    """Sign with the own name, as it is typed, and send it: kept as a document, and the referrer hears of it.

    Raises Stale, NotAllowed, Incomplete, and storage.Away.
    """
    _may_sign(referral, actor, version, kind, name)
    file_name = f"{kind}-{today.isoformat()}-{version}.pdf"
    document = keep(session, storage, referral, actor, About("letter", today), paper, file_name)
    letter = Letter(referral_id=referral.id, document_id=document.id, kind=kind, signed_by_id=actor.id)
    session.add(letter)
    _sent(session, referral, actor, letter, document)
    return letter


def _may_sign(referral: Referral, actor: Person, version: int, kind: str, name: str) -> None:
    """Raise unless they may write this letter now, and the name that they type is their own."""
    if referral.version != version:
        raise Stale(referral)
    if not may_write(referral, actor, kind):
        raise NotAllowed("sign_letter")
    if " ".join(name.split()).casefold() != actor.name.casefold():
        raise Incomplete("name", f"Type your name as it stands here to sign: {actor.name}.")


def _sent(session: Session, referral: Referral, actor: Person, letter: Letter, document: Document) -> None:
    """The referral goes on by a version; with a letter of its outcome it can be completed."""
    change(session, referral, **({"letter_sent_at": now()} if letter.kind == "outcome" else {}))
    details = {"letter": letter.kind, "document": document.public_id}
    events.record(session, version_of(referral, "sign_letter", actor, details=details), events.REFERRER)
