"""The screenings of a referral: what was said of it over time and why, each with its reasons, and as of any day."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from flask import Blueprint, abort, request
from werkzeug.datastructures import MultiDict

from referrals import comparison, screening_history
from referrals.eligibility import english
from referrals.kept_edition import edition_of, in_force
from referrals.referral import Referral
from referrals.screening import CRITERIA_SET, screenings_of
from referrals.screening_history import EDITION, TOLD, Said, as_of, changed_criteria
from referrals.web import bands
from referrals.web.clinic_clock import at
from referrals.web.context import reading, today
from referrals.web.fields import Day
from referrals.web.form import StrictForm
from referrals.web.part import part, sent_referral
from referrals.web.pictures import drawn
from referrals.web.policy import allow
from referrals.web.referral import notes, shown_of

blueprint = Blueprint("screenings", __name__, url_prefix="/referrals")

Page = str | tuple[str, int]


class DayForm(StrictForm):
    """As of which day."""

    day = Day("What was known and said on", required="Choose a day.")


@blueprint.get("/<public_id>/screenings")
@allow("read_referral")
def show(public_id: str) -> str:
    """Everything that was said of it, the newest first."""
    return listed(sent_referral(public_id), form_of())


@blueprint.get("/<public_id>/screenings/<int:number>")
@allow("read_referral")
def one(public_id: str, number: int) -> str:
    """One screening with its reasons, as they were written down then."""
    referral = sent_referral(public_id)
    every = screenings_of(reading(), referral.id)
    if not 0 < number <= len(every):
        abort(404)
    screening = every[number - 1]
    said = {"number": number, "screening": screening, "assessment": screening.explanation}
    return part("screening/one.html", referral, notes=notes, current=current(), **said)


@blueprint.get("/<public_id>/screenings/on")
@allow("read_referral")
def on(public_id: str) -> Page:
    """What was known at the end of a day, what had been said by then, and what editions say when asked for it."""
    referral, form = sent_referral(public_id), form_of(request.args)
    if not form.validate():
        return listed(referral, form), 422
    day: date = form.day.data
    then = as_of(reading(), referral.id, day, at(day + timedelta(days=1), time()))
    known = shown_of(then.picture) if then.picture else {}
    return part("screening/on.html", referral, form=form, then=then, notes=notes, current=current(), **known)


def form_of(asked: MultiDict[str, str] | None = None) -> DayForm:
    return DayForm(asked, today=today(), day=today())


def current() -> str:
    """The digest of the edition that the page of the criteria shows."""
    return in_force(reading(), CRITERIA_SET, today()).digest


def listed(referral: Referral, form: DayForm) -> str:
    said = screening_history.said_of(reading(), referral.id)
    return part(
        "screening/list.html",
        referral,
        said=[(each, of(each)) for each in said],
        bands=bands.drawn(said, until(referral, said)),
        form=form,
        current=current(),
        sentence=english.sentence,
    )


def of(said: Said) -> Mapping[str, Any]:
    """What the reasons are drawn from: what was told differently, and how the editions differ."""
    shown: dict[str, Any] = {}
    if said.before and said.cause(TOLD):
        before, after = (each.picture.details() for each in (said.before, said.screening))
        shown["told"] = drawn(comparison.compare(before, after))
    if said.before and said.cause(EDITION):
        editions = (edition_of(reading(), each.edition_digest) for each in (said.before, said.screening))
        shown["criteria"] = changed_criteria(*editions)
    return shown


def until(referral: Referral, said: list[Said]) -> date:
    """Until when the last word holds: today, or the day on which it was said where the referral has ended."""
    newest = said[0].again[0] if said[0].again else said[0].screening
    return today() if referral.is_open else max(newest.as_of, referral.changed_at.date())
