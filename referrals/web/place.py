"""Why a referral has its place in the queue, and setting another by hand."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from referrals import place, priority, sight
from referrals.clinical import ClinicalPicture, newest_picture
from referrals.priority import HIGHEST, Score
from referrals.referral import Referral
from referrals.transition import Incomplete, NotAllowed
from referrals.web.act import ActionForm, Answered, answers
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Area, Choice, StrictField
from referrals.web.policy import allow
from referrals.web.reading import open_referral
from referrals.web.strict import whole_number
from referrals.workflow import State

blueprint = Blueprint("place", __name__, url_prefix="/referrals")

LONGEST_REASON = 1000
GIVE = f"Give a number from 0 to {HIGHEST}."
BY = {"hand": "By hand: the points below", "score": "By its score again"}


def shown(referral: Referral, picture: ClinicalPicture) -> dict[str, Any]:
    """What the clinic reads of the place of an open referral."""
    if not (me().works_at_clinic and referral.is_open):
        return {"score": None}
    return {"score": scored(referral, picture), "may_override": place.may_override(me(), referral)}


def scored(referral: Referral, picture: ClinicalPicture) -> Score:
    """The score as the facts give it today."""
    told = picture.details()
    return priority.score(referral.asked_urgency, told.patient, told.vertebrae, today())


class Points(StrictField):
    """A number from 0 to HIGHEST."""

    inputmode = "numeric"
    longest = 3
    width = "s"

    def parse(self, text: str) -> int:
        if len(text) > self.longest or whole_number(text) > HIGHEST:
            raise ValueError(GIVE)
        return whole_number(text)


class PlaceForm(ActionForm):
    """Points by hand, and why."""

    points = Points("Points", required=GIVE, hint=f"From 0 to {HIGHEST}; the more, the sooner it is looked at.")
    comment = Area(
        "Why", LONGEST_REASON, required="Say why, in a sentence.",
        hint="Stands in the referral’s history, with your name; the practice reads it too.",
    )  # fmt: skip


class PlacedForm(PlaceForm):
    """Where points are set already: others, or the score again."""

    by = Choice("How is it placed?", BY, default="hand", required="Choose how it is placed.")
    points = Points("Points", hint=f"From 0 to {HIGHEST}. None where its score counts again.")


@blueprint.route("/<public_id>/place", methods=["GET", "POST"])
@allow("work_queue")
def change(public_id: str) -> Answered:
    """Set the place in the queue by hand, or give it back to the score; an IR physician's to do."""
    referral = open_referral(public_id)
    if (request.method == "GET" or referral.status is State.DRAFT) and not place.may_override(me(), referral):
        raise NotAllowed("override_priority")
    made = PlaceForm if referral.priority_override is None else PlacedForm
    form = made(answers(), today=today(), version=referral.version)
    if request.method == "POST" and form.validate():
        try:
            with begin() as session:
                _set(session, public_id, form)
        except Incomplete as missing:
            form.refuse(missing)
        else:
            flash("Its place in the queue is set.")
            return redirect(url_for("referral.show", public_id=public_id), 303)
    score = scored(referral, newest_picture(reading(), referral.id))
    page = render_template("place/change.html", form=form, referral=referral, score=score)
    return (page, 422) if request.method == "POST" else page


def _set(session: Session, public_id: str, form: PlaceForm) -> None:
    by_score = isinstance(form, PlacedForm) and form.by.data == "score"
    if form.points.data is None and not by_score:
        raise Incomplete("points", GIVE)
    points = None if by_score else form.points.data
    referral = sight.find(session, public_id, me())
    place.override(session, referral, me(), form.version.data, points, form.comment.data or "")
