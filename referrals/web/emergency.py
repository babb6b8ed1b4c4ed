"""Emergency access: what a restricted referral says, breaking the glass, the banner meanwhile, and the review."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from referrals import emergency, glass, sight
from referrals.db import now
from referrals.emergency import EmergencyAccess
from referrals.glass import FINDINGS, NeedsSecondFactor
from referrals.outline import Outline
from referrals.policy import may
from referrals.referral import Referral
from referrals.sight import NotFound, Restricted
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed
from referrals.web import log_words, second_factor
from referrals.web.act import Answered, answers
from referrals.web.context import begin, me, reading, today
from referrals.web.errors import kept
from referrals.web.fields import Area, Choice
from referrals.web.form import StrictForm
from referrals.web.policy import allow
from referrals.web.standing import next_action
from referrals.workflow import State

blueprint = Blueprint("emergency", __name__)


class ReasonForm(StrictForm):
    reason = Area(
        "Why you need it now", glass.LONGEST_REASON, required="Say why, in a sentence.",
        hint=f"At least {glass.SHORTEST_REASON} characters. The reviewer, the referrer and the owner read it.",
    )  # fmt: skip


class ReviewForm(StrictForm):
    finding = Choice("Finding", FINDINGS, required="Choose a finding.")
    comment = Area("What it rests on", 2000, required="Say what the finding rests on: whom you asked, what you saw.")


@blueprint.app_errorhandler(Restricted)
def restricted(refused: Restricted) -> tuple[str, int]:
    """Whose it is, and how to get in all the same; nothing of the patient."""
    claims = refused.outline.status is State.SUBMITTED and may(me(), "work_queue")
    typed = kept() if request.method == "POST" else []
    shown = told(refused.outline)
    return render_template("emergency/restricted.html", **shown, may_claim=claims, kept=typed), 403


def told(outline: Outline) -> dict[str, Any]:
    """What a page says of a restricted referral."""
    named = reading().get(Person, outline.ir_physician_id) if outline.ir_physician_id else None
    return {"outline": outline, "ir_physician": named, "next": next_action(outline, me())}


@blueprint.route("/referrals/<public_id>/emergency", methods=["GET", "POST"])
@allow("open_emergency_access")
def open_access(public_id: str) -> Answered:
    """Break the glass, with a reason. Who may open the referral anyway is taken to it."""
    try:
        sight.find(reading(), public_id, me())
    except Restricted as refused:
        outline = refused.outline
    else:
        return _to(public_id)
    form = ReasonForm(answers(), today=today())
    if request.method == "POST" and form.validate():
        try:
            return _opened(public_id, form.reason.data)
        except Incomplete as missing:
            form[missing.field].errors = [missing.what_to_do]
    lacks = second_factor.lacks(me())
    page = render_template("emergency/open.html", form=form, lacks_second_factor=lacks, **told(outline))
    return (page, 422) if request.method == "POST" else page


def _opened(public_id: str, reason: str) -> Response:
    asked_for = second_factor.needed(me()) and not second_factor.verified_by_issuer()
    with begin() as session:
        referral = sight.find_known(session, public_id, me())
        glass.open_access(session, referral, me(), reason, now(), asked_for)
    return _to(public_id)


@blueprint.post("/referrals/<public_id>/emergency/end")
@allow("open_emergency_access")
def end(public_id: str) -> Response:
    """The banner's button."""
    with begin() as session:
        ended = glass.end(session, sight.find_known(session, public_id, me()), me(), now())
    flash("Emergency access ended. Another person reviews it." if ended else "The emergency access had ended already.")
    return redirect(url_for("account.home"), 303)


@blueprint.app_errorhandler(NeedsSecondFactor)
def needs_second_factor(_error: Exception) -> tuple[str, int]:
    return render_template("emergency/second_factor.html", kept=kept()), 403


def _to(public_id: str) -> Response:
    return redirect(url_for("referral.show", public_id=public_id), 303)


@blueprint.app_context_processor
def for_banner() -> dict[str, Any]:
    return {"emergency_access": emergency_access}


def emergency_access(referral: Referral) -> EmergencyAccess | None:
    """The emergency access to this patient that the reader has open: every page of the patient says so."""
    if not current_user.is_authenticated or not may(me(), "open_emergency_access"):
        return None
    if "emergency_access" not in g:
        g.emergency_access = emergency.open_now(reading(), me(), referral.patient_id, now())
    found: EmergencyAccess | None = g.emergency_access
    return found


@blueprint.get("/administration/emergency-access")
@allow("review_emergency_access")
def reviews() -> str:
    """What waits for a review, and what was reviewed."""
    session = reading()
    return render_template(
        "emergency/reviews.html",
        waiting=glass.to_review(session),
        reviewed=glass.reviewed(session),
        findings=FINDINGS,
        now=now(),
    )


@blueprint.route("/administration/emergency-access/<public_id>", methods=["GET", "POST"])
@allow("review_emergency_access")
def review(public_id: str) -> Answered:
    """One emergency access, and closing it with a finding: never the own."""
    opened = _one(public_id)
    form = ReviewForm(answers(), today=today())
    if request.method == "GET":
        return _review_page(opened, form)
    if not form.validate():
        return _review_page(opened, form), 422
    try:
        with begin() as session:
            again = session.get_one(EmergencyAccess, opened.id)
            glass.review(session, again, me(), form.finding.data, form.comment.data, now())
    except NotAllowed:  # another reviewer was faster, or it is not theirs to review: the page says which
        return _review_page(_one(public_id), form, not_stored=form.comment.data), 409
    flash("Reviewed and closed.")
    return redirect(url_for("emergency.reviews"), 303)


def _review_page(opened: EmergencyAccess, form: ReviewForm, not_stored: str = "") -> str:
    return render_template(
        "emergency/review.html",
        opened=opened,
        form=form,
        not_stored=not_stored,
        may_review=glass.may_review(me(), opened, now()),
        own=opened.person_id == me().id,
        done=glass.done_with(reading(), opened),
        said=log_words.said,
        detail=log_words.detail,
        findings=FINDINGS,
        now=now(),
    )


def _one(public_id: str) -> EmergencyAccess:
    found = glass.one(reading(), public_id)
    if found is None:
        raise NotFound
    return found
