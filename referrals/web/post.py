"""A mail about an account or an edition, put into the outbox in the transaction of what it tells of."""

from datetime import datetime

from sqlalchemy.orm import Session

from referrals import mail, outgoing
from referrals.outgoing import Outgoing
from referrals.staff import Person
from referrals.web.context import settings


def owe(
    session: Session, kind: str, person: Person, subject: str, text: str, good_until: datetime | None = None
) -> None:
    """The mail to this person leaves once the transaction is committed; none does where no mail is set up."""
    if mail.is_set_up():
        outgoing.put(session, settings(), kind, Outgoing(person.email, subject, text), person, good_until)
