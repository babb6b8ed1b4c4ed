"""Who opens a referral: restricting it to those who treat the patient, and lifting that."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referrals import restriction, sight
from referrals.referral import Referral
from referrals.restriction import may_restrict
from referrals.roster import ir_physicians
from referrals.staff import Person
from referrals.transition import Incomplete, NotAllowed
from referrals.web.act import ActionForm, Answered, answers
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Area, Choice
from referrals.web.policy import allow
from referrals.web.reading import open_referral
from referrals.workflow import State

blueprint = Blueprint("restriction", __name__, url_prefix="/referrals")

OPENED_BY = {"yes": "Only those who treat the patient", "no": "The clinic and the practice, as any referral"}
LONGEST_REASON = 1000


class RestrictionForm(ActionForm):
    """What a practice is asked."""

    restricted = Choice("Who opens this referral?", OPENED_BY, default="yes", required="Choose who opens it.")
    comment = Area(
        "Why", LONGEST_REASON, required="Say why, in a sentence.",
        hint="Stands in the referral’s history, with your name.",
    )  # fmt: skip


@blueprint.route("/<public_id>/restrict", methods=["GET", "POST"])
@allow("restrict_referral")
def change(public_id: str) -> Answered:
    """Restrict it or lift that, with a reason; the clinic names the IR physician with it."""
    referral = open_referral(public_id)
    if (request.method == "GET" or referral.status is State.DRAFT) and not may_restrict(me(), referral):
        raise NotAllowed("restrict")
    named = {person.public_id: person for person in ir_physicians(reading())}
    form = _form(referral, named)
    if request.method == "POST" and form.validate():
        try:
            return _done(form, public_id, named)
        except Incomplete as missing:
            form.refuse(missing)
    opens = [person.name for person in (referral.requester, referral.owner, referral.ir_physician) if person]
    stays = me().id in (referral.requester_id, referral.owner_id, referral.ir_physician_id)
    page = render_template("restriction/change.html", form=form, referral=referral, opens=opens, stays=stays)
    return (page, 422) if request.method == "POST" else page


def _form(referral: Referral, named: dict[str, Person]) -> RestrictionForm:
    class ClinicForm(RestrictionForm):
        ir_physician = Choice(
            "IR physician", {public_id: person.name for public_id, person in named.items()}, shape="select",
            default=referral.ir_physician.public_id if referral.ir_physician else None,
            hint="Opens it as well, from now on. Only needed where it is restricted.",
        )  # fmt: skip

    made = ClinicForm if me().works_at_clinic else RestrictionForm
    return made(answers(), today=today(), version=referral.version)


def _done(form: RestrictionForm, public_id: str, named: dict[str, Person]) -> Response:
    with begin() as session:
        referral = sight.find(session, public_id, me())
        if form.restricted.data == "yes":
            chosen = named.get(form["ir_physician"].data) if "ir_physician" in form else None
            restriction.restrict(session, referral, me(), form.version.data, form.comment.data, chosen)
            flash("Restricted. Only its referring physician, its owner and its IR physician open it.")
        else:
            restriction.lift(session, referral, me(), form.version.data, form.comment.data)
            flash("The restriction is lifted.")
        still = sight.may_open(session, me(), referral)
    return redirect(url_for("referral.show", public_id=public_id) if still else url_for("account.home"), 303)
