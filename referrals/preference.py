"""Which mails a person wants: what they chose themself; for all else the table of kinds says."""

from collections.abc import Iterable

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base
from referrals.kind import CLINIC, REFERRER, Kind, of_side
from referrals.staff import Person


class MailPreference(Base):
    """Whether somebody wants a mail about notices of a kind."""

    __tablename__ = "mail_preferences"
    __table_args__ = (UniqueConstraint("person_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(40))
    by_mail: Mapped[bool]


def kinds_for(person: Person) -> list[Kind]:
    """What this person may be told."""
    return of_side(CLINIC if person.works_at_clinic else REFERRER)


def mailed(session: Session, person: Person) -> list[str]:
    """The kinds of which the person gets mails as things are, by name."""
    rows = select(MailPreference.kind, MailPreference.by_mail).where(MailPreference.person_id == person.id)
    chosen = dict(session.execute(rows).all())
    return [kind.name for kind in kinds_for(person) if chosen.get(kind.name, kind.by_mail) or not kind.optional]


def choose(session: Session, person: Person, wanted: Iterable[str]) -> None:
    """From now on the person gets mails of these kinds and of those that cannot be switched off."""
    names = set(wanted)
    session.execute(delete(MailPreference).where(MailPreference.person_id == person.id))
    for kind in kinds_for(person):
        if kind.optional:
            session.add(MailPreference(person_id=person.id, kind=kind.name, by_mail=kind.name in names))
    session.flush()
