"""Documents of a referral: papers that are kept with it, or where the pictures of a study are. Never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.eligibility.facts import LEVELS
from referrals.file_name import LONGEST_NAME
from referrals.referral import Referral
from referrals.sight import NotFound
from referrals.staff import Person
from referrals.storage import Storage, unchanged

KINDS = {
    "mri_report": "MRI report", "ct": "CT", "x_ray": "X-ray", "dxa": "DXA", "laboratory": "Laboratory",
    "letter": "Letter", "other": "Other",
}  # fmt: skip
PICTURES = {"mri_report": "MRI", "ct": "CT", "x_ray": "X-ray", "dxa": "DXA", "other": "Other"}
"""What the same kinds are called where the pictures themselves are meant."""
NOT_SCANNED, CLEAN, INFECTED, MADE_HERE = "not_scanned", "clean", "infected", "made_here"
LONGEST_PLACE, LONGEST_NUMBER = 200, 64


def _codes(codes: Any) -> str:
    return ", ".join(f"'{code}'" for code in codes)


class Document(Base):
    """A paper kept with a referral (`stored_as` a file), or a study whose pictures are elsewhere (`pictures_at`).

    `digest` is SHA-256 of the file, or of what is told of the study. What was told never changes: only the verdict on
    viruses comes later, and that the document was entered in error.
    """

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id"))
    kind: Mapped[str] = mapped_column(String(20))
    study_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    media_type: Mapped[str | None] = mapped_column(String(20))
    size: Mapped[int | None]
    pages: Mapped[int | None]
    stored_as: Mapped[str | None] = mapped_column(String(32), unique=True)
    pictures_at: Mapped[str | None] = mapped_column(String(LONGEST_PLACE))
    accession_number: Mapped[str | None] = mapped_column(String(LONGEST_NUMBER))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    scan: Mapped[str | None] = mapped_column(String(20))
    scan_found: Mapped[str | None] = mapped_column(String(200))
    error_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    error_reason: Mapped[str | None] = mapped_column(Text)

    uploaded_by: Mapped[Person] = relationship(foreign_keys=uploaded_by_id)
    error_by: Mapped[Person | None] = relationship(foreign_keys=error_by_id)
    supports: Mapped[list["DocumentSupport"]] = relationship(order_by="DocumentSupport.position", lazy="selectin")

    __table_args__ = (
        CheckConstraint(f"kind IN ({_codes(KINDS)})", name="known_kind"),
        CheckConstraint(f"scan IN ({_codes((NOT_SCANNED, CLEAN, INFECTED, MADE_HERE))})", name="known_scan"),
        CheckConstraint("(stored_as IS NULL) = (pictures_at IS NOT NULL)", name="a_file_or_a_place"),
        CheckConstraint(
            "(stored_as IS NULL) = (file_name IS NULL) AND (stored_as IS NULL) = (media_type IS NULL)"
            " AND (stored_as IS NULL) = (size IS NULL) AND (stored_as IS NULL) = (pages IS NULL)"
            " AND (stored_as IS NULL) = (scan IS NULL)",
            name="a_file_is_known",
        ),
        CheckConstraint(
            "(error_at IS NULL) = (error_by_id IS NULL) AND (error_at IS NULL) = (error_reason IS NULL)",
            name="in_error_by_somebody_for_a_reason",
        ),
    )

    @property
    def words(self) -> str:
        return (PICTURES if self.pictures_at else KINDS)[self.kind]

    def is_open(self, scanner: bool) -> bool:
        """Whether its file is given out; where there is a scanner, not before it has found nothing."""
        let_through = (CLEAN, MADE_HERE) if scanner else (CLEAN, MADE_HERE, NOT_SCANNED)
        return self.error_at is None and self.scan in let_through


VALID = Document.error_at.is_(None)
Index(
    "ix_documents_same", Document.referral_id, Document.digest, unique=True, sqlite_where=VALID, postgresql_where=VALID
)
Index("ix_documents_referral_id", Document.referral_id)
Index(
    "ix_documents_waiting", Document.id, sqlite_where=Document.scan == NOT_SCANNED,
    postgresql_where=Document.scan == NOT_SCANNED,
)  # fmt: skip


class DocumentSupport(Base):
    """A fact of the vocabulary that the document supports, of which vertebra, and on which page it stands."""

    __tablename__ = "document_supports"
    __table_args__ = (
        UniqueConstraint("document_id", "position"),
        CheckConstraint(f"level IN ({_codes(LEVELS)})", name="known_level"),
        CheckConstraint("page > 0", name="counts_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    position: Mapped[int]
    fact: Mapped[str] = mapped_column(String(60))
    level: Mapped[str | None] = mapped_column(String(3))
    page: Mapped[int | None]


@dataclass(frozen=True)
class Support:
    """A fact (of the vertebra of this level) that a document supports, and the page, the first being 1."""

    fact: str
    level: str | None = None
    page: int | None = None


@dataclass(frozen=True)
class About:
    """What is told of a document: its kind, the date of the study, and what it supports."""

    kind: str
    study_on: date | None = None
    supports: tuple[Support, ...] = ()


OF_REFERRAL = (
    select(Document)
    .options(joinedload(Document.uploaded_by), joinedload(Document.error_by))
    .order_by(Document.error_at.is_not(None), Document.id.desc())
)


def documents_of(session: Session, referral: Referral) -> Sequence[Document]:
    """Everything kept with the referral: the newest first, what was entered in error last."""
    return session.scalars(OF_REFERRAL.where(Document.referral_id == referral.id)).unique().all()


def count(session: Session, referral: Referral) -> int:
    """How many documents there are, without those entered in error."""
    counted = select(func.count()).select_from(Document).where(Document.referral_id == referral.id, VALID)
    return session.scalars(counted).one()


def find(session: Session, referral: Referral, public_id: str) -> Document:
    """The document of this referral, which the caller has opened; NotFound where there is none, or it is another's."""
    of_it = OF_REFERRAL.where(Document.referral_id == referral.id, Document.public_id == public_id)
    found = session.scalars(of_it).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def read(storage: Storage, document: Document) -> bytes:
    """The file of a document as it was stored; raises storage.Changed and storage.Away."""
    assert document.stored_as is not None
    return unchanged(storage, document.stored_as, document.digest)
