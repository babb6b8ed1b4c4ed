"""Codes of an authenticator and recovery codes: each counts once, and a wrong one is recorded."""

from typing import Any

from flask import g
from flask_security import MfRecoveryCodesUtil, MfRecoveryForm, TwoFactorRescueForm, TwoFactorVerifyCodeForm
from flask_security.tf_plugin import TwoFactorSelectForm
from flask_security.totp import Totp
from passlib.exc import TokenError, UsedTokenError
from passlib.totp import TotpMatch
from sqlalchemy import or_, update
from wtforms import StringField

from referrals import second_factor
from referrals.db import turn_to_writing
from referrals.staff import Person
from referrals.web import attempts
from referrals.web.context import reading

WINDOW = 30
"""How many seconds the clocks of a telephone and of the service may differ."""
WRONG_CODE = "This code is not right, or it was used already. Wait for the next one and enter it."
WRONG_RECOVERY_CODE = "This is none of your recovery codes, or it was used already."


class OnceOnly(Totp):
    """Codes of an authenticator. The counter of the last one is kept, so that none counts twice."""

    def match(self, code: str, secret: str) -> int | None:
        """The counter of a right code of a secret that is not in use yet; None: it is wrong."""
        try:
            found: TotpMatch = self._totp.verify(code, secret, window=WINDOW)
        except (TokenError, TypeError):  # TypeError: letters that no code has
            return None
        return int(found.counter)

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        attempts.refuse_too_many(user)
        right = token.isascii() and super().verify_totp(token, totp_secret, user, window)
        if not right:
            attempts.failed(user, "authenticator")
        return right

    def get_last_counter(self, user: Any) -> int | None:
        kept: int | None = user.last_totp_counter
        return kept

    def set_last_counter(self, user: Any, tmatch: TotpMatch) -> None:
        """In one statement: of two who send the same code at once, one is too late."""
        newer = or_(Person.last_totp_counter.is_(None), Person.last_totp_counter < tmatch.counter)
        change = update(Person).where(Person.id == user.id, newer).values(last_totp_counter=tmatch.counter)
        if turn_to_writing(reading()).execute(change).rowcount != 1:  # type: ignore[attr-defined]
            raise UsedTokenError


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes: kept encrypted, shown when they are made and never again."""

    def sealed(self, codes: list[str]) -> list[str]:
        """As they are kept; never twice the same."""
        return list(self._encrypt_codes(codes))

    def opened(self, kept: list[str]) -> list[str]:
        return list(self._decrypt_codes(kept))

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Looked up under a lock that lasts until it is deleted: a code counts once."""
        attempts.refuse_too_many(user)
        second_factor.locked(turn_to_writing(reading()), user.id)
        if super().check_recovery_code(user, code):
            return True
        attempts.failed(user, "recovery code")
        return False

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        second_factor.log(reading(), "recovery_code_used", user)
        return bool(super().delete_recovery_code(user, code))


class CodeForm(TwoFactorVerifyCodeForm):
    """The code at signing in, with words that say what to do."""

    def validate(self, **kwargs: Any) -> bool:
        if super().validate(**kwargs):
            return True
        self.code.errors = [WRONG_CODE if self.code.data else "Enter the six digits that the app shows."]
        g.refused = True
        return False


class RecoveryForm(MfRecoveryForm):
    """A recovery code, however it was written down."""

    def validate(self, **kwargs: Any) -> bool:
        self.code.data = _as_made(self.code.data or "")
        if super().validate(**kwargs):
            return True
        self.code.errors = [WRONG_RECOVERY_CODE if self.code.data else "Enter one of your recovery codes."]
        g.refused = True
        return False


class Choices(StringField):
    """A text that is one of `choices`. The library spells its own radios as WTForms will soon not take them."""

    choices: Any = ()


class ChoiceForm(TwoFactorSelectForm):
    """Which second factor, where there are several."""

    which = Choices()  # type: ignore[assignment]

    def validate(self, **kwargs: Any) -> bool:
        right = bool(super().validate(**kwargs)) and self.which.data in dict(self.which.choices)
        g.refused = not right
        return right


class NoRescueForm(TwoFactorRescueForm):
    """The library looks for other ways in while it shows the page for the code; our page names them itself."""

    help_setup = Choices()  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help_setup.choices = []


def _as_made(typed: str) -> str:
    """Three groups of four, in small letters."""
    plain = "".join(typed.lower().replace("-", " ").split())
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))
