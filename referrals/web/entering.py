"""Entering a referral that came by fax or telephone, for the physician who made it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from referrals import submission
from referrals.course import SOURCES
from referrals.policy import scope_for_practice
from referrals.referral import Referral
from referrals.requester import all_physicians
from referrals.staff import Person
from referrals.submission import AlreadySubmitted, OpenAlready
from referrals.web import on_behalf
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Choice
from referrals.web.form import StrictForm
from referrals.web.intake import Page, judged, own_token
from referrals.web.intake_answers import Intake, names_of_the_page
from referrals.web.picture_answers import Answers
from referrals.web.policy import allow
from referrals.web.reading import listed
from referrals.web.token import issue_token

blueprint = Blueprint("entering", __name__, url_prefix="/enter")

CAME_BY = {name: words for name, words in SOURCES.items() if name != "page"}
SAVED_NOWHERE = "This page keeps no draft: what is entered here belongs to the practice, and only once it is sent."


class SourceForm(StrictForm):
    source = Choice("It came by", CAME_BY, required="Say how it came.")


class Entered(Intake):
    """The intake page as a coordinator fills it in."""

    def __init__(self, answers: Answers | None, today: date, physicians: Sequence[Person], **begun_with: Any) -> None:
        filled = on_behalf.filled_in(answers, physicians) if answers is not None else None
        super().__init__(filled, today, physicians, **begun_with)
        self.source = self._form(SourceForm)

    @property
    def forms(self) -> list[StrictForm]:
        return [self.source, *super().forms]

    @property
    def names(self) -> frozenset[str]:
        return names_of_the_page() | {"source", "requester"}


def entered(answers: Answers | None, **begun_with: Any) -> Entered:
    return Entered(answers, today(), all_physicians(reading()), **begun_with)


@blueprint.route("", methods=["GET", "POST"])
@allow("enter_referral")
def new() -> Page:
    """The page, and what its buttons send."""
    if request.method == "GET":
        return page(entered(None, urgency="routine"), issue_token(me()))
    intake = entered(request.form)
    if (intake.carried.do.text or "send") != "send":
        return again(intake, 422 if intake.mark_unreadable() else 200)
    return send(intake) if intake.validate() else again(intake, 422)


@blueprint.post("/preview")
@allow("enter_referral")
def preview() -> str:
    """The side panel for the answers so far."""
    intake = entered(request.form)
    if intake.strangers:
        abort(422)
    return render_template("intake/so_far.html", so_far=judged(intake), live=True)


def send(intake: Entered) -> Page:
    """One transaction, which works for the physician's practice too: the referral is that practice's."""
    token, told = own_token(intake), intake.submission()
    requester = next(each for each in intake.physicians or () if each.public_id == told.requester)
    separate, source = intake.carried.separate.data is True, intake.source["source"].data
    try:
        with begin(scope_for_practice(me(), requester.practice_id)) as session:
            sent = submission.enter(session, token, requester, told, me(), today(), source, separate)
    except AlreadySubmitted as before:
        return redirect(url_for("referral.show", public_id=before.referral.public_id), 303)
    except OpenAlready as found:
        listed(len(found.earlier))
        return again(intake, 409, others=found.earlier)
    return onward(sent)


def onward(sent: Referral) -> Page:
    """A fax is kept with what was read from it."""
    if sent.source == "fax":
        flash("Entered. Now add the fax that it came by.")
        return redirect(url_for("new_document.add", public_id=sent.public_id), 303)
    flash("Entered.")
    return redirect(url_for("referral.show", public_id=sent.public_id), 303)


def again(intake: Entered, status: int, **shown: Any) -> Page:
    return page(intake, intake.carried.token.text, **shown), status


def page(intake: Entered, token: str, **shown: Any) -> str:
    return render_template(
        "intake/enter.html",
        intake=intake,
        token=token,
        **intake.drawn(),
        so_far=judged(intake),
        person=me(),
        entering=True,
        saved_nowhere=SAVED_NOWHERE,
        **shown,
    )
