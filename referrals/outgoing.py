"""What a mail says, at the moment when it leaves: written then of a notice, opened of what was sealed."""

import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from referrals import forgotten, outbox
from referrals.kind import KINDS
from referrals.notice import Notice
from referrals.outbox import Mail
from referrals.referral import Referral
from referrals.seal import seal_for
from referrals.staff import Person

NOTICE = """Hello {name},

{subject}.

{link}

This mail says nothing of the patient, on purpose: sign in to read more.
What you get by mail is yours to choose: {site}/account/mails

{clinic}
"""


@dataclass(frozen=True)
class Outgoing:
    """A mail as somebody gets it."""

    to: str
    subject: str
    text: str


def sealing(settings: Settings) -> Fernet:
    """What the outbox is sealed with."""
    return seal_for("mails", settings.secret_key)


def put(
    session: Session,
    settings: Settings,
    kind: str,
    said: Outgoing,
    person: Person | None = None,
    good_until: datetime | None = None,
) -> None:
    """Put a mail about an account into the outbox, in the caller's transaction."""
    sealed = sealing(settings).encrypt(json.dumps(vars(said)).encode())
    outbox.put(session, kind, sealed, person.id if person else None, good_until)


def written(session: Session, mail: Mail, settings: Settings) -> Outgoing | None:
    """What it says and to whom; None where there is nobody to write to any more."""
    if mail.notice_id is not None:
        return _of_notice(session, mail, settings)
    told = json.loads(sealing(settings).decrypt(mail.sealed or b""))
    if mail.kind == forgotten.KIND:
        found = forgotten.mail_for(session, told, settings.secret_key, settings.clinic_name)
        return Outgoing(*found) if found else None
    return Outgoing(**told)


def _of_notice(session: Session, mail: Mail, settings: Settings) -> Outgoing | None:
    person = session.get_one(Person, mail.person_id)
    about = select(Referral.public_id).join(Notice, Notice.referral_id == Referral.id)
    referral = session.scalars(about.where(Notice.id == mail.notice_id)).one()
    return of_notice(mail.kind, person, referral, settings) if person.active else None


def of_notice(kind: str, person: Person, referral: str, settings: Settings) -> Outgoing:
    """A mail about a notice: what kind of thing happened to which referral, and nothing of the patient."""
    site, subject = settings.public_url.rstrip("/"), KINDS[kind].subject
    link = f"{site}/referrals/{referral}"
    text = NOTICE.format(name=person.name, subject=subject, link=link, site=site, clinic=settings.clinic_name)
    return Outgoing(person.email, subject, text)
