"""Recording what was done at a visit, and correcting the record: every correction is another version."""

from collections.abc import Sequence

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from referrals import cpt, recording
from referrals.appointment import Appointment, visits_of
from referrals.procedure import records_of
from referrals.recording import may_record
from referrals.referral import Referral
from referrals.roster import ir_physicians
from referrals.staff import Person
from referrals.transition import NotAllowed
from referrals.web.act import Answered, act
from referrals.web.context import me, reading
from referrals.web.going_on import carried
from referrals.web.policy import allow
from referrals.web.procedure_form import record_form
from referrals.web.reading import open_referral

blueprint = Blueprint("procedure_record", __name__, url_prefix="/referrals")


@blueprint.route("/<public_id>/visits/<int:number>/procedure", methods=["GET", "POST"])
@allow("work_queue")
def write(public_id: str, number: int) -> Answered:
    """Record what was done at the visit of this number, or correct it."""
    referral = open_referral(public_id)
    visit = treated_at(visits_of(reading(), referral.id), number)
    before = next(iter(records_of(reading(), referral.id).get(visit.id, ())), None)
    treating = {person.public_id: person for person in ir_physicians(reading())}
    form = record_form(referral, before, treating)

    def verb(session: Session, current: Referral) -> None:
        by = session.get_one(Person, treating[form.performed_by.data].id)
        of_visit = session.get_one(Appointment, visit.id)
        recording.record(session, current, me(), form.version.data, of_visit, form.told(by), form.comment.data or "")

    done = "Corrected. What was recorded before is kept." if before else "Recorded."
    return act(
        form, referral, verb, done, "visits/procedure.html", visit=visit, before=before, codes=cpt.READING,
        open_rows=max(1, len(form.used)), then=lambda: url_for("visits.show", public_id=public_id, **carried()),
    )  # fmt: skip


def treated_at(visits: Sequence[Appointment], number: int) -> Appointment:
    """The visit of this number, counted from 1, if this person writes down what was done there. Raises NotAllowed."""
    visit = visits[number - 1] if 0 < number <= len(visits) else None
    if visit is None or not may_record(me(), visit):
        raise NotAllowed("record_procedure")
    return visit
