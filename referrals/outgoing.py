"""What a mail says, at the moment when it leaves: written then of a notice, opened of what was sealed."""

import json
from collections.abc import Sequence
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

{links}

This mail says nothing of any patient, on purpose: sign in to read more.
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
    """Put a mail that is about no notice into the outbox, in the caller's transaction."""
    sealed = sealing(settings).encrypt(json.dumps(vars(said)).encode())
    outbox.put(session, kind, sealed, person.id if person else None, good_until)


def written(session: Session, mails: Sequence[Mail], settings: Settings) -> Outgoing | None:
    """What these say, as one mail, and to whom; None where there is nobody to write to any more.

    `mails`: one, or several about notices of one kind to the same person, as they are taken on one lease.
    """
    first = mails[0]
    if first.notice_id is not None:
        return _of_notices(session, mails, settings)
    told = json.loads(sealing(settings).decrypt(first.sealed or b""))
    if first.kind == forgotten.KIND:
        found = forgotten.mail_for(session, told, settings.secret_key, settings.clinic_name)
        return Outgoing(*found) if found else None
    return Outgoing(**told)


def _of_notices(session: Session, mails: Sequence[Mail], settings: Settings) -> Outgoing | None:
    person = session.get_one(Person, mails[0].person_id)
    about = select(Referral.public_id).join(Notice, Notice.referral_id == Referral.id)
    found = session.scalars(about.where(Notice.id.in_([mail.notice_id for mail in mails])).order_by(Notice.id))
    referrals = list(dict.fromkeys(found))
    return of_notices(mails[0].kind, person, referrals, settings) if person.active else None


def of_notices(kind: str, person: Person, referrals: Sequence[str], settings: Settings) -> Outgoing:
    """A mail about notices: what kind of thing happened to which referrals, and nothing of the patients."""
    site, subject = settings.public_url.rstrip("/"), KINDS[kind].subject
    if len(referrals) > 1:
        subject += f", and {len(referrals) - 1} more"
    links = "\n".join(f"{site}/referrals/{referral}" for referral in referrals)
    text = NOTICE.format(name=person.name, subject=subject, links=links, site=site, clinic=settings.clinic_name)
    return Outgoing(person.email, subject, text)
