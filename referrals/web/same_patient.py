"""Possibly the same patient: the other records beside a referral, and what the clinic says of them."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from referrals import same_patient, sight
from referrals.duplicates import DIFFERENT, SAME
from referrals.patients import SEXES
from referrals.policy import may
from referrals.referral import Referral
from referrals.same_patient import DecidedMeanwhile, possible_duplicates
from referrals.web import beside
from referrals.web.beside import records_beside
from referrals.web.context import begin, me, today
from referrals.web.fields import Choice, Hidden
from referrals.web.form import StrictForm
from referrals.web.part import part
from referrals.web.policy import allow
from referrals.web.reading import note, open_referral
from referrals.web.standing import clinic_standing, standing
from referrals.workflow import State

blueprint = Blueprint("same_patient", __name__, url_prefix="/referrals")
blueprint.add_app_template_filter(beside.in_words)

VERBS = {SAME: same_patient.say_same, DIFFERENT: same_patient.say_different}
DONE = {
    SAME: "Linked: each shows the other, and all referrals are on the patient’s page.",
    DIFFERENT: "Told apart. They stay at the end of this page, so that it can be changed.",
}


class DecisionForm(StrictForm):
    """What the clinic says of a link, and what its page said until then."""

    link = Hidden("Link", 12, required="Open the page again: it does not say which record is meant.")
    decision = Choice("Decision", {SAME: "Same patient", DIFFERENT: "Different patients"}, required="Choose one.")
    seen = Choice("Seen", {SAME: SAME, DIFFERENT: DIFFERENT}, shape="hidden")


@blueprint.get("/<public_id>/same-patient")
@allow("read_referral")
def show(public_id: str) -> str | Response:
    referral = open_referral(public_id)
    if referral.status is State.DRAFT:
        return redirect(url_for("intake.edit", public_id=public_id))
    return page(referral)


@blueprint.post("/<public_id>/same-patient/decide")
@allow("work_queue")
def decide(public_id: str) -> Response | tuple[str, int]:
    """The buttons "Same patient" and "Different patients"."""
    form = DecisionForm(request.form, today=today())
    if not form.validate():
        return page(open_referral(public_id), problems=form.problems), 422
    verb = VERBS[form.decision.data]
    try:
        with begin() as session:
            referral = sight.find(session, public_id, me())
            verb(session, referral, me(), form.link.data, form.seen.data or "")
    except DecidedMeanwhile:
        return page(open_referral(public_id), late=True), 409
    flash(DONE[form.decision.data])
    return redirect(url_for("same_patient.show", public_id=public_id), 303)


def page(referral: Referral, **shown: Any) -> str:
    """The page, which reads the other records too."""
    records = records_beside(referral)
    for record in records:
        if record.link is not None:
            note_record(record)
    return part(
        "same_patient/show.html",
        referral,
        records=records,
        duplicates={each.id for each in possible_duplicates(referral, records)},
        may_decide=may(me(), "work_queue"),
        sexes=SEXES,
        stands=stands,
        **shown,
    )


def note_record(record: same_patient.Record) -> None:
    """That a record and its referrals are read."""
    newest = record.referrals[0]
    note(
        "read",
        subject=newest.public_id,
        referral_id=newest.id,
        patient_id=record.patient.id,
        practice_id=newest.practice_id,
        details={"rows": len(record.referrals)},
    )


def stands(referral: Referral) -> str:
    return clinic_standing(referral, me()) if me().works_at_clinic else standing(referral)


@blueprint.app_context_processor
def for_notice() -> dict[str, Any]:
    return {"same_patient_notice": notice}


def notice(referral: Referral) -> dict[str, int]:
    """How many other referrals may be this one once more, and how many records nobody has looked at yet."""
    records = records_beside(referral)
    return {
        "duplicates": len(possible_duplicates(referral, records)),
        "undecided": sum(record.undecided for record in records),
    }
