"""A lost session never loses a form: what came without one is held in the page, to be sent again after signing in."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response
from wtforms import ValidationError

SECRETS = frozenset({"code", "passcode"})
FORGERY_TOKEN = "csrf_token"  # noqa: S105


@dataclass(frozen=True)
class FormAgain:
    """A form that was not carried out: where it goes, and everything in it."""

    address: str
    fields: list[tuple[str, str]]


def secret(name: str) -> bool:
    """Whether the field is never written into a page."""
    return "password" in name or name in SECRETS


def typed() -> list[tuple[str, str]]:
    """Everything that the form brought; nothing when it was too long to be read."""
    try:
        return [(name, text) for name, texts in request.form.lists() for text in texts]
    except RequestEntityTooLarge:
        return []


def form_again() -> FormAgain | None:
    """The form that just came, to be sent again with the token that it had.

    Only a page of ours, opened in this browser, has a token that is good here; any other form is shown, not held. The
    token goes on being good when the same person signs in again in this browser, and for nobody else.
    """
    fields = typed()
    if request.method != "POST" or request.endpoint is None or not _is_ours(dict(fields).get(FORGERY_TOKEN)):
        return None
    if any(secret(name) for name, _ in fields):
        return None
    query = request.query_string.decode("ascii", "ignore")
    return FormAgain(url_for(request.endpoint, **(request.view_args or {})) + (query and f"?{query}"), fields)


def _is_ours(token: str | None) -> bool:
    try:
        validate_csrf(token)
    except ValidationError:
        return False
    return True


def say_again_who_you_are() -> Response:
    """What needs a fresh sign-in waits for one: a page opens after it, a form is held until then."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return redirect(url_for("security.verify", next=request.full_path.rstrip("?")))
    return Response(render_template("account/fresh.html", again=form_again()), 401, mimetype="text/html")
