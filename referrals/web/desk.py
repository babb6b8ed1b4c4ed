"""What a coordinator does from the queue to several referrals at once, and the views that they keep of it."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from referrals import bulk, saved_view
from referrals.db import now
from referrals.roster import clinic_staff
from referrals.saved_view import LONGEST_NAME, MOST, TooMany
from referrals.web import strict
from referrals.web.context import begin, me, today
from referrals.web.policy import allow
from referrals.web.queue_address import CHOSEN, place, wanted
from referrals.web.searched import asked_for
from referrals.worklist import CLINIC_LISTS

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

TICKED = "row"


@blueprint.post("/<name>/assign")
@allow("work_queue")
def assign(name: str) -> Response:
    """Give the ticked referrals to somebody. Those that somebody else changed meanwhile stay as they are."""
    ticked = ticked_rows(name)
    with begin() as session:
        owner = next((each for each in clinic_staff(session) if each.public_id == request.form.get("owner")), None)
        if owner is None:
            abort(400, "Choose to whom they go.")
        done = bulk.assign(session, me(), today(), ticked, owner)
    flash(said_of(done, owner.name))
    return redirect(url_for("queue.show", name=name), 303)


@blueprint.post("/<name>/remind")
@allow("work_queue")
def remind(name: str) -> Response:
    """Remind the referrers of the ticked ones that an answer is owed."""
    with begin() as session:
        done = bulk.remind(session, me(), ticked_rows(name), now())
    left = f" {len(done.left)} left: no answer is owed, or they were reminded within a day." if done.left else ""
    flash(f"Reminded of {done.changed}.{left}")
    return redirect(url_for("queue.show", name=name), 303)


def ticked_rows(name: str) -> dict[str, int]:
    """What is ticked on this list, with the versions that were seen."""
    if name not in CLINIC_LISTS or set(request.form) - {"csrf_token", TICKED, "owner"}:
        abort(400, "Open the list again: the page sent what it does not ask for.")
    ticked = dict(ticked_row(text) for text in request.form.getlist(TICKED))
    return ticked or abort(400, "Tick at least one referral first.")


def ticked_row(text: str) -> tuple[str, int]:
    """A ticked row: the referral, and the version that was seen, as the page joins them."""
    public_id, _, version = text.partition(":")
    try:
        return public_id, strict.whole_number(version)
    except ValueError:
        abort(400, "Open the list again: it does not say which version it shows.")


def said_of(done: bulk.Done, name: str) -> str:
    went = f"{done.changed} {'referral goes' if done.changed == 1 else 'referrals go'} to {name}."
    if not done.left:
        return went
    return f"{went} {len(done.left)} left as they were: theirs already, changed meanwhile, or not to be assigned now."


@blueprint.post("/<name>/views")
@allow("work_queue")
def keep_view(name: str) -> Response:
    """Keep this list with its filters and order under a name."""
    asked = asked_for(request.form.copy(), (*CHOSEN, "view", "shared"))
    called, shared = asked.pop("view", "").strip(), asked.pop("shared", "") == "yes"
    wanted(name, asked, "")
    try:
        called = strict.text(called, LONGEST_NAME)
    except ValueError as wrong:
        abort(400, str(wrong))
    if not called:
        abort(400, "Give the view a name.")
    try:
        with begin() as session:
            saved_view.save(session, me(), called, name, asked, shared)
    except TooMany:
        abort(400, f"You keep {MOST} views: forget one first.")
    flash("The view is kept.")
    return redirect(place(name, asked), 303)


@blueprint.post("/views/<public_id>/forget")
@allow("work_queue")
def forget_view(public_id: str) -> Response:
    """Forget an own view."""
    with begin() as session:
        if not saved_view.forget(session, me(), public_id):
            abort(404)
    flash("The view is forgotten.")
    return redirect(url_for("queue.show"), 303)
