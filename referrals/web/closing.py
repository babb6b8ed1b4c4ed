"""How a referral ends otherwise than by a refusal, and how it is taken up again: short forms with a reason."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import closing, sight
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.transition import Said
from referrals.web.act import ActionForm, Answered, Words, answers, opened, short
from referrals.web.context import begin, me, today
from referrals.web.fields import Area
from referrals.web.policy import allow
from referrals.web.reasons import choice, reasons_for
from referrals.workflow import ACTIONS, State

blueprint = Blueprint("closing", __name__, url_prefix="/referrals")

Close = Callable[..., None]
"""A verb that takes session, referral, actor, version, today and what is said."""
WHY = "Say why, in a sentence or two."


def said_form(action: str, reasons: dict[str, Reason]) -> type[ActionForm]:
    """The form of an action that needs no more than the table asks for: a reason, a comment, both or neither."""
    row = ACTIONS[action]
    asked: dict[str, Any] = {"reason": choice(reasons)} if row.reason else {}
    if row.comment:
        asked["comment"] = Area("Comment", 2000, hint=ActionForm.COMMENT, required=WHY)
    return type("SaidForm", (ActionForm,), asked)


def said(public_id: str, action: str, verb: Close, words: Words) -> Answered:
    """Ask for what the table of actions asks for, and do it."""
    referral = opened(public_id, action)
    reasons = reasons_for(action) if ACTIONS[action].reason else {}
    form = said_form(action, reasons)(answers(), today=today(), version=referral.version)

    def done(session: Session, current: Referral) -> None:
        given = Said(reasons.get(form["reason"].data) if "reason" in form else None, form.comment.data or "")
        verb(session, current, me(), form.version.data, today(), given)

    return short(form, referral, done, words)


WITHDRAW = Words(
    "Withdraw this referral",
    "The clinic stops working on it and is told why. What was written stays on record.",
    "Withdraw",
    "Withdrawn. The clinic has been told.",
)
ASK_WITHDRAWAL = Words(
    "Ask to withdraw this referral",
    "It has been accepted, and a visit may be booked: the clinic confirms, or says why not.",
    "Ask to withdraw",
    "The clinic has been asked.",
)
CONFIRM_WITHDRAWAL = Words(
    "Confirm the withdrawal",
    "The referral ends, for the reason that the referrer gave. Cancel what is booked by telephone.",
    "Confirm",
    "Withdrawn. The referrer has been told.",
)
REFUSE_WITHDRAWAL = Words(
    "Go on with this referral",
    "The referrer asked to withdraw it and reads why you go on.",
    "Go on with it",
    "It goes on. The referrer has been told.",
)
CLOSE = Words(
    "Close without treatment",
    "The referrer is told why, and can send it again; you can reopen it.",
    "Close it",
    "Closed. The referrer has been told.",
)
MARK_ERROR = Words(
    "Mark as made in error",
    "It should never have been made: it leaves every list, stays on record, and cannot be taken up again.",
    "Mark as made in error",
    "Marked as made in error.",
)
REOPEN = Words(
    "Reopen this referral",
    "It goes back into review, and you own it. The referrer is told.",
    "Reopen",
    "Reopened. It is yours to review.",
)


@blueprint.route("/<public_id>/withdraw", methods=["GET", "POST"])
@allow("refer")
def withdraw(public_id: str) -> Answered:
    return said(public_id, "withdraw", closing.withdraw, WITHDRAW)


@blueprint.route("/<public_id>/ask-withdrawal", methods=["GET", "POST"])
@allow("refer")
def ask_withdrawal(public_id: str) -> Answered:
    return said(public_id, "ask_withdrawal", closing.ask_withdrawal, ASK_WITHDRAWAL)


@blueprint.route("/<public_id>/confirm-withdrawal", methods=["GET", "POST"])
@allow("work_queue")
def confirm_withdrawal(public_id: str) -> Answered:
    return said(public_id, "confirm_withdrawal", closing.confirm_withdrawal, CONFIRM_WITHDRAWAL)


@blueprint.route("/<public_id>/refuse-withdrawal", methods=["GET", "POST"])
@allow("work_queue")
def refuse_withdrawal(public_id: str) -> Answered:
    return said(public_id, "refuse_withdrawal", closing.refuse_withdrawal, REFUSE_WITHDRAWAL)


@blueprint.route("/<public_id>/close", methods=["GET", "POST"])
@allow("work_queue")
def close_incomplete(public_id: str) -> Answered:
    return said(public_id, "close_incomplete", closing.close_incomplete, CLOSE)


@blueprint.route("/<public_id>/mark-error", methods=["GET", "POST"])
@allow("refer")
def mark_error(public_id: str) -> Answered:
    return said(public_id, "mark_error", closing.mark_error, MARK_ERROR)


@blueprint.route("/<public_id>/reopen", methods=["GET", "POST"])
@allow("work_queue")
def reopen(public_id: str) -> Answered:
    return said(public_id, "reopen", closing.reopen, REOPEN)


@blueprint.post("/<public_id>/discard")
@allow("refer")
def discard(public_id: str) -> Response:
    """Throw an unsent draft away: its answers go, and that it was there stays on record. Twice is as good as once."""
    with begin() as session:
        draft = sight.find(session, public_id, me())
        is_there = draft.status is State.DRAFT
        if is_there:
            given = Said(session.get_one(Reason, "sent-by-mistake"), "A draft that was not sent.")
            closing.mark_error(session, draft, me(), draft.version, today(), given)
    flash("The draft is discarded." if is_there else "There was nothing to discard: it was sent, or discarded, before.")
    return redirect(url_for("practice.tab", name="drafts"), 303)
