"""A person's own second factor: the authenticator, passkeys, recovery codes and sign-on, on one page."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import second_factor as factors
from referrals.second_factor import LastFactor
from referrals.staff import Person
from referrals.web.codes import WRONG_CODE, OnceOnly
from referrals.web.context import begin, me, reading, settings
from referrals.web.policy import allow
from referrals.web.second_factor import needed, owed

blueprint = Blueprint("own_factors", __name__, url_prefix="/account")

SET_UP_LASTS = 15 * 60
LATE = "The set-up took too long. Here is a new code to scan."
KEEP_ONE = "Your role needs a second factor, and this is your only one. Add another one first; then remove this."

Answered = str | Response | tuple[str, int]


def _library() -> Any:
    return current_app.extensions["security"]


def _totp() -> OnceOnly:
    factory: OnceOnly = _library().totp_factory
    return factory


@blueprint.get("/second-factor")
@allow("be_signed_in")
def show() -> str:
    """What there is, and what may be added or removed."""
    person = me()
    return render_template(
        "account/second_factor.html",
        person=person,
        passkeys=factors.passkeys_of(reading(), person),
        identities=factors.identities_of(reading(), person),
        owed=owed(person, "work_queue"),
        needed=needed(person),
        sign_on=settings().oidc_name if settings().oidc_issuer else "",
    )


@blueprint.get("/authenticator")
@allow("change_own_sign_in")
def authenticator() -> str:
    """A new secret, to be scanned; nothing is kept until a code proves that it was."""
    return _set_up_page(_totp().generate_totp_secret())


def _set_up_page(secret: str, error: str = "") -> str:
    values = _totp().fetch_setup_values(secret, me())
    state = _library().tf_setup_serializer.dumps({"secret": secret, "of": me().public_id})
    return render_template("account/authenticator.html", state=state, error=error, **values)


@blueprint.post("/authenticator")
@allow("change_own_sign_in")
def set_up_authenticator() -> Answered:
    secret = _secret_of(request.form.get("state", ""))
    if secret is None:
        return _set_up_page(_totp().generate_totp_secret(), LATE), 422
    counter = _totp().match(request.form.get("code", ""), secret)
    if counter is None:
        return _set_up_page(secret, WRONG_CODE), 422
    with begin() as session:
        factors.set_up_authenticator(session, factors.locked(session, me().id), secret, counter)
    flash("The authenticator is set up. Signing in asks for its code from now on.", "success")
    return redirect(url_for("own_factors.show"), 303)


def _secret_of(state: str) -> str | None:
    """The secret that the page was shown with, still encrypted; None: too old, or somebody else's."""
    try:
        said = _library().tf_setup_serializer.loads(state, max_age=SET_UP_LASTS)
    except (BadData, TypeError, ValueError):
        return None
    return str(said["secret"]) if said.get("of") == me().public_id else None


@blueprint.post("/authenticator/remove")
@allow("change_own_sign_in")
def remove_authenticator() -> Response:
    return _remove(lambda session, person: factors.remove_authenticator(session, person, needed(person)))


@blueprint.post("/passkeys/remove")
@allow("change_own_sign_in")
def remove_passkey() -> Response:
    name = request.form.get("name", "")
    return _remove(lambda session, person: factors.remove_passkey(session, person, name, needed(person)))


@blueprint.post("/sign-on/remove")
@allow("change_own_sign_in")
def unlink() -> Response:
    return _remove(factors.unlink)


def _remove(verb: Callable[[Session, Person], None]) -> Response:
    try:
        with begin() as session:
            verb(session, factors.locked(session, me().id))
    except LastFactor:
        flash(KEEP_ONE, "error")
    else:
        flash("It was removed.", "success")
    return redirect(url_for("own_factors.show"), 303)
