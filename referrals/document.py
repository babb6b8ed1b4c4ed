"""Documents of a referral: papers that are kept with it, or where the pictures of a study are. Never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals import file_name
from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.eligibility.facts import LEVELS
from referrals.events import canonical
from referrals.file_name import LONGEST_NAME
from referrals.inspection import Inspected
from referrals.referral import NotFound, Referral
from referrals.staff import Person
from referrals.storage import Storage, put_within, sha256, unchanged

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
