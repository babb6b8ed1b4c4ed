"""Passkeys: any of them serves after the password, or in its place where it asks who holds it."""

from typing import Any

from flask import g, request, session
from flask_security.webauthn import (
    WebAuthnRegisterForm,
    WebAuthnRegisterResponseForm,
    WebAuthnSigninForm,
    WebAuthnSigninResponseForm,
)
from flask_security.webauthn_util import WebauthnUtil
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import HiddenField

from referrals.staff import Person
from referrals.web import attempts, strict

CHALLENGE = "passkey_challenge"
LONGEST_NAME = 64
NOT_UNDERSTOOD = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
NOT_READ = "The passkey’s answer could not be read, or came too late. Try again."
NOT_RIGHT = "This passkey cannot be used here. Try another one, or sign in another way."


class Passkeys(WebauthnUtil):
    """What is asked of a passkey, and of which address it is."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Kept in this browser's session, so that an answer counts here and once."""
        session[CHALLENGE] = super().generate_challenge(nbytes)
        return str(session[CHALLENGE])

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """In place of the password it has to know its holder: by a PIN, a finger, a face."""
        first = usage == ["first"]
        return UserVerificationRequirement.REQUIRED if first else UserVerificationRequirement.DISCOURAGED

    def name_svn(self, value: str) -> tuple[str | None, str | None]:
        """What is wrong with a name, or the name as it is kept."""
        try:
            return None, strict.text(value, LONGEST_NAME)
        except ValueError as fault:
            return str(fault), None


def _answers(form: Any) -> bool:
    """Whether it is the answer to what this browser was asked last."""
    return bool(session.pop(CHALLENGE, None) == form.challenge)


class NewPasskey(WebAuthnRegisterForm):
    """The name of a passkey that is to be added."""

    usage = HiddenField(default="secondary")  # type: ignore[assignment]

    def validate(self, **kwargs: Any) -> bool:
        right = bool(super().validate(**kwargs))
        self.usage.data = "secondary"
        g.refused = not right
        return right


class NewPasskeyAnswer(WebAuthnRegisterResponseForm):
    """What the browser answers when a passkey was made."""

    def validate(self, **kwargs: Any) -> bool:
        try:
            right = _answers(self) and bool(super().validate(**kwargs))
        except NOT_UNDERSTOOD:
            right = False
        self.extensions = None  # type: ignore[assignment]
        if not right:
            self.credential.errors = [NOT_READ]
        return right


class PasskeySignIn(WebAuthnSigninForm):
    """The wish to sign in with a passkey; it names nobody."""

    def validate(self, **kwargs: Any) -> bool:
        self.remember.data = False
        return bool(super().validate(**kwargs))


class PasskeyAnswer(WebAuthnSigninResponseForm):
    """What the browser answers when a passkey was used: to sign in, as second factor, or to prove oneself again."""

    def validate(self, **kwargs: Any) -> bool:
        in_place_of_password = not (self.is_secondary or self.is_verify)
        self.is_verify = True  # to the library: whatever the passkey was added for
        try:
            right = _answers(self) and bool(super().validate(**kwargs)) and self._fits(in_place_of_password)
        except NOT_UNDERSTOOD:
            right = False
        if not right:
            self._refuse()
        return right

    def _fits(self, in_place_of_password: bool) -> bool:
        """The person is still of the service, is who began to sign in, and was verified where nothing else does."""
        assert self.user is not None
        began = not self.is_secondary or self.user.fs_uniquifier == session.get("tf_user_id")
        return bool(self.user.active) and began and (bool(self.mf_check) or not in_place_of_password)

    def _refuse(self) -> None:
        self.credential.errors = [NOT_RIGHT if request.form.get("credential") else NOT_READ]
        if isinstance(self.user, Person):
            attempts.failed(self.user, "passkey")
