"""The own password: changed by somebody signed in, or chosen anew by somebody who reads the own mail."""

from functools import partial
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_security import hash_password, verify_password
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referrals import account, mail
from referrals.account import UsedAlready
from referrals.events import Origin, comes_from
from referrals.scope import VISITOR
from referrals.staff import Person
from referrals.web import links, signed_in, throttled
from referrals.web.context import begin, database, me, origin, reading, settings, today
from referrals.web.fields import Line, StrictField
from referrals.web.form import StrictForm
from referrals.web.password import LONGEST, SHORTEST
from referrals.web.policy import allow
from referrals.web.sign_in import known_as
from referrals.web.signed_in import KEY

blueprint = Blueprint("own_password", __name__)
LINK_LASTS = 60 * 60
"""Seconds."""
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
        session["_user_id"] = changed.fs_uniquifier
        signed_in.renew()
        tell_of_change(person)
        flash("Your password is changed. Every other browser is signed out.", "success")
        return redirect(url_for("own_account.show"), 303)
    return render_template("account/password.html", form=form), 422 if request.method == "POST" else 200


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
def forgotten() -> Page:
    """Ask for a link by mail. Whether there is such an account is looked up only after the answer."""
    form, post = ForgottenForm(answers(), today=today()), mail.is_set_up()
    if request.method == "POST" and post and form.validate():
        named = known_as(form.email.data)
        throttled.count(named or form.email.data, throttled.FORGOTTEN)
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        address = links.absolute(url_for(".forgotten"))
        mail.post().afterwards(partial(write_to, app, named, address, origin()))
        flash(f"If {form.email.data} belongs to an account, a mail with a link is on its way to it.", "success")
        return redirect(url_for(".forgotten"), 303)
    return render_template("account/forgotten.html", form=form, post=post), 422 if request.method == "POST" else 200


def write_to(app: Flask, named: str, address: str, asked_from: Origin) -> None:
    """Mail a link to whoever has this address, if anybody; in the background, of no request."""
    with app.app_context(), database().begin(VISITOR) as writing:
        comes_from(writing, asked_from)
        person = writing.scalars(select(Person).where(func.lower(Person.email) == named.lower())).unique().first()
        if person is not None and account.may_be_reset(person):
            account.reset_mailed(writing, person)
            token = _signer().dumps([person.public_id, account.stamp_of(person)])
            mail.send(person.email, "Choose a new password", letter(person, f"{address}/{token}"))


LETTER = """Hello {name},

somebody, most likely you, asked for a new password for the referrals of {clinic}.
Choose it here within the hour; the link works once:

{link}

If it was not you, you need do nothing: your password stays as it is.
"""
CHANGED = """Hello {name},

your password for the referrals of {clinic} was changed just now, and every other browser was signed out.
If it was not you, tell your administrator at once, and choose another password here:

{link}
"""


def letter(person: Person, link: str) -> str:
    return LETTER.format(name=person.name, clinic=settings().clinic_name, link=link)


@blueprint.route("/forgotten-password/<token>", methods=["GET", "POST"])
def choose(token: str) -> Page:
    """A new password for somebody who came by a mailed link; the link is good once, for an hour."""
    try:
        person, stamp = holder(token)
        form = NewPasswordForm(answers(), today=today())
        if request.method == "POST" and form.validate() and form.fits(person):
            return chosen(person, stamp, hash_password(form.new_password.data))
    except (BadData, UsedAlready):
        return render_template("account/link_over.html"), 410
    return render_template("account/choose.html", form=form), 422 if request.method == "POST" else 200


def chosen(person: Person, stamp: str, hashed: str) -> Response:
    with begin() as writing:
        throttled.forget(writing, account.reset_password(writing, person.id, stamp, hashed))
    tell_of_change(person)
    flash("Your password is changed. Sign in with it.", "success")
    return redirect(url_for("security.login"), 303)


def holder(token: str) -> tuple[Person, str]:
    """Whose link it is, and its stamp. Raises BadData or UsedAlready."""
    public_id, stamp = _signer().loads(token, max_age=LINK_LASTS)
    person = reading().scalars(select(Person).where(Person.public_id == public_id)).unique().one_or_none()
    if person is None or not account.may_be_reset(person) or account.stamp_of(person) != stamp:
        raise UsedAlready
    return person, stamp


def tell_of_change(person: Person) -> None:
    """Whoever did not do it learns of it."""
    text = CHANGED.format(name=person.name, clinic=settings().clinic_name, link=links.absolute(url_for(".forgotten")))
    mail.send(person.email, "Your password was changed", text)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="forgotten password")
