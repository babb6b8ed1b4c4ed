"""Referrals by their id: an administrator, who reads none, gives one to somebody, reopens it, or ends an error."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import closing, oversight, triage
from referrals.administration import NoSuch
from referrals.outline import Outline
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.roster import clinic_staff
from referrals.sight import NotFound
from referrals.staff import Person
from referrals.transition import Said
from referrals.web.act import Words
from referrals.web.administration.carry import Answered, SeenForm, answers, asked_once, carry_out, found
from referrals.web.context import me, reading, today
from referrals.web.fields import Area, Choice
from referrals.web.handing_on import by_role
from referrals.web.policy import allow
from referrals.web.reading import note
from referrals.web.reasons import choice, reasons_for
from referrals.web.words import heard_id
from referrals.workflow import ACTIONS

blueprint = Blueprint("oversight", __name__, url_prefix="/administration/referrals")

Verb = Callable[..., None]
"""What takes session, referral, what is said, and whom it is given to, where it is."""


def assign(session: Session, referral: Referral, said: Said, owner: Person) -> None:
    triage.assign(session, referral, me(), referral.version, today(), owner, said.comment)


def reopen(session: Session, referral: Referral, said: Said, owner: Person) -> None:
    closing.reopen(session, referral, me(), referral.version, today(), said, owner)


def mark_error(session: Session, referral: Referral, said: Said) -> None:
    closing.mark_error(session, referral, me(), referral.version, today(), said)


@dataclass(frozen=True)
class Act:
    """What can be done: its verb, its words, and whether it is given to somebody by it."""

    verb: Verb
    words: Words
    given: bool = True


ACTS = {
    "assign": Act(
        assign,
        Words("Give it to somebody else", "They have it from now on, and are told.", "Assign", "Assigned."),
    ),
    "reopen": Act(
        reopen,
        Words(
            "Reopen it",
            "It goes back into review, with whom you give it to. Both sides are told.",
            "Reopen",
            "Reopened. Both sides have been told.",
        ),
    ),
    "mark_error": Act(
        mark_error,
        Words(
            "Mark it as made in error",
            "It leaves every list, stays on record, and cannot be taken up again. Both sides are told.",
            "Mark as made in error",
            "Marked as made in error. Both sides have been told.",
        ),
        given=False,
    ),
}


class WhyForm(SeenForm):
    comment = Area("Why", 2000, required="Say why, in a sentence.", hint="Both sides read this, with your name.")
    of_the_whole = "comment"
    order = ("owner", "reason", "comment")


@blueprint.get("")
@allow("oversee_referrals")
def show() -> str | tuple[str, int] | Response:
    """Where an id is typed; one that is there leads on."""
    typed = asked_once("id").get("id", "")
    if not typed:
        return render_template("administration/referrals.html", typed="")
    try:
        return redirect(_to(oversight.look_up(reading(), heard_id(typed)).public_id), 303)
    except NoSuch:
        return render_template("administration/referrals.html", typed=typed), 404


@blueprint.get("/<public_id>")
@allow("oversee_referrals")
def one(public_id: str) -> str:
    """The outline of one, and what can be done about it."""
    outline = looked_up(public_id)
    acts = [(action.name, ACTS[action.name].words) for action in oversight.offered(outline)]
    return render_template("administration/referral.html", outline=outline, acts=acts)


@blueprint.route("/<public_id>/<name>", methods=["GET", "POST"])
@allow("oversee_referrals")
def act(public_id: str, name: str) -> Answered:
    """One of them, with its reason."""
    if name not in ACTS:
        raise NotFound
    outline, done = looked_up(public_id), ACTS[name]
    if request.method == "GET" and name not in {action.name for action in oversight.offered(outline)}:
        flash("That cannot be done to it as it stands now.")
        return redirect(_to(public_id), 303)
    reasons = reasons_for(name) if ACTIONS[name].reason else {}
    staff = {person.public_id: person for person in clinic_staff(reading()) if person.id != outline.owner_id}
    form = form_for(done, reasons, staff)(answers(), today=today(), seen=oversight.seen(outline))

    def verb(session: Session) -> str:
        given = {"owner": session.merge(staff[form["owner"].data], load=False)} if done.given else {}
        said = Said(reasons.get(form["reason"].data) if reasons else None, form.comment.data)
        do = partial(done.verb, session, said=said, **given)
        oversight.act(session, me(), public_id, form.seen.data, do)
        return _to(public_id)

    page = partial(render_template, "administration/referral_act.html", outline=outline, words=done.words, form=form)
    return carry_out(form, verb, done.words.done, page)


def form_for(act: Act, reasons: dict[str, Reason], staff: dict[str, Person]) -> Any:
    """The form of an act: whom it is given to, a coded reason, and always why."""
    asked: dict[str, Any] = {"reason": choice(reasons)} if reasons else {}
    if act.given:
        whom = "Choose who has it from now on."
        asked["owner"] = Choice("Who has it from now on", by_role(staff), shape="select", required=whom)
    return type("ActForm", (WhyForm,), asked)


def looked_up(public_id: str) -> Outline:
    """The outline; that it was looked up will be in the log."""
    outline: Outline = found(oversight.look_up, reading(), public_id)
    note("outline_read", subject=outline.public_id, practice_id=outline.practice.id)
    return outline


def _to(public_id: str) -> str:
    return url_for("oversight.one", public_id=public_id)
