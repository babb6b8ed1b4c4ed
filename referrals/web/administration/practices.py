"""Practices: the clinic, and those that refer to it."""

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from referrals import directory, practices
from referrals.membership import standing
from referrals.practices import PracticeDetails
from referrals.staff import Practice
from referrals.web.administration.carry import (
    AdministrationForm,
    Answered,
    SeenForm,
    answers,
    asked_once,
    carry_out,
    found,
)
from referrals.web.context import me, reading, today
from referrals.web.fields import Area, Line
from referrals.web.policy import allow

blueprint = Blueprint("practices", __name__, url_prefix="/administration/practices")


class PracticeForm(AdministrationForm):
    name = Line("Name", 100, required="Write the name of the practice.")
    telephone = Line("Telephone", 40, required="Write the telephone number.", hint="Where the clinic reaches it.")
    fax = Line("Fax", 40)
    address = Area("Address", 300)
    of_the_whole = "name"

    def details(self) -> PracticeDetails:
        said = (self.name, self.telephone, self.fax, self.address)
        return PracticeDetails(**{field.name: field.data or "" for field in said})


class PracticeChangeForm(SeenForm, PracticeForm):
    of_the_whole = "name"


@blueprint.get("")
@allow("manage_practices")
def show() -> str:
    asked, session = asked_once("words", "after"), reading()
    words, after = asked.get("words", ""), asked.get("after", "")
    rows, next_after = found(directory.practices, session, words, after)
    filters = {name: value for name, value in asked.items() if name != "after"}
    return render_template(
        "administration/practices.html",
        rows=rows,
        words=words,
        head_counts=directory.head_counts(session, rows),
        next_url=url_for("practices.show", **filters, after=next_after) if next_after else None,
        first_url=url_for("practices.show", **filters) if after else None,
    )


@blueprint.get("/<public_id>")
@allow("manage_practices")
def one(public_id: str) -> str:
    """One practice, and its people with their NPIs."""
    practice = found(practices.find, reading(), public_id)
    members = directory.members(reading(), practice)
    return render_template("administration/practice.html", practice=practice, members=members, stands=standing)


@blueprint.route("/new", methods=["GET", "POST"])
@allow("manage_practices")
def new() -> Answered:
    form = PracticeForm(answers(), today=today())

    def verb(session: Session) -> str:
        return address_of(practices.enter(session, me(), form.details()))

    def page() -> str:
        return render_template("administration/practice_form.html", form=form, practice=None)

    return carry_out(form, verb, "The practice is entered. Its people can be invited now.", page)


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@allow("manage_practices")
def edit(public_id: str) -> Answered:
    practice = found(practices.find, reading(), public_id)
    as_it_is = {name: getattr(practice, name) for name in ("name", "telephone", "fax", "address")}
    form = PracticeChangeForm(answers(), today=today(), seen=practices.seen(practice), **as_it_is)

    def verb(session: Session) -> str:
        return address_of(practices.change(session, me(), public_id, form.seen.data, form.details()))

    def page() -> str:
        return render_template("administration/practice_form.html", form=form, practice=practice)

    return carry_out(form, verb, "Changed.", page)


def address_of(practice: Practice) -> str:
    return url_for("practices.one", public_id=practice.public_id)
