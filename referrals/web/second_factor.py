"""How the sign-in library asks for a second factor here, and who may not work without one."""

import time
from base64 import b32encode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, abort, g, redirect, request, session, url_for
from flask.wrappers import Response
from flask_security import current_user
from flask_security.signals import wan_registered
from flask_security.tf_plugin import tf_clean_session
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from config import PRODUCTION, Settings
from referrals import second_factor
from referrals.db import now
from referrals.staff import Person
from referrals.web import context, signed_in
from referrals.web.codes import WINDOW, ChoiceForm, CodeForm, NoRescueForm, OnceOnly, RecoveryCodes, RecoveryForm
from referrals.web.context import reading
from referrals.web.passkeys import NewPasskey, NewPasskeyAnswer, PasskeyAnswer, Passkeys, PasskeySignIn

ATTEMPT_LASTS = timedelta(minutes=10)
"""How long a right password waits for its second factor."""
BEGUN_BY, BEGUN_AT = "tf_user_id", "tf_since"
WITHOUT_SESSION = frozenset({"static", "assets", "security.static"})
"""Files that a browser keeps: nothing of them may depend on the cookie."""
COMPLETING = frozenset(f"security.{view}" for view in ("tf_select", "two_factor_token_validation", "mf_recovery"))
"""Where a second factor follows a right password."""
VERIFIED_BY_ISSUER = "verified_by_issuer"
OF_THE_SET_UP = frozenset({"be_signed_in", "change_own_sign_in"})
"""What may be done by somebody who still has to set up a second factor."""
NOT_OFFERED = ("two_factor_setup", "two_factor_setup_validate", "two_factor_rescue", "wan_delete",
               "mf_recovery_codes")  # fmt: skip
"""Views of the library that pages of ours do in one transaction each, or that nobody needs."""

PARTS: dict[str, Any] = {
    "totp_cls": OnceOnly,
    "mf_recovery_codes_util_cls": RecoveryCodes,
    "webauthn_util_cls": Passkeys,
    "two_factor_verify_code_form": CodeForm,
    "two_factor_select_form": ChoiceForm,
    "two_factor_rescue_form": NoRescueForm,
    "mf_recovery_form": RecoveryForm,
    "wan_register_form": NewPasskey,
    "wan_register_response_form": NewPasskeyAnswer,
    "wan_signin_form": PasskeySignIn,
    "wan_signin_response_form": PasskeyAnswer,
}
"""Our own classes for what the library leaves open."""

CONFIGURATION: dict[str, Any] = {
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": [second_factor.AUTHENTICATOR],
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": WINDOW,
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
    "TWO_FACTOR_VERIFY_CODE_TEMPLATE": "account/code.html",
    "TWO_FACTOR_SELECT_URL": "/sign-in/second-factor",
    "TWO_FACTOR_SELECT_TEMPLATE": "account/second_factor_choice.html",
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
    "MULTI_FACTOR_RECOVERY_TEMPLATE": "account/recovery.html",
    "WEBAUTHN": True,
    "WAN_ALLOW_USER_HINTS": False,
    "WAN_REGISTER_URL": "/account/passkeys/new",
    "WAN_REGISTER_TEMPLATE": "account/passkey_new.html",
    "WAN_REGISTER_WITHIN": timedelta(minutes=5),
    "WAN_POST_REGISTER_VIEW": "own_factors.show",
    "WAN_SIGNIN_URL": "/sign-in/passkey",
    "WAN_SIGNIN_TEMPLATE": "account/passkey.html",
    "WAN_SIGNIN_WITHIN": timedelta(minutes=2),
    "WAN_VERIFY_URL": "/verify/passkey",
    "WAN_VERIFY_TEMPLATE": "account/passkey_verify.html",
    "API_ENABLED_METHODS": ["session"],
    "DATETIME_FACTORY": now,
    "MSG_TWO_FACTOR_PERMISSION_DENIED": ("That took too long. Sign in again.", "error"),
    "MSG_TWO_FACTOR_LOGIN_SUCCESSFUL": ("You are signed in.", "success"),
    "MSG_WEBAUTHN_REGISTER_SUCCESSFUL": ("The passkey “%(name)s” was added.", "success"),
}
"""What the library is told alike in every installation, each behind SECURITY_."""


def derived(settings: Settings, use: str) -> bytes:
    """32 bytes for one use, from SECOND_FACTOR_KEY or else SECRET_KEY: whoever has one does not have the others."""
    secret = settings.second_factor_key or settings.secret_key
    return HKDF(SHA256(), 32, salt=None, info=f"referrals {use}".encode()).derive(secret.encode())


def register(app: Flask, settings: Settings) -> None:
    """The configuration; before the library starts."""
    app.config.update({f"SECURITY_{name}": value for name, value in CONFIGURATION.items()})
    app.config.update(
        SECURITY_TOTP_SECRETS={"1": b32encode(derived(settings, "authenticator secrets")).decode()},
        SECURITY_TOTP_ISSUER=settings.clinic_name.replace(":", " "),
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=[urlsafe_b64encode(derived(settings, "recovery codes"))],
        SECURITY_WAN_RP_NAME=settings.clinic_name,
    )


def attach(app: Flask) -> None:
    """What needs the library to have started."""
    app.extensions["security"].want_json(lambda _request: False)  # its answers to scripts would pass by our pages
    for endpoint in NOT_OFFERED:
        app.view_functions[f"security.{endpoint}"] = _not_offered
    wan_registered.connect(_log_passkey, app)
    app.before_request(forget_old_attempt)
    app.before_request(nothing_to_complete)
    app.after_request(date_attempt)


def _not_offered(**_arguments: str) -> Response:
    abort(404)


_not_offered.permission = "change_own_sign_in"  # type: ignore[attr-defined]


def _log_passkey(_app: Flask, user: Person, name: str, **_rest: Any) -> None:
    second_factor.log(reading(), "passkey_added", user, name=name)


def forget_old_attempt() -> None:
    """A right password without its second factor is worth nothing after ten minutes, nor once the person is gone."""
    if request.endpoint in WITHOUT_SESSION or BEGUN_BY not in session:
        return
    age = time.time() - session.get(BEGUN_AT, 0)
    person = reading().scalar(select(Person).where(Person.fs_uniquifier == session[BEGUN_BY]))
    if age > ATTEMPT_LASTS.total_seconds() or person is None or not person.active:
        forget_attempt()


def nothing_to_complete() -> AnyResponse | None:
    """Whoever is signed in already has no sign-in to complete: the library would sign them out of it."""
    if request.endpoint in COMPLETING and BEGUN_BY not in session and current_user.is_authenticated:
        return redirect(url_for("account.home"))
    return None


def forget_attempt() -> None:
    tf_clean_session()  # type: ignore[no-untyped-call]
    session.pop(BEGUN_AT, None)


def date_attempt(response: Response) -> Response:
    """When a password was right; and 422 where the library shows its form again, with 200."""
    if request.endpoint in WITHOUT_SESSION:
        return response
    if BEGUN_BY in session and request.endpoint == "security.login":
        session[BEGUN_AT] = time.time()
    elif BEGUN_BY in session:
        session.setdefault(BEGUN_AT, time.time())
    else:
        session.pop(BEGUN_AT, None)
    if g.get("refused") and response.status_code == 200:
        response.status_code = 422
    return response


def needed(person: Person) -> bool:
    """Whether this person has to have one: by role, and everywhere but in the made-up clinic."""
    return context.settings().mode == PRODUCTION and second_factor.needed_by(person)


def owed(person: Person, permission: str) -> bool:
    """Whether somebody has to set up a second factor before doing this."""
    return permission not in OF_THE_SET_UP and lacks(person)


def lacks(person: Person) -> bool:
    """Whether somebody who needs a second factor has shown none, neither here nor to the sign-on service."""
    return needed(person) and not person.has_second_factor and not verified_by_issuer()


def verified_by_issuer() -> bool:
    """Whether the sign-on service asked for more than a password when this session began."""
    return bool(session.get(VERIFIED_BY_ISSUER, "") == session.get(signed_in.KEY))
