"""Mails that did not leave: what kind, to whom and what went wrong, nothing of any patient; and sending them again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from referrals import dead_letter, lease, mail
from referrals.db import now
from referrals.kind import subject
from referrals.outbox import may_go_again
from referrals.sight import NotFound
from referrals.web.context import begin, me, reading
from referrals.web.policy import allow

WORDS = {
    "SMTPRecipientsRefused": "The mail server does not take this address",
    "SMTPSenderRefused": "The mail server does not take mail from us",
    "SMTPAuthenticationError": "The mail server does not let us sign in",
    "ConnectionRefusedError": "The mail server was away",
    "TimeoutError": "The mail server did not answer",
    "gaierror": "The mail server’s name is not known",
    "InvalidToken": "It was sealed with another SECRET_KEY",
    lease.EXPIRED: "Its link was over before it could leave",
    lease.DIED: "The worker ended each time it tried",
}
"""What went wrong, for whoever looks after it; the kind of fault alone, for its text may hold an address."""

blueprint = Blueprint("mails", __name__, url_prefix="/administration/mails")


@blueprint.get("")
@allow("manage_mails")
def show() -> str:
    """How many wait, and those that were given up, the last first."""
    return render_template(
        "administration/mails.html",
        dead=dead_letter.dead(reading()),
        waiting=dead_letter.waiting(reading()),
        is_set_up=mail.is_set_up(),
        subject=subject,
        may_go_again=may_go_again,
        fault_words=fault_words,
        now=now(),
    )


@blueprint.post("/again")
@allow("manage_mails")
def replay_all() -> Response:
    """Send all again that can go again."""
    with begin() as session:
        return _said(dead_letter.replay(session, me()))


@blueprint.post("/<public_id>/again")
@allow("manage_mails")
def replay(public_id: str) -> Response:
    """Send one again. One that is not there is not found; one that went meanwhile is no fault."""
    with begin() as session:
        if not dead_letter.is_there(session, public_id):
            raise NotFound
        return _said(dead_letter.replay(session, me(), public_id))


def fault_words(fault: str | None) -> str:
    return WORDS.get(fault or "", "It could not be sent")


def _said(number: int) -> Response:
    flash(f"{'1 mail waits' if number == 1 else f'{number:,} mails wait'} to be sent again.")
    return redirect(url_for("mails.show"), 303)
