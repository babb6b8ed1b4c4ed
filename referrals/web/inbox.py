"""The inbox: what somebody was told and has not read yet, by referral; marked as read one by one or all at once."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referrals import inbox
from referrals.db import now
from referrals.events import Event
from referrals.kind import AT_ONCE, did, subject
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Moment
from referrals.web.form import StrictForm
from referrals.web.policy import allow
from referrals.web.reading import listed
from referrals.web.words import capped

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


class SeenForm(StrictForm):
    """When the page was made whose notices were seen."""

    seen_at = Moment("Seen at", required="Open the page again: it does not say what you have seen.")


@blueprint.get("")
@allow("read_inbox")
def show() -> str:
    """Unread first, then what was read of late."""
    session = reading()
    unread, read = inbox.unread(session, me()), inbox.read(session, me())
    listed(len(unread) + len(read))
    return render_template(
        "inbox/show.html",
        unread=inbox.by_referral(unread),
        read=inbox.by_referral(read),
        count=capped(inbox.count_unread(session, me())),
        at_most=inbox.SHOWN if len(unread) == inbox.SHOWN else None,
        own_practice=me().practice_id,
        now=now(),
    )


@blueprint.post("/read")
@blueprint.post("/<public_id>/read", endpoint="read_one")
@allow("read_inbox")
def read(public_id: str = "") -> Response:
    """What the page showed, of one referral or of all, was read; what came since was not."""
    form = SeenForm(request.form, today=today())
    if not form.validate():
        abort(422)
    with begin() as session:
        inbox.mark_read(session, me(), form.seen_at.data, public_id)
    flash("Marked as read.")
    return redirect(url_for("inbox.show"), 303)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """How a notice reads, wherever one is shown."""
    return {"done": done, "notice_subject": subject, "at_once": AT_ONCE.name}


def done(event: Event) -> str:
    """What somebody did, to whoever reads of it: a referral that they were given is theirs now."""
    given = event.action == "assign" and event.details.get("owner") == me().public_id
    return "assigned it to you" if given else did(event.action)
