"""An edition that is being drafted: what it says so far, and who has signed it. It holds nothing of a patient."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from referrals.administration import NoSuch
from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.eligibility.edition import Edition
from referrals.eligibility.edition_notation import edition_from_json
from referrals.staff import Person


class Stage(StrEnum):
    """How far a draft has come. Discarded is its end, and adopted, unless it is withdrawn before its first day."""

    DRAFTED = "drafted"
    SIGNED_ONCE = "signed_once"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


OPEN = (Stage.DRAFTED, Stage.SIGNED_ONCE)
ONE_OPEN = text("state IN ('drafted', 'signed_once')")
SIGNED_BY_TWO = "state IN ('adopted', 'withdrawn')"
SIGNED = "state IN ('signed_once', 'adopted', 'withdrawn')"


class EditionDraft(Base):
    """One draft. `based_on`: the digest of the edition that it began as. A set has one open draft at a time.

    `signed_digest`: of all that the first person signed, words and day and all; `edition_digest`: of what was adopted.
    """

    __tablename__ = "edition_drafts"
    __table_args__ = (
        CheckConstraint("state IN ({})".format(", ".join(f"'{stage}'" for stage in Stage)), name="known_state"),
        CheckConstraint("second_signer_id <> first_signer_id", name="two_people_sign"),
        CheckConstraint(
            f"({SIGNED}) = (first_signer_id IS NOT NULL AND first_signed_at IS NOT NULL AND signed_digest IS NOT NULL)",
            name="signed_by_somebody",
        ),
        CheckConstraint(
            f"NOT ({SIGNED}) OR (reason <> '' AND in_force_from IS NOT NULL)", name="signed_with_reason_and_day"
        ),
        CheckConstraint(
            f"({SIGNED_BY_TWO}) = (second_signer_id IS NOT NULL AND second_signed_at IS NOT NULL"
            " AND edition_digest IS NOT NULL)",
            name="adopted_by_two",
        ),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_because <> '')", name="withdrawn_for_a_reason"),
        Index(
            "uq_edition_drafts_one_open", "criteria_set", unique=True, sqlite_where=ONE_OPEN, postgresql_where=ONE_OPEN
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    criteria_set: Mapped[str] = mapped_column(String(40))
    based_on: Mapped[str] = mapped_column(ForeignKey("kept_editions.digest"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default=Stage.DRAFTED)
    version: Mapped[int] = mapped_column(default=1)
    drafted_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    drafted_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    in_force_from: Mapped[date | None]
    signed_digest: Mapped[str | None] = mapped_column(String(64))
    first_signer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    first_signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    second_signer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    second_signed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edition_digest: Mapped[str | None] = mapped_column(String(64))
    withdrawn_because: Mapped[str] = mapped_column(String(1000), default="")

    drafted_by: Mapped[Person] = relationship(foreign_keys=drafted_by_id)
    changed_by: Mapped[Person] = relationship(foreign_keys=changed_by_id)
    first_signer: Mapped[Person | None] = relationship(foreign_keys=first_signer_id)
    second_signer: Mapped[Person | None] = relationship(foreign_keys=second_signer_id)

    @property
    def edition(self) -> Edition:
        """What it says so far. Its first day is a guess until somebody has signed."""
        return edition_from_json(self.content)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_still_to_count(self, today: date) -> bool:
        """Whether it is adopted, and its first day is still to come."""
        return self.state == Stage.ADOPTED and self.in_force_from is not None and self.in_force_from > today


PEOPLE = tuple(
    joinedload(person)
    for person in (
        EditionDraft.drafted_by,
        EditionDraft.changed_by,
        EditionDraft.first_signer,
        EditionDraft.second_signer,
    )
)


def find(session: Session, public_id: str) -> EditionDraft:
    """Raises NoSuch."""
    found = session.scalars(
        select(EditionDraft).where(EditionDraft.public_id == public_id).options(*PEOPLE)
    ).one_or_none()
    if found is None:
        raise NoSuch(public_id)
    return found


def open_draft(session: Session, set_name: str) -> EditionDraft | None:
    """The one that is being drafted."""
    wanted = select(EditionDraft).where(EditionDraft.criteria_set == set_name, EditionDraft.state.in_(OPEN))
    return session.scalars(wanted.options(*PEOPLE)).one_or_none()


def drafts(session: Session) -> Sequence[EditionDraft]:
    """All of them, the newest first."""
    return session.scalars(select(EditionDraft).options(*PEOPLE).order_by(EditionDraft.id.desc())).all()


def adopted(session: Session) -> dict[str, EditionDraft]:
    """The drafts that became editions, by the digest of those."""
    made = session.scalars(select(EditionDraft).where(EditionDraft.state == Stage.ADOPTED).options(*PEOPLE))
    return {str(draft.edition_digest): draft for draft in made}
