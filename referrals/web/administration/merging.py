"""Records to be merged: two of one practice that the clinic has said to be one patient, and what was merged already.

An administrator reads no referral. These pages show who the two are, for that has to be compared, and nothing clinical.
"""

from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from referrals import merge as kept
from referrals import merging
from referrals.merge import Proposal
from referrals.patients import SEXES, Patient
from referrals.web.administration.carry import Answered, SeenForm, answers, carry_out, found
from referrals.web.context import me, reading, today
from referrals.web.fields import Area, Choice
from referrals.web.policy import allow
from referrals.web.reading import listed, note

blueprint = Blueprint("merging", __name__, url_prefix="/administration/records")


class WhyForm(SeenForm):
    why = Area("Why", 500, required="Say why, in a sentence.", hint="Stands in the referrals’ history, with your name.")
    of_the_whole = "why"


@blueprint.get("")
@allow("merge_patients")
def show() -> str:
    """What waits, and what was done."""
    waiting, done = kept.proposals(reading()), kept.merges(reading())
    if waiting or done:
        listed(len(waiting) + len(done))
    return render_template("administration/records.html", waiting=waiting, done=done)


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@allow("merge_patients")
def one(public_id: str) -> Answered:
    """Two records side by side, and which of them stays."""
    proposed: Proposal = found(kept.proposal, reading(), public_id)
    form = merge_form(proposed)(answers(), today=today(), seen=proposed.seen)

    def verb(session: Session) -> str:
        merging.merge(session, me(), public_id, form.seen.data, form.keep.data, form.why.data)
        return url_for("merging.show")

    def page() -> str:
        for patient in proposed.pair:
            read(patient)
        return render_template("administration/merge.html", proposed=proposed, rows=compared(proposed), form=form)

    return carry_out(form, verb, "Merged. It can be undone from this page.", page)


@blueprint.route("/merges/<public_id>/undo", methods=["GET", "POST"])
@allow("merge_patients")
def undo(public_id: str) -> Answered:
    """Take two records apart again."""
    made = found(kept.one, reading(), public_id)
    form = WhyForm(answers(), today=today(), seen=made.seen)

    def verb(session: Session) -> str:
        merging.undo(session, me(), public_id, form.seen.data, form.why.data)
        return url_for("merging.show")

    def page() -> str:
        for patient in (made.kept, made.merged):
            read(patient)
        return render_template("administration/undo_merge.html", made=made, form=form)

    return carry_out(form, verb, "Undone: both records are as they were.", page)


def merge_form(proposed: Proposal) -> Any:
    """The form with the two to choose from."""
    older, newer = proposed.pair
    options = {older.public_id: f"The older record: {older.name}", newer.public_id: f"The newer record: {newer.name}"}

    class MergeForm(WhyForm):
        keep = Choice("Which record stays?", options, required="Choose the record whose name and numbers are right.")

    return MergeForm


def compared(proposed: Proposal) -> list[tuple[str, Any, Any]]:
    """What identifies the two, line by line: (what, of the older, of the newer)."""
    lines: list[tuple[str, Any]] = [
        ("Family name", lambda patient: patient.family_name),
        ("Given name", lambda patient: patient.given_name),
        ("Born", lambda patient: patient.born_on),
        ("Sex", lambda patient: SEXES[patient.sex]),
        ("Record number", lambda patient: patient.mrn),
        ("Telephone", lambda patient: patient.telephone),
    ]
    return [(words, *(value(patient) for patient in proposed.pair)) for words, value in lines]


def read(patient: Patient) -> None:
    note("read", patient_id=patient.id, practice_id=patient.practice_id)
