"""A forgotten password: whoever asks is put down, and only the worker looks whether there is such an account."""

import json
from typing import Any

from cryptography.fernet import Fernet
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referrals import account, outbox
from referrals.account import UsedAlready
from referrals.events import Origin, comes_from
from referrals.staff import Person

PATH = "/forgotten-password"
LINK_LASTS = 60 * 60
"""Seconds."""
KIND = "forgotten_password"
SUBJECT = "Choose a new password"
LETTER = """Hello {name},

somebody, most likely you, asked for a new password for the referrals of {clinic}.
Choose it here within the hour; the link works once:

{link}

If it was not you, you need do nothing: your password stays as it is.
"""


def ask(session: Session, seal: Fernet, named: str, site: str, origin: Origin) -> None:
    """Put down that somebody of this address wants a link, whether or not there is such an account.

    `site`: what the link begins with. One row either way: nobody learns from the answer which it is.
    """
    told = {"named": named, "site": site, "address": origin.address}
    outbox.put(session, KIND, seal.encrypt(json.dumps(told).encode()))


def mail_for(session: Session, told: dict[str, Any], secret: str, clinic: str) -> tuple[str, str, str] | None:
    """The mail to whoever has the address: (to, subject, text); None where nobody has, or not any more."""
    comes_from(session, Origin(told["address"]))
    found = select(Person).where(func.lower(Person.email) == told["named"].lower())
    person = session.scalars(found).unique().first()
    if person is None or not account.may_be_reset(person):
        return None
    account.reset_mailed(session, person)
    link = f"{told['site']}{PATH}/{signer(secret).dumps([person.public_id, account.stamp_of(person)])}"
    return person.email, SUBJECT, LETTER.format(name=person.name, clinic=clinic, link=link)


def holder(session: Session, token: str, secret: str) -> tuple[Person, str]:
    """Whose link it is, and its stamp. Raises BadData or UsedAlready."""
    public_id, stamp = signer(secret).loads(token, max_age=LINK_LASTS)
    person = session.scalars(select(Person).where(Person.public_id == public_id)).unique().one_or_none()
    if person is None or not account.may_be_reset(person) or account.stamp_of(person) != stamp:
        raise UsedAlready
    return person, stamp


def signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="forgotten password")
