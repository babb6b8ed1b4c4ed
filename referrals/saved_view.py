"""Views of the queue that somebody keeps under a name: for themself, or for everybody at the clinic."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.staff import Person

MOST = 20
LONGEST_NAME = 60


class SavedView(Base):
    """A worklist with its filters and order, as an address has them; never a search, whose words are of patients."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    shared: Mapped[bool] = mapped_column(default=False)
    worklist: Mapped[str] = mapped_column(String(20))
    asked: Mapped[str] = mapped_column(String(300))
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    person: Mapped[Person] = relationship()


class TooMany(Exception):
    """Somebody keeps as many views as a page can show."""


def save(
    session: Session, person: Person, name: str, worklist: str, asked: Mapping[str, str], shared: bool
) -> SavedView:
    """Keep it under this name; an own view of the same name becomes this one. Raises TooMany."""
    mine = select(SavedView).where(SavedView.person_id == person.id)
    view = session.scalars(mine.where(SavedView.name == name)).first()
    if view is None:
        if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
            raise TooMany
        view = SavedView(person_id=person.id, name=name)
        session.add(view)
    view.worklist, view.asked, view.shared, view.saved_at = worklist, urlencode(asked), shared, now()
    session.flush()
    return view


def forget(session: Session, person: Person, public_id: str) -> bool:
    """Forget an own view; False where there is none."""
    mine = delete(SavedView).where(SavedView.public_id == public_id, SavedView.person_id == person.id)
    return bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]
