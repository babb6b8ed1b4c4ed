"""Visits: what is booked for a patient, what came of it, and how the referral is finished."""

from typing import Any

from flask import Blueprint, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import booking, closing, schedule
from referrals.appointment import ATTENDED, BOOKED, KINDS, STATUSES, STILL_IN_PAIN, Appointment, booked_of, visits_of
from referrals.closing import Outcome
from referrals.course import BONE_HEALTH, OUTCOMES
from referrals.desk import Desk
from referrals.procedure import records_of
from referrals.recording import may_record
from referrals.referral import Referral
from referrals.transition import Said
from referrals.web.act import ActionForm, Answered, Words, act, answers, opened, short
from referrals.web.context import me, reading, today
from referrals.web.fields import Area, Choice
from referrals.web.going_on import carried
from referrals.web.next_step import actions, first_wanted, wanted_of_visits
from referrals.web.part import part
from referrals.web.policy import allow
from referrals.web.procedure_form import WORDS
from referrals.web.reading import open_referral
from referrals.web.reasons import choice, reasons_for
from referrals.workflow import State

blueprint = Blueprint("visits", __name__, url_prefix="/referrals")

OF_VISITS = ("attend", "book", "complete", "rebook", "missed")
MISSED = Words(
    "Missed or cancelled",
    "The visit leaves the calendar and has to be booked again. The referrer is told, with the reason.",
    "Record it",
    "Recorded. The referrer has been told; it is to be booked again.",
)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """How a visit reads, wherever one is told of: also in the history and among the news."""
    return {"VISIT_KINDS": KINDS, "VISIT_STATUSES": STATUSES}


@blueprint.get("/<public_id>/visits")
@allow("read_referral")
def show(public_id: str) -> str | Response:
    """What is booked, what was, what was done, and how it ended."""
    referral = open_referral(public_id)
    if referral.status is State.DRAFT:
        return redirect(url_for("intake.edit", public_id=public_id))
    visits = visits_of(reading(), referral.id)
    possible = [action for action in actions(referral) if action[0] in OF_VISITS]
    records = records_of(reading(), referral.id)
    unrecorded = any(may_record(me(), visit) and visit.id not in records for visit in visits)
    wanted = {**wanted_of_visits(referral), **({"complete": False} if unrecorded else {})}
    return part(
        "visits/show.html", referral,
        visits=list(enumerate(visits, 1)), booked=next((visit for visit in visits if visit.status == BOOKED), None),
        records=records, unrecorded=unrecorded, may_record=lambda visit: may_record(me(), visit),
        letter_owed=referral.worklist == Desk.LETTERS and not referral.letter_sent_at,
        taken=[each for visit in visits if visit.status == BOOKED for each in taken_beside(referral, visit)],
        actions=possible, first=first_wanted(wanted, possible),
        at_clinic=me().works_at_clinic, today=today(), ATTENDED=ATTENDED,
        STILL_IN_PAIN=STILL_IN_PAIN, OUTCOMES=OUTCOMES, BONE_HEALTH=BONE_HEALTH, **WORDS,
    )  # fmt: skip


def taken_beside(referral: Referral, visit: Appointment) -> list[schedule.Taken]:
    """When others are booked at the place of this visit meanwhile; a matter of the clinic's alone."""
    return schedule.taken_then(reading(), visit.slot, referral) if me().works_at_clinic else []


@blueprint.route("/<public_id>/missed", methods=["GET", "POST"])
@allow("work_queue")
def missed(public_id: str) -> Answered:
    """Somebody did not come, or the visit is called off; the reason says which."""
    referral, reasons = opened(public_id, "missed"), reasons_for("missed")

    class MissedForm(ActionForm):
        reason = choice(reasons)

    form = MissedForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        said = Said(reasons.get(form.reason.data), form.comment.data or "")
        booking.missed(session, current, me(), form.version.data, today(), said)

    return short(form, referral, verb, MISSED, then=lambda: url_for("visits.show", public_id=public_id, **carried()))


@blueprint.route("/<public_id>/attend", methods=["GET", "POST"])
@allow("work_queue")
def attend(public_id: str) -> Answered:
    """The patient was seen: what came of it, and what was found. After a treatment its record comes next."""
    referral = opened(public_id, "attend")
    visit = booked_of(reading(), referral.id)

    class AttendForm(ActionForm):
        outcome = Choice("What came of it?", OUTCOMES, required="Say what came of the visit.")
        finding = Area("What was found", 4000, hint="The referring practice reads this.")

    form = AttendForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        outcome, found, comment = form.outcome.data, form.finding.data or "", form.comment.data or ""
        booking.attend(session, current, me(), form.version.data, today(), outcome, found, comment)

    def then() -> str:
        after = visits_of(reading(), referral.id)
        if after[-1].was_treatment:
            return url_for("procedure_record.write", public_id=public_id, number=len(after), **carried())
        return url_for("visits.show", public_id=public_id, **carried())

    return act(
        form, referral, verb, "Recorded. The referrer has been told.", "visits/attend.html", then=then,
        visit=visit,
    )  # fmt: skip


@blueprint.route("/<public_id>/complete", methods=["GET", "POST"])
@allow("work_queue")
def complete(public_id: str) -> Answered:
    """Finish it: who looks after the bones, and the letter, or why there is none."""
    referral = opened(public_id, "complete")
    sent = referral.letter_sent_at is not None

    form = complete_form(sent)(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        outcome = Outcome(form.bone_health.data, form.no_letter_because.data or "")
        closing.complete(
            session, current, me(), form.version.data, today(), outcome, Said(comment=form.comment.data or "")
        )

    visits, records = visits_of(reading(), referral.id), records_of(reading(), referral.id)
    return act(
        form, referral, verb, "Finished. The referrer has been told.", "visits/complete.html",
        then=lambda: url_for("visits.show", public_id=public_id, **carried()), sent=sent, OUTCOMES=OUTCOMES,
        unrecorded=[number for number, each in enumerate(visits, 1) if each.was_treatment and each.id not in records],
    )  # fmt: skip


def complete_form(sent: bool) -> Any:
    """The form to finish it; `sent`: whether the letter was, so that nobody has to say why there is none."""

    class CompleteForm(ActionForm):
        bone_health = Choice(
            "Who looks after the bones from now on?", BONE_HEALTH, shape="select", required="Say who does.",
        )  # fmt: skip
        no_letter_because = Area(
            "Why there is no letter", 500, hint="No letter has been sent through this service.",
            required="" if sent else "Send the letter first, or say why there is none.",
        )  # fmt: skip

    return CompleteForm
