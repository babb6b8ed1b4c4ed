"""Signing in and out, and the page that each person comes home to."""

from typing import Any, cast

from flask import Blueprint, Flask, g, redirect, request, url_for
from flask_security import Security, SQLAlchemySessionUserDatastore, current_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from config import DEMONSTRATION, Settings
from referrals import demonstration, emergency, inbox  # noqa: F401
from referrals.db import turn_to_writing
from referrals.policy import may
from referrals.staff import Passkey, Person, Role
from referrals.web import second_factor, sign_in, sign_on, signed_in
from referrals.web.context import clinic_context, me, reading, settings
from referrals.web.policy import allow
from referrals.web.words import capped

blueprint = Blueprint("account", __name__)


HOMES = (
    ("work_queue", "queue.show"),
    ("refer", "practice.show"),
    ("manage_people", "people.show"),
    ("read_log", "log.show"),
)


@blueprint.get("/")
@allow("be_signed_in")
def home() -> Response:
    """What somebody works at: the queue, the own referrals, people or the log; the criteria for whoever has none."""
    for permission, endpoint in HOMES:
        if may(me(), permission):
            return redirect(url_for(endpoint))
    return redirect(url_for("criteria.show"))


PAGES = (
    ("work_queue", "Queue", "queue.show"),
    ("enter_referral", "Enter a referral", "entering.new"),
    ("refer", "My referrals", "practice.show"),
    ("refer", "Refer a patient", "intake.new"),
    ("read_inbox", "Inbox", "inbox.show"),
    ("read_registry", "Registry", "registry.show"),
    ("manage_people", "People", "people.show"),
    ("manage_practices", "Practices", "practices.show"),
    ("merge_patients", "Records", "merging.show"),
    ("oversee_referrals", "Referrals", "oversight.show"),
    ("review_emergency_access", "Emergencies", "emergency.reviews"),
    ("manage_mails", "Mails", "mails.show"),
    ("read_policy", "Roles", "policy_page.show"),
    ("read_log", "Log", "log.show"),
    ("read_criteria", "Criteria", "criteria.show"),
)


def unread() -> str:
    """How many notices the person has not read, as a tab shows it; "" for none, and where it cannot be told."""
    try:
        count = inbox.count_unread(reading(), me())
    except SQLAlchemyError:  # the page that says that the database is away has a navigation too
        return ""
    return capped(count) if count else ""


COUNTS = {"inbox.show": unread}


def navigation() -> list[dict[str, Any]]:
    """The pages that this person may open from anywhere; `count` is asked for only where the page is drawn."""
    return [
        {
            "label": words,
            "url": url_for(endpoint),
            "current": request.blueprint == endpoint.partition(".")[0],
            "count": COUNTS.get(endpoint),
        }
        for permission, words, endpoint in PAGES
        if may(me(), permission)
    ]


def page_context() -> dict[str, Any]:
    """What every page shows around its content."""
    if current_user.is_authenticated:
        return {**clinic_context(), **_person_context(me())}
    if settings().mode == DEMONSTRATION:
        return {**clinic_context(), "demonstration_accounts": demonstration.ACCOUNTS}
    return clinic_context()


def _person_context(person: Person) -> dict[str, Any]:
    roles = ", ".join(role.words for role in sorted(person.role_names))
    return {
        "signed_in": {"name": person.name, "role": f"{roles}, {person.practice.name}"},
        "navigation": navigation(),
        "sign_out_url": url_for("security.logout"),
        "account_url": url_for("own_account.show"),
        **_session_end(person),
    }


def _session_end(person: Person) -> dict[str, Any]:
    """What an open page has to know to say that its session ends; nothing in the request that begins one."""
    if "user_session" not in g:
        return {}
    longest = int(signed_in.limits().absolute.total_seconds() // 3600)
    return {"session_end": {"person": person.public_id, "left": signed_in.seconds_left(), "longest": longest}}


class Accounts(SQLAlchemySessionUserDatastore):
    """What the sign-in library keeps of people. It reads, then changes, then commits: from the change on it writes."""

    def put(self, model: Any) -> Any:
        turn_to_writing(reading())
        return super().put(model)  # type: ignore[no-untyped-call]

    def delete(self, model: Any) -> None:
        turn_to_writing(reading())
        super().delete(model)  # type: ignore[no-untyped-call]


def configure(app: Flask, settings: Settings) -> None:
    """What Flask-Security is told."""
    app.config.update(
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_LOGIN_USER_TEMPLATE="account/sign_in.html",
        SECURITY_PASSWORD_HASH="argon2",
        # No pepper from SECRET_KEY: a new one must not lock everybody out. In the made-up clinic there is one,
        # so that its passwords, which everybody can read, are worth nothing to an installation on the same database.
        SECURITY_PASSWORD_SINGLE_HASH={"plaintext" if settings.mode == DEMONSTRATION else "argon2"},
        SECURITY_PASSWORD_SALT=settings.secret_key,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_CLI_USERS_NAME=None,  # its commands know nothing of practices
        SECURITY_CLI_ROLES_NAME=None,
    )


def register(app: Flask, settings: Settings) -> None:
    configure(app, settings)
    second_factor.register(app, settings)
    session = cast("scoped_session[Session]", LocalProxy(reading))
    sign_in.register(app)
    Security(app, Accounts(session, Person, Role, Passkey), **sign_in.PARTS, **second_factor.PARTS)
    second_factor.attach(app)
    sign_on.register(app, settings)
    signed_in.register(app)
    app.register_blueprint(blueprint)
