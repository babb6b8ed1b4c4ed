"""Refer a patient: one page, saved while it is filled in, screened as it goes, and sent once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referrals import submission
from referrals.earlier import Earlier
from referrals.referral import Referral
from referrals.requester import NoSuchPhysician, physicians, sends_for_others
from referrals.staff import Person
from referrals.submission import AlreadySubmitted, OpenAlready
from referrals.web import on_behalf, strict
from referrals.web.context import begin, me, reading, settings, today
from referrals.web.form import OF_THE_PAGE
from referrals.web.intake_answers import Intake
from referrals.web.intake_form import LEVELS, VertebraForm
from referrals.web.policy import allow
from referrals.web.preview import so_far
from referrals.web.reading import listed, open_referral
from referrals.web.sent_before import sent_before
from referrals.web.token import BadToken, issue_token, read_token
from referrals.workflow import State

blueprint = Blueprint("intake", __name__, url_prefix="/referrals")

Page = str | Response | tuple[str, int]
LONGEST_IN_A_DRAFT = 20_000


@blueprint.route("/new", methods=["GET", "POST"])
@allow("refer")
def new() -> Page:
    """The intake page, and what its buttons send."""
    return received() if request.method == "POST" else blank()


def blank() -> Page:
    """An empty page, with the referrer filled in."""
    for_others = colleagues()
    referrer = on_behalf.own(me()) if for_others is None else on_behalf.begun_with(for_others, me())
    intake = Intake(None, today(), for_others, urgency="routine", **referrer)
    return page(intake, issue_token(me()), unfinished=own_drafts())


def colleagues() -> Sequence[Person] | None:
    """Among whom a delegate chooses; None for whoever sends for nobody else."""
    return physicians(reading(), me().practice_id) if sends_for_others(me()) else None


def answered(answers: MultiDict[str, str]) -> Intake:
    """The page with answers, as it is asked of this person."""
    for_others = colleagues()
    return Intake(answers if for_others is None else on_behalf.filled_in(answers, for_others), today(), for_others)


def received() -> Page:
    """What the page's buttons do: send it, or show it again with verdicts, questions or rows added."""
    intake = answered(request.form)
    button = intake.carried.do.text or "send"
    if button != "send":
        return again(intake, 422 if intake.mark_unreadable() else 200, added=button)
    if not intake.validate():
        return again(intake, 422)
    return send(intake)


def send(intake: Intake) -> Page:
    """One transaction: the draft of this form is sent, or was sent before, or its patient has a referral already."""
    token, told, separate = own_token(intake), intake.submission(), intake.carried.separate.data is True
    try:
        with begin() as session:
            draft = submission.open_draft(session, token, me())
            sent = submission.submit(session, draft, told, me(), today(), separate)
    except AlreadySubmitted as before:
        return redirect(address(before.referral), 303)
    except NoSuchPhysician:
        intake.sender["requester"].errors = [on_behalf.GONE]
        return again(intake, 422)
    except OpenAlready as found:
        listed(len(found.earlier))
        with begin() as session:
            submission.save_draft(session, submission.open_draft(session, token, me()), kept_answers())
        return again(intake, 409, others=found.earlier)
    flash("Sent to the clinic.", "success")
    return redirect(address(sent), 303)


@blueprint.post("/new/draft")
@allow("refer")
def save() -> Response | tuple[Response, int]:
    """Keep what was typed so far, as it was typed."""
    intake, answers = answered(request.form), kept_answers()
    if intake.strangers or not all(storable(text) for texts in answers.values() for text in texts):
        return jsonify(problem="Not saved: something in the page cannot be kept. “Check eligibility” says what."), 422
    token = own_token(intake)
    with begin() as session:
        draft = submission.open_draft(session, token, me())
        if draft.status is not State.DRAFT:
            return jsonify(problem="This referral was sent already.", address=address(draft)), 409
        submission.save_draft(session, draft, answers)
    return jsonify(saved_at=f"{datetime.now(ZoneInfo(settings().time_zone)):%H:%M}")


@blueprint.post("/new/preview")
@allow("refer")
def preview() -> str | tuple[str, int]:
    """The side panel for the answers so far."""
    intake = answered(request.form)
    if intake.strangers:
        abort(422)
    return render_template("intake/so_far.html", so_far=judged(intake), live=True)


@blueprint.post("/new/sent-before")
@allow("refer")
def known() -> str | tuple[str, int]:
    """What the practice has sent already of a patient like the one who is being written down."""
    intake = answered(request.form)
    if intake.strangers:
        abort(422)
    return render_template("intake/sent_before.html", earlier=sent_before(intake))


@blueprint.get("/new/vertebra/<level>")
@allow("read_referral")
def vertebra(level: str) -> str:
    """The questions of one level, to be put into the page."""
    if level not in LEVELS:
        abort(404)
    form = VertebraForm(today=today(), prefix=level)
    return render_template("intake/vertebra.html", level=level, name=LEVELS[level], form=form)


@blueprint.get("/<public_id>/edit")
@allow("refer")
def edit(public_id: str) -> Page:
    """An unfinished referral as it was left."""
    draft = open_referral(public_id)
    if draft.status is not State.DRAFT:
        return redirect(address(draft))
    answers: MultiDict[str, str] = MultiDict(
        (name, text) for name, texts in (draft.draft_answers or {}).items() for text in texts
    )
    if sends_for_others(me()):
        answers.setdefault("requester", draft.requester.public_id)
    else:
        answers.poplist("requester")  # a physician sends it as their own
    return page(answered(answers), issue_token(me(), draft.submission_token), draft=draft)


def again(intake: Intake, status: int, **shown: Any) -> Page:
    """The page with everything that was typed."""
    return page(intake, intake.carried.token.text, **shown), status


def page(intake: Intake, token: str, others: Sequence[Earlier] = (), **shown: Any) -> str:
    """`others`: the referrals for whose sake it was not sent."""
    return render_template(
        "intake/new.html",
        intake=intake,
        token=token,
        **intake.drawn(),
        so_far=judged(intake),
        person=me(),
        others=others,
        earlier=() if others else sent_before(intake),
        **shown,
    )


def judged(intake: Intake) -> Any:
    return so_far(reading(), intake.picture(), intake.chosen, today())


def own_token(intake: Intake) -> str:
    try:
        return read_token(intake.carried.token.text, me())
    except BadToken:
        abort(400, "This form was not made for you, or it was changed. Start a new referral.")


def own_drafts() -> list[Referral]:
    """What this person began and did not send, the newest first."""
    mine = select(Referral).where(Referral.requester_id == me().id, Referral.state == State.DRAFT)
    drafts = list(reading().scalars(mine.order_by(Referral.changed_at.desc()).limit(3)))
    if drafts:
        listed(len(drafts))
    return drafts


def kept_answers() -> dict[str, list[str]]:
    carried = OF_THE_PAGE | {"token", "do", "separate"}
    return {name: texts for name, texts in request.form.lists() if name not in carried and any(texts)}


def storable(text: str) -> bool:
    return len(text) <= LONGEST_IN_A_DRAFT and not strict.refused(text.replace("\r\n", "\n"), lines=True)


def address(referral: Referral) -> str:
    return url_for("referral.show", public_id=referral.public_id)
