"""Signing in and saying again who one is: the forms of the sign-in library, with guesses counted."""

from datetime import timedelta
from functools import partial
from typing import Any, cast

from flask import Flask
from flask_security import EmailValidateException, MailUtil
from flask_security.forms import LoginForm, VerifyForm
from flask_security.proxies import _security

from referrals import mail, outgoing
from referrals.outgoing import Outgoing
from referrals.staff import Person
from referrals.web import throttled
from referrals.web.context import begin, settings
from referrals.web.password import SHORTEST, Passwords
from referrals.web.signed_in import FRESH_FOR


class SignInForm(LoginForm):
    """The library's form. It hashes as long for an account that there is not."""

    remember = None  # type: ignore[assignment]  # nothing signs anybody in but a living session

    def validate(self, **options: Any) -> bool:
        named = known_as(self.email.data)
        if not (named and isinstance(self.password.data, str) and self.password.data):
            return bool(super().validate(**options))
        return throttled.tried(named, "password", partial(super().validate, **options), self.whose)

    def whose(self) -> Person | None:
        return cast(Person | None, self.user)


class AgainForm(VerifyForm):
    """The password once more, of somebody who is signed in."""

    def validate(self, **options: Any) -> bool:
        if not self.password.data:
            return bool(super().validate(**options))
        person = cast(Person, self.user)
        right = partial(super().validate, **options)
        return throttled.tried(person.email, "password", right, lambda: person)


def known_as(typed: Any) -> str:
    """The address as accounts are found by it, so that no other way of writing it is counted anew; "" for none."""
    try:
        return str(_security._mail_util.normalize(typed)) if isinstance(typed, str) else ""
    except EmailValidateException:
        return ""


class Mails(MailUtil):
    """What the sign-in library has to say by mail goes the way of all mail."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, html: str | None, **about: Any
    ) -> None:
        if mail.is_set_up():
            with begin() as session:
                outgoing.put(session, settings(), "account", Outgoing(str(recipient), subject, body or ""))


PARTS: dict[str, Any] = {
    "login_form": SignInForm,
    "verify_form": AgainForm,
    "password_util_cls": Passwords,
    "mail_util_cls": Mails,
}
"""What the sign-in library is to use of ours."""


def register(app: Flask) -> None:
    app.config.update(
        SECURITY_PASSWORD_LENGTH_MIN=SHORTEST,
        SECURITY_FRESHNESS=FRESH_FOR,
        SECURITY_FRESHNESS_GRACE_PERIOD=timedelta(),
        SECURITY_VERIFY_URL="/sign-in/again",
        SECURITY_VERIFY_TEMPLATE="account/verify.html",
        SECURITY_POST_VERIFY_VIEW="/account",
        SECURITY_MSG_REAUTHENTICATION_SUCCESSFUL=("Thank you. You can go on for ten minutes.", "success"),
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(
            "This address and this password do not go together. Check both, or ask for a new password below.",
            "error",
        ),
        SECURITY_MSG_INVALID_PASSWORD=("That is not your password.", "error"),
        SECURITY_MSG_PASSWORD_NOT_PROVIDED=("Write your password.", "error"),
    )
    throttled.register(app)
