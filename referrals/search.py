"""What somebody searched for: kept for a while under a random id, so that no address says a patient's name."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.staff import Person

KEPT = timedelta(hours=12)
"""As long as a session may last."""
LONGEST = 100


class Search(Base):
    """The words of one search, for nobody but the person who typed them."""

    __tablename__ = "searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    words: Mapped[str] = mapped_column(String(LONGEST))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


def remember(session: Session, person: Person, words: str) -> str:
    """The id that stands for these words in an address; what the person searched for long ago is forgotten."""
    session.execute(delete(Search).where(Search.person_id == person.id, Search.asked_at < now() - KEPT))
    search = Search(person_id=person.id, words=words)
    session.add(search)
    session.flush()
    return search.public_id


def recall(session: Session, person: Person, public_id: str) -> str | None:
    """The words that the id stands for; None if it is not this person's, or forgotten."""
    mine = select(Search.words).where(Search.public_id == public_id, Search.person_id == person.id)
    return session.scalar(mine.where(Search.asked_at >= now() - KEPT))
