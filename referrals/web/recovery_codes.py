"""A person's own recovery codes: ten new ones, the same ten however often the form is sent, later shown to nobody."""

import hashlib
import hmac
import secrets
from typing import Any

from flask import Blueprint, current_app, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer

from referrals import second_factor as factors
from referrals.second_factor import CodesChanged
from referrals.staff import Person
from referrals.web.context import begin, me, settings
from referrals.web.policy import allow
from referrals.web.second_factor import derived

blueprint = Blueprint("recovery_codes", __name__, url_prefix="/account/recovery-codes")

CODES, GROUPS, GROUP = 10, 3, 4
FORM_LASTS = 15 * 60
"""Seconds for which the codes of a form are made, or shown again to whoever sends it twice."""
TOO_LATE = "This page was too old. Nothing was made: here it is anew."
CHANGED = "Your recovery codes have changed since this page was opened. Nothing was made: here it is anew."

Answered = str | tuple[str, int]


@blueprint.get("")
@allow("change_own_sign_in")
def ask() -> str:
    """What they are for, and the button that makes them."""
    return _page()


@blueprint.post("")
@allow("change_own_sign_in")
def make() -> Answered:
    """New codes in place of those that there are, shown this once; or once more, where the same form comes again."""
    try:
        stamp, codes = _of_form(request.form.get("made_with", ""), me())
    except (BadData, TypeError, ValueError):
        return _page(TOO_LATE), 422
    keeping = current_app.extensions["security"].mf_recovery_codes_util
    try:
        with begin() as session:
            factors.make_recovery_codes(session, factors.locked(session, me().id), stamp, codes, keeping)
    except CodesChanged:
        return _page(CHANGED), 409
    return render_template("account/recovery_codes.html", recovery_codes=codes)


def _page(problem: str = "") -> str:
    form = _signer().dumps([me().public_id, secrets.token_urlsafe(24), factors.stamp_of_codes(me())])
    return render_template("account/recovery_codes.html", made_with=form, problem=problem)


def _of_form(text: str, person: Person) -> tuple[str, list[str]]:
    """The codes that a form makes, and which ones its page was opened with. Raises BadData, ValueError."""
    whose, random, stamp = _signer().loads(text, max_age=FORM_LASTS)
    if whose != person.public_id:
        raise ValueError(whose)
    key = derived(settings(), "codes of a form")
    return str(stamp), [_code(hmac.new(key, f"{random} {number}".encode(), hashlib.sha256)) for number in range(CODES)]


def _code(digest: Any) -> str:
    text: str = digest.hexdigest()
    return "-".join(text[at : at + GROUP] for at in range(0, GROUPS * GROUP, GROUP))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="recovery codes")
