"""The door of every page: what a route allows is declared beside it, and what is not declared is refused."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from referrals.policy import POLICY, may
from referrals.web import lost, second_factor, signed_in
from referrals.web.context import me

View = TypeVar("View", bound=Callable[..., Any])

OPEN_TO_ALL = frozenset(
    {"static", "assets", "health", "security.login", "security.static", "sign_on.start", "sign_on.answer"}
    | {f"security.{view}" for view in ("tf_select", "two_factor_token_validation", "mf_recovery")}
    | {f"security.{view}" for view in ("wan_signin", "wan_signin_response")}
    | {"invitation.join", "own_password.forgotten", "own_password.choose"}
)
"""Endpoints that need no sign-in: the ways to sign in and to a password, and files without patient data."""
BY_LIBRARY = {
    "security.logout": "be_signed_in",
    "security.verify": "be_signed_in",
    "security.wan_verify": "be_signed_in",
    "security.wan_verify_response": "be_signed_in",
    "security.wan_register": "change_own_sign_in",
    "security.wan_register_response": "change_own_sign_in",
}
"""Endpoints that the sign-in library registers, and the permission that each needs."""


class UndeclaredRoute(Exception):
    """A route says nothing of who may use it; the service does not start."""


def allow(permission: str) -> Callable[[View], View]:
    """Declare that a view needs this permission of policy.POLICY."""
    if permission not in POLICY:
        raise UndeclaredRoute(f"no permission is called {permission!r}")

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def permission_of(app: Flask, endpoint: str) -> str | None:
    """The permission that an endpoint needs; None: open to all. Raises UndeclaredRoute."""
    if endpoint in OPEN_TO_ALL:
        return None
    declared = getattr(app.view_functions[endpoint], "permission", None) or BY_LIBRARY.get(endpoint)
    if declared is None:
        raise UndeclaredRoute(f"{endpoint} declares no policy: put @allow(…) on it")
    return str(declared)


def check_every_route(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        permission_of(app, rule.endpoint)


def guard() -> AnyResponse | None:
    """Before each request: signed in where the route asks for it, and permitted."""
    if request.endpoint is None:
        return None
    permission = permission_of(current_app, request.endpoint)
    if permission is None:
        return None
    if not current_user.is_authenticated:
        return _sign_in_first()
    signed_in.note_use()
    if not may(me(), permission):
        abort(403)
    if second_factor.owed(me(), permission):
        return redirect(url_for("own_factors.show"), 303)
    if POLICY[permission].fresh and not signed_in.is_fresh():
        return lost.say_again_who_you_are()
    return None


def _sign_in_first() -> AnyResponse:
    """A page is shown after signing in; a form or a script's request is told that the session ended."""
    if request.method != "GET" or "HX-Request" in request.headers:
        abort(401)
    return redirect(url_for("security.login", next=request.full_path.rstrip("?")))


def register(app: Flask) -> None:
    app.before_request(guard)
