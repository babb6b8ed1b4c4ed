"""What a person reads when something does not work: what happened, and what to do."""

from flask import Flask, Response, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from referrals.events import NotRecorded
from referrals.reason import Reason
from referrals.referral import Referral, history
from referrals.sight import NotFound
from referrals.transition import NotAllowed, Stale
from referrals.web import lost
from referrals.web.context import clinic_context, me, reading
from referrals.web.reading import open_referral
from referrals.web.standing import clinic_standing, happened, standing
from referrals.web.words import moment

OURS = (400, 401, 403, 404, 405, 409, 413, 422, 500, 503)
NOT_SHOWN = frozenset({"csrf_token", "token", "version", "do"})

Page = tuple[str, int] | tuple[str, int, dict[str, str]]


def kept() -> list[tuple[str, str]]:
    """What was typed, to be shown again on a page that cannot show the form."""
    return [(name, text) for name, text in lost.typed() if text and name not in NOT_SHOWN and not lost.secret(name)]


def http_error(error: HTTPException) -> Page:
    if isinstance(error, CSRFError):
        g.forged = True
    code = error.code if error.code in OURS else 400
    keep = kept() if code in (400, 401) else []
    again = lost.form_again() if code == 401 else None
    return render_template(f"errors/{code}.html", kept=keep, again=again, description=error.description), code


def not_found(_error: Exception) -> Page:
    return render_template("errors/404.html"), 404


def not_now(_error: Exception) -> Page:
    return render_template("errors/409.html", kept=kept()), 409


def stale(error: Stale) -> Page:
    """Somebody was faster: what they did, beside what was about to be done."""
    try:
        referral = open_referral(error.referral.public_id)
    except NotFound as gone:  # what they did was to restrict it, or to claim a restricted one
        return current_app.handle_user_exception(gone)  # type: ignore[return-value]
    mine = [("Action", request.path.rpartition("/")[2].capitalize()), *map(_in_words, kept())]
    return render_template("errors/409.html", referral=referral, theirs=what_they_did(referral), mine=mine), 409


def what_they_did(referral: Referral) -> list[tuple[str, str]]:
    """Where the referral stands now, and who changed it last: (label, words)."""
    last = history(reading(), referral)[0]
    theirs = [
        ("State", clinic_standing(referral, me()) if me().works_at_clinic else standing(referral)),
        (happened(last.action), f"by {last.who}, {moment(last.happened_at)}"),
        ("Comment", last.comment or ""),
    ]
    return [row for row in theirs if row[1]]


LABELS = {"would_change": "What would change this", "own": "Your own questions", "due_on": "Needed by"}


def _in_words(typed: tuple[str, str]) -> tuple[str, str]:
    """A field and its text as the form shows them."""
    name, text = typed
    if name == "reason" and (coded := reading().get(Reason, text)):
        text = coded.words
    return LABELS.get(name, name.replace("_", " ").capitalize()), text


def database_away(error: Exception) -> Page:
    current_app.logger.error("The database is away: %s", type(error).__name__)
    # Not by render_template: that asks the database who is signed in.
    page = current_app.jinja_env.get_template("errors/503.html").render(clinic_context())
    return page, 503, {"Retry-After": "10"}


def broken(_error: Exception) -> Page:
    return render_template("errors/500.html"), 500


def refused_sign_in(response: Response) -> Response:
    """The sign-in library shows its form again with 200; nobody was signed in, so it is 422 like every form of ours."""
    if (
        request.endpoint in ("security.login", "security.verify")
        and request.method == "POST"
        and response.status_code == 200
    ):
        response.status_code = 422
    return response


def register(app: Flask) -> None:
    app.after_request(refused_sign_in)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(NotAllowed, not_now)
    app.register_error_handler(Stale, stale)
    app.register_error_handler(OperationalError, database_away)
    app.register_error_handler(InterfaceError, database_away)
    app.register_error_handler(NotRecorded, database_away)
    app.register_error_handler(500, broken)
