"""The one-time token of a form: random, signed for one person, so that one form makes one referral."""

import secrets

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from referrals.staff import Person


class BadToken(Exception):
    """The form's token was not issued by us to this person."""


def issue_token(person: Person, random: str = "") -> str:
    """A token for a new form; or, with the random part of an earlier one, for going on with that form."""
    return _signer().dumps([person.public_id, random or secrets.token_urlsafe(24)])


def read_token(value: str, person: Person) -> str:
    """The random part of a token. Raises BadToken."""
    try:
        owner, random = _signer().loads(value)
    except (BadData, TypeError, ValueError) as error:
        raise BadToken from error
    if owner != person.public_id:
        raise BadToken
    return str(random)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="submission")
