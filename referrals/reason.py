"""Coded reasons: what a person may give for an action, in the words that the other side reads."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import JSON, Date, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base
from referrals.staff import Person, RoleName


class Reason(Base):
    """A coded reason: the words a referrer reads, for which actions and roles, and since when."""

    __tablename__ = "reasons"

    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    words: Mapped[str] = mapped_column(String(200))
    actions: Mapped[list[str]] = mapped_column(JSON)
    roles: Mapped[list[str]] = mapped_column(JSON)
    comment_required: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)

    def fits(self, action: str, roles: Iterable[RoleName], on: date) -> bool:
        """Whether someone with these roles may give this reason for this action on this day."""
        in_force = self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)
        return in_force and action in self.actions and bool(set(self.roles) & set(roles))


def reasons_for(session: Session, action: str, person: Person, today: date) -> list[Reason]:
    """The reasons that this person may give for this action today."""
    rows = session.scalars(select(Reason).order_by(Reason.code)).all()
    return [reason for reason in rows if reason.fits(action, person.role_names, today)]
