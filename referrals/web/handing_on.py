"""Handing a referral on: to a colleague, back with advice, to another service; and how soon it is to be decided."""

from flask import Blueprint
from sqlalchemy.orm import Session

from referrals import triage
from referrals.referral import Referral
from referrals.roster import clinic_staff, ir_physicians
from referrals.staff import Person, RoleName
from referrals.transition import Said
from referrals.web.act import ActionForm, Answered, Words, answers, opened, short
from referrals.web.context import me, reading, today
from referrals.web.fields import Area, Choice, Line
from referrals.web.policy import allow
from referrals.web.reasons import choice, reasons_for
from referrals.workflow import Urgency

blueprint = Blueprint("handing_on", __name__, url_prefix="/referrals")

URGENCIES = {urgency.name.lower(): urgency.words for urgency in Urgency}


def assignable() -> dict[str, Person]:
    return {person.public_id: person for person in clinic_staff(reading())}


def by_role(people: dict[str, Person]) -> dict[str, str]:
    """Each with what they are: an IR physician is given a decision, a coordinator the work."""
    return {
        public_id: f"{person.name}, {'IR physician' if RoleName.IR_PHYSICIAN in person.role_names else 'coordinator'}"
        for public_id, person in people.items()
    }


@blueprint.route("/<public_id>/assign", methods=["GET", "POST"])
@allow("work_queue")
def assign(public_id: str) -> Answered:
    """Give it another owner."""
    referral, people = opened(public_id, "assign"), assignable()

    class AssignForm(ActionForm):
        owner = Choice("New owner", by_role(people), shape="select", required="Choose who has it from now on.")

    form = AssignForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        owner = session.merge(people[form.owner.data], load=False)
        triage.assign(session, current, me(), form.version.data, today(), owner, form.comment.data or "")

    has_it = referral.owner.name if referral.owner else "Nobody"
    lead = f"{has_it} has it now. Given to an IR physician, the decision is theirs."
    return short(form, referral, verb, Words("Assign this referral", lead, "Assign", "Assigned."))


@blueprint.route("/<public_id>/return", methods=["GET", "POST"])
@allow("work_queue")
def return_with_advice(public_id: str) -> Answered:
    """Return it with advice; a coordinator names the IR physician who gives it."""
    referral = opened(public_id, "return_with_advice")
    advisers = {person.public_id: person for person in ir_physicians(reading())}
    passes_on = RoleName.IR_PHYSICIAN not in me().role_names

    class AdviceForm(ActionForm):
        comment = Area("The advice", 2000, hint=ActionForm.COMMENT, required="Write the advice.")

    class PassedOnForm(AdviceForm):
        ir_physician = Choice(
            "Whose advice it is", {public_id: person.name for public_id, person in advisers.items()}, shape="select",
            required="Name the IR physician whose advice it is.",
        )  # fmt: skip

    form = (PassedOnForm if passes_on else AdviceForm)(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        adviser = advisers[form["ir_physician"].data] if passes_on else None
        said = Said(comment=form.comment.data)
        triage.return_with_advice(session, current, me(), form.version.data, today(), said, adviser)

    lead = f"{referral.requester.name} reads the advice, and can send the referral again. It keeps its place in time."
    return short(form, referral, verb, Words("Return with advice", lead, "Return it", "Returned with advice."))


@blueprint.route("/<public_id>/redirect", methods=["GET", "POST"])
@allow("work_queue")
def redirect(public_id: str) -> Answered:
    """Send it on to another service."""
    referral, reasons = opened(public_id, "redirect"), reasons_for("redirect")

    class RedirectForm(ActionForm):
        reason = choice(reasons, "What kind of service")
        service = Line("Which one", 200, hint="Its name and telephone.", required="Name the service that it goes to.")

    form = RedirectForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        said = Said(reasons.get(form.reason.data), form.comment.data or "")
        triage.redirect(session, current, me(), form.version.data, today(), said, form.service.data)

    lead = f"{referral.requester.name} is told where it went. Tell the other service yourself: this one cannot."
    return short(form, referral, verb, Words("Send on to another service", lead, "Send it on", "Sent on."))


@blueprint.route("/<public_id>/urgency", methods=["GET", "POST"])
@allow("work_queue")
def prioritise(public_id: str) -> Answered:
    """Set how soon it is to be decided."""
    referral, reasons = opened(public_id, "prioritise"), reasons_for("prioritise")

    class UrgencyForm(ActionForm):
        urgency = Choice(
            "How soon?", URGENCIES, default=referral.asked_urgency.name.lower(), required="Choose how soon."
        )
        reason = choice(reasons)

    form = UrgencyForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        urgency, reason = Urgency[form.urgency.data.upper()], reasons.get(form.reason.data)
        said = Said(reason, form.comment.data or "")
        triage.prioritise(session, current, me(), form.version.data, today(), urgency, said)

    lead = "It is sorted by this from now on. The referrer is told when it becomes less urgent."
    return short(form, referral, verb, Words("Set the urgency", lead, "Set it", "The urgency is set."))
