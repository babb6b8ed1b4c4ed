"""The own password: changed by somebody signed in, or chosen anew by somebody who reads the own mail."""

from functools import partial
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_security import hash_password, verify_password
from itsdangerous import BadData
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referrals import account, mail
from referrals import forgotten as forgotten_password
from referrals.account import UsedAlready
from referrals.outgoing import sealing
from referrals.staff import Person
from referrals.web import links, post, signed_in, throttled
from referrals.web.context import begin, me, origin, reading, settings, today
from referrals.web.fields import Line, StrictField
from referrals.web.form import StrictForm
from referrals.web.password import LONGEST, SHORTEST
from referrals.web.policy import allow
from referrals.web.sign_in import known_as
from referrals.web.signed_in import KEY

blueprint = Blueprint("own_password", __name__)
Page = str | Response | tuple[str, int]


class Secret(StrictField):
    """A password as it was typed; a page never shows it again."""

    shape = "password"
    longest = 4 * LONGEST

    @property
    def text(self) -> str:
        return ""

    def parse(self, text: str) -> str:
        if len(text) > self.longest or "\0" in text:
            raise ValueError(f"Use {LONGEST} characters at most, without control characters.")
        return text


class NewPasswordForm(StrictForm):
    """A new password, twice: nobody sees what they write."""

    RULE = f"At least {SHORTEST} characters. A few words that do not belong together are strong and easy to remember."
    new_password = Secret("New password", required="Write the new password.", hint=RULE)
    password_again = Secret("New password once more", required="Write the new password once more.")

    def fits(self, person: Person) -> bool:
        """Whether it is a password that this person may have."""
        if self.new_password.data != self.password_again.data:
            self.password_again.errors = ["This is not what is written above. Write both again."]
            return False
        faults, self.new_password.data = rule().validate(self.new_password.data, False, user=person)
        self.new_password.errors = list(faults or ())
        return not faults


class ChangeForm(NewPasswordForm):
    password = Secret("Your password now", required="Write the password that you sign in with now.")

    def is_of(self, person: Person) -> bool:
        """Whether the old password is right; a wrong one is a failed attempt to sign in."""
        typed = rule().normalize(self.password.data)
        right = throttled.tried(
            person.email, "password", partial(verify_password, typed, person.password), lambda: person
        )
        if not right:
            self.password.errors = ["That is not your password."]
        return right


class ForgottenForm(StrictForm):
    email = Line("Email address", 255, required="Write the address that you sign in with.")


def rule() -> Any:
    return current_app.extensions["security"]._password_util


def answers() -> MultiDict[str, str] | None:
    return request.form if request.method == "POST" else None


@blueprint.route("/account/password", methods=["GET", "POST"])
@allow("change_own_sign_in")
def change() -> Page:
    """A new password in place of the one known."""
    form, person = ChangeForm(answers(), today=today()), me()
    if request.method == "POST" and form.validate() and form.fits(person) and form.is_of(person):
        hashed = hash_password(form.new_password.data)
        with begin() as writing:
            changed = writing.get_one(Person, person.id)
            account.change_password(writing, changed, hashed, session[KEY])
            tell_of_change(writing, changed)
        session["_user_id"] = changed.fs_uniquifier
        signed_in.renew()
        flash("Your password is changed. Every other browser is signed out.", "success")
        return redirect(url_for("own_account.show"), 303)
    return render_template("account/password.html", form=form), 422 if request.method == "POST" else 200


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
def forgotten() -> Page:
    """Ask for a link by mail. Whether there is such an account is looked up only after the answer."""
    form, mailed = ForgottenForm(answers(), today=today()), mail.is_set_up()
    if request.method == "POST" and mailed and form.validate():
        named = known_as(form.email.data)
        throttled.count(named or form.email.data, throttled.FORGOTTEN)
        with begin() as writing:
            forgotten_password.ask(writing, sealing(settings()), named, links.absolute("/").rstrip("/"), origin())
        flash(f"If {form.email.data} belongs to an account, a mail with a link is on its way to it.", "success")
        return redirect(url_for(".forgotten"), 303)
    return render_template("account/forgotten.html", form=form, post=mailed), 422 if request.method == "POST" else 200


CHANGED = """Hello {name},

your password for the referrals of {clinic} was changed just now, and every other browser was signed out.
If it was not you, tell your administrator at once, and choose another password here:

{link}
"""


@blueprint.route("/forgotten-password/<token>", methods=["GET", "POST"])
def choose(token: str) -> Page:
    """A new password for somebody who came by a mailed link; the link is good once, for an hour."""
    try:
        person, stamp = forgotten_password.holder(reading(), token, settings().secret_key)
        form = NewPasswordForm(answers(), today=today())
        if request.method == "POST" and form.validate() and form.fits(person):
            return chosen(person, stamp, hash_password(form.new_password.data))
    except (BadData, UsedAlready):
        return render_template("account/link_over.html"), 410
    return render_template("account/choose.html", form=form), 422 if request.method == "POST" else 200


def chosen(person: Person, stamp: str, hashed: str) -> Response:
    with begin() as writing:
        changed = account.reset_password(writing, person.id, stamp, hashed)
        throttled.forget(writing, changed)
        tell_of_change(writing, changed)
    flash("Your password is changed. Sign in with it.", "success")
    return redirect(url_for("security.login"), 303)


def tell_of_change(writing: Session, person: Person) -> None:
    """Whoever did not do it learns of it."""
    text = CHANGED.format(name=person.name, clinic=settings().clinic_name, link=links.absolute(url_for(".forgotten")))
    post.owe(writing, "password_changed", person, "Your password was changed", text)
