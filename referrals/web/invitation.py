"""An invitation: the page that its link leads to, and how the link reaches the invited person."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_security import current_user, hash_password
from sqlalchemy.orm import Session

from referrals import invitation, mail
from referrals.invitation import VoidInvitation
from referrals.staff import Person
from referrals.web import links, post
from referrals.web.act import Answered, answers
from referrals.web.context import begin, me, reading, settings, today
from referrals.web.own_password import NewPasswordForm
from referrals.web.words import moment

blueprint = Blueprint("invitation", __name__, url_prefix=invitation.PATH)
MAIL = """\
Dear {name},

you are invited to the referral service of {clinic}, for {practice}.

Choose a password at this address, and sign in with it afterwards:

{address}

The link is good once, until {until}. It is for you alone: do not pass it on.
If you did not expect this, do nothing, and tell the clinic.
"""


@blueprint.route("/<token>", methods=["GET", "POST"])
def join(token: str) -> Answered:
    """The invited person chooses a password, and is led to sign in."""
    try:
        person = invitation.read(reading(), token, settings().secret_key)
        if current_user.is_authenticated:
            return render_template("invitation/somebody_else.html", person=person, me=me()), 409
        form = NewPasswordForm(answers(), today=today())
        if request.method == "POST" and form.validate() and form.fits(person):
            chosen = hash_password(form.new_password.data)
            with begin() as session:
                invitation.join(session, token, settings().secret_key, chosen)
            flash("Your password is set. Sign in with it now.")
            return redirect(url_for("security.login"), 303)
    except VoidInvitation:
        return render_template("invitation/void.html"), 404
    page = render_template("invitation/join.html", form=form, person=person)
    return (page, 422) if request.method == "POST" else page


def address(person: Person) -> str:
    """The link, as it is sent."""
    return links.absolute(url_for("invitation.join", token=invitation.token(person, settings().secret_key)))


def owe_link(session: Session, person: Person) -> None:
    """Mail the link to the invited person, once the invitation is stored."""
    until, clinic = invitation.expires_at(person), settings().clinic_name
    text = MAIL.format(
        name=person.name, practice=person.practice.name, clinic=clinic, address=address(person), until=moment(until)
    )
    post.owe(session, "invitation", person, f"Your invitation to {clinic}", text, until)


def say_where_it_went(person: Person) -> None:
    """Say to whoever invited that the link is on its way, or that nobody sends it."""
    if mail.is_set_up():
        flash(f"Invited. A mail with the link is on its way to {person.email}.")
    else:
        flash("Invited. Mail is not set up here: hand over the link below yourself.")
