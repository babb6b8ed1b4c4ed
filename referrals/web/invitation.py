"""An invitation: the page that its link leads to, and how the link reaches the invited person."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_security import current_user, hash_password

from referrals import invitation
from referrals.invitation import VoidInvitation
from referrals.staff import Person
from referrals.web.act import Answered
from referrals.web.context import begin, me, reading, settings, today
from referrals.web.fields import StrictField
from referrals.web.form import StrictForm
from referrals.web.words import moment

blueprint = Blueprint("invitation", __name__, url_prefix=invitation.PATH)
LONGEST_PASSWORD = 128
Send = Callable[[str, str, str], None]
MAIL = """\
Dear {name},

you are invited to the referral service of {clinic}, for {practice}.

Choose a password at this address, and sign in with it afterwards:

{address}

The link is good once, until {until}. It is for you alone: do not pass it on.
If you did not expect this, do nothing, and tell the clinic.
"""


class Password(StrictField):
    """A password, taken as it is typed and never shown again."""

    shape = "password"
    longest = LONGEST_PASSWORD

    def parse(self, text: str) -> str:
        if len(text) > LONGEST_PASSWORD or not text.isprintable():
            raise ValueError(f"Use {LONGEST_PASSWORD} letters, digits and signs at most.")
        return text


class JoinForm(StrictForm):
    password = Password(
        "Password", required="Choose a password.", hint="12 characters or more; some words in a row do well."
    )
    again = Password("The same password again", required="Write the password a second time.")

    def check(self, person: Person) -> bool:
        """Whether the password is long enough, hard to guess, and twice the same."""
        if not self.validate():
            return False
        faults, _ = current_app.extensions["security"].password_util.validate(self.password.data, False, user=person)
        if faults:
            self.password.errors = [str(faults[0])]
        elif self.password.data != self.again.data:
            self.again.errors = ["The two are not the same."]
        return not (self.password.errors or self.again.errors)


@blueprint.route("/<token>", methods=["GET", "POST"])
def join(token: str) -> Answered:
    """The invited person chooses a password, and is led to sign in."""
    try:
        person = invitation.read(reading(), token, settings().secret_key)
        if current_user.is_authenticated:
            return render_template("invitation/somebody_else.html", person=person, me=me()), 409
        form = JoinForm(request.form if request.method == "POST" else None, today=today())
        if request.method == "POST" and form.check(person):
            chosen = hash_password(form.password.data)
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
    text = invitation.token(person, settings().secret_key)
    base = getattr(settings(), "public_url", "")
    path = url_for("invitation.join", token=text)
    return f"{base.rstrip('/')}{path}" if base else url_for("invitation.join", token=text, _external=True)


def mails() -> bool:
    """Whether this installation can send mail."""
    return "mail" in current_app.extensions


def tell(to: str, subject: str, text: str) -> bool:
    """Send a mail, if mail is configured: whether it went out."""
    if not mails():
        return False
    try:
        cast(Send, current_app.extensions["mail"])(to, subject, text)
    except OSError:  # smtplib's faults are OSErrors too
        return False
    return True


def send_link(person: Person) -> None:
    """Mail the link to the invited person, and say to whoever asked what became of it."""
    until = moment(invitation.expires_at(person))
    clinic = settings().clinic_name
    text = MAIL.format(
        name=person.name, practice=person.practice.name, clinic=clinic, address=address(person), until=until
    )
    if tell(person.email, f"Your invitation to {clinic}", text):
        flash(f"Invited. A mail with the link is on its way to {person.email}.")
    elif mails():
        flash("Invited, but the mail could not be sent. Invite again in a while.", "warning")
    else:
        flash("Invited. Mail is not set up here: hand over the link below yourself.")
