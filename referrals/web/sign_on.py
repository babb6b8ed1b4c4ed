"""Sign-on by OpenID Connect, where it is configured: who the issuer says somebody is, and whether we know them."""

import time
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_security import current_user, login_user
from flask_security.utils import validate_redirect_url
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from config import Settings
from referrals import second_factor as factors
from referrals.staff import Person
from referrals.web import second_factor
from referrals.web.context import begin, me, reading, settings
from referrals.web.policy import allow
from referrals.web.signed_in import KEY

blueprint = Blueprint("sign_on", __name__)

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a key that only the issuer has: neither none, nor one made with a secret that we share."""
CLOCKS_DIFFER, ANSWER_WITHIN, ASKED_WITHIN = 30, 10, 300
"""Seconds."""
VERIFIED = frozenset({"mfa", "hwk", "otp"})
"""What an ID token says of how somebody signed in (RFC 8176), where that was more than a password."""
LINKING, GO_ON, AGAIN = "sign_on_linking", "sign_on_next", "sign_on_again"
ASK_AGAIN = {"prompt": "login", "max_age": 0}
"""What makes an issuer ask somebody who is signed in there; `auth_time` says that it did."""
NOT_TRUSTED = (OAuthError, JoseError, ValueError, KeyError, TypeError, RuntimeError)

Answered = str | Response | tuple[str, int]


class WrongIssuer(ValueError):
    """The service at the issuer's address says that it is another."""


def client() -> Any:
    """The client of the issuer, with what the issuer says of itself; asked for once."""
    found = current_app.extensions.get("sign_on")
    if found is None:
        abort(404)
    said = found.load_server_metadata()
    if said.get("issuer") != settings().oidc_issuer:
        found.server_metadata.pop("_loaded_at", None)
        raise WrongIssuer(said.get("issuer"))
    said["id_token_signing_alg_values_supported"] = ALGORITHMS
    return found


@blueprint.get("/sign-on")
def start() -> Answered:
    """Off to the issuer, with a state, a nonce and a PKCE challenge of this browser alone."""
    second_factor.forget_attempt()
    session[GO_ON] = request.args.get("next", "")
    session[AGAIN] = current_user.is_authenticated and "again" in request.args
    try:
        asking = ASK_AGAIN if session[AGAIN] else {}
        sent: Response = client().authorize_redirect(url_for("sign_on.answer", _external=True), **asking)
    except RequestException:
        return _failed("The sign-on service does not answer. Try again in a minute.", 503)
    except WrongIssuer:
        return _failed("The sign-on service is not the one that this installation trusts.", 502)
    return sent


@blueprint.get("/sign-on/answer")
def answer() -> Answered:
    """Back from the issuer: who is signed in shows who they are or links the account, anybody else signs in by it."""
    again = session.pop(AGAIN, False)
    try:
        said = _claims()
    except RequestException:
        return _failed("The sign-on service does not answer. Try again in a minute.", 503)
    except NOT_TRUSTED:
        return _failed(
            "The sign-on service’s answer was refused: it was not for you, not for now, or not genuine.", 400
        )
    if current_user.is_authenticated and again:
        return _is_me(said)
    if current_user.is_authenticated:
        session[LINKING] = {"subject": said["sub"], "name": str(said.get("email") or said.get("name") or said["sub"])}
        return redirect(url_for("sign_on.link"))
    return _sign_in(said)


def _claims() -> dict[str, Any]:
    """The claims of an ID token that is for us, from the issuer, for this attempt, signed and not expired."""
    issuer = client()
    asked = {"iss": {"essential": True, "value": settings().oidc_issuer}, "aud": {"value": settings().oidc_client_id}}
    token = issuer.authorize_access_token(claims_options=asked, leeway=CLOCKS_DIFFER)
    said = dict(token["userinfo"])
    if not isinstance(said["sub"], str) or not 0 < len(said["sub"]) <= 255:
        raise ValueError("sub")
    return said


def _sign_in(said: dict[str, Any]) -> Answered:
    known = factors.find_identity(reading(), settings().oidc_issuer, said["sub"])
    person = reading().get(Person, known.person_id) if known else None
    if person is None or not person.active:
        return render_template("account/sign_on_unknown.html", sign_on=settings().oidc_name), 403
    go_on = _go_on()
    if verified := bool(VERIFIED & set(map(str, said.get("amr") or ()))):
        asked = None
    else:
        asked = current_app.extensions["security"].two_factor_plugins.tf_enter(person, False, "oidc", go_on)
    if asked is not None:
        return asked  # type: ignore[no-any-return]
    login_user(person, remember=False, authn_via=["oidc"])
    if verified:
        session[second_factor.VERIFIED_BY_ISSUER] = session[KEY]
    return redirect(go_on)


def _is_me(said: dict[str, Any]) -> Answered:
    """A fresh sign-in of whoever is signed in here, if the issuer has just asked them."""
    known = factors.find_identity(reading(), settings().oidc_issuer, said["sub"])
    if known is None or known.person_id != me().id:
        return _failed("That account is not the one that you are signed in with here.", 403)
    asked_at = said.get("auth_time")
    if not isinstance(asked_at, int) or time.time() - asked_at > ASKED_WITHIN:
        return _failed("The sign-on service did not ask you again who you are.", 403)
    session["fs_paa"] = time.time()
    return redirect(_go_on())


def _go_on() -> str:
    """Where somebody was going."""
    go_on = session.pop(GO_ON, "")
    return go_on if go_on and validate_redirect_url(go_on) else "/"


def _failed(words: str, status: int) -> tuple[str, int]:
    return render_template("account/sign_on_failed.html", words=words, sign_on=settings().oidc_name), status


@blueprint.route("/account/sign-on", methods=["GET", "POST"])
@allow("change_own_sign_in")
def link() -> Answered:
    """Whether the account that somebody has just signed in to is theirs, and linked from now on."""
    linking = session.get(LINKING)
    if not linking:
        return redirect(url_for("sign_on.start"))
    if request.method == "GET":
        return render_template("account/sign_on_link.html", account=linking["name"], sign_on=settings().oidc_name)
    del session[LINKING]
    with begin() as writing:
        linked = factors.link(writing, factors.locked(writing, me().id), settings().oidc_issuer, linking["subject"])
    flash(*LINKED if linked else TAKEN)
    return redirect(url_for("own_factors.show"), 303)


LINKED = ("From now on you can sign in with it.", "success")
TAKEN = ("That account is linked to somebody else here. Nothing was changed.", "error")


def register(app: Flask, settings: Settings) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["sign_on_name"] = settings.oidc_name if settings.oidc_issuer else ""
    if settings.oidc_issuer:
        app.extensions["sign_on"] = OAuth(app).register(
            "sign_on",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": ANSWER_WITHIN},
        )
