"""Whether an installation's settings are fit to serve with, and what it needs where they are not."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from config import DEMONSTRATION, DEMONSTRATION_SECRET, NEVER, PRODUCTION, TARGETS, Settings
from referrals import addresses
from referrals.working_time import NoSuchRegion, holidays_of

NO_SECRETS = (DEMONSTRATION_SECRET, "change-me", "changeme", "change this", "your-secret", "example")
"""Texts that stand in documents and examples: whoever reads them knows the key."""
SECRET_LENGTH = 32
SIGNING_KEY_LENGTH = 32
MOST_PROXIES = 5
LONGEST_TARGET = 90
LONGEST_IDLE = 12 * 60
LACKING = "Not started: the environment lacks these settings. (`make run` needs none; its clinic is made up.)"
LATEST_REMINDER = 90


class MissingSettings(Exception):
    """The environment lacks something; the message says all of it, a line each."""


def missing(settings: Settings) -> dict[str, str]:
    """What keeps this installation from serving: {environment variable: what it needs}."""
    return {name: fault for name, fault_of in FAULTS.items() if (fault := fault_of(settings))}


def require(settings: Settings, *names: str) -> None:
    """Raise MissingSettings unless all settings (or those named) are fit to serve with."""
    lines = [f"  {name}: {fault}" for name, fault in missing(settings).items() if not names or name in names]
    if lines:
        raise MissingSettings("\n".join((LACKING, *lines)))


def _mode_fault(mode: str) -> str:
    return "" if mode in (PRODUCTION, DEMONSTRATION) else f"either {PRODUCTION} (the default) or {DEMONSTRATION}"


def _secret_fault(settings: Settings) -> str:
    secret = settings.secret_key
    if settings.mode == DEMONSTRATION:
        return "" if secret else "not empty"
    guessable = any(text in secret.lower() for text in NO_SECRETS) or len(set(secret)) < 10
    if len(secret) >= SECRET_LENGTH and not guessable:
        return ""
    return (
        f"at least {SECRET_LENGTH} characters that nobody can guess, for example from "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
    )


def _debug_fault(settings: Settings) -> str:
    """A debugger runs whatever a visitor types."""
    off = settings.mode == DEMONSTRATION or settings.debug.lower() in ("", "0", "false", "no")
    return "" if off else "not set: a debugger gives the service away"


def _time_zone_fault(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return "a time zone by its name, for example America/New_York"
    return ""


def _holidays_fault(region: str) -> str:
    """Whether the holidays of the region are kept: a worker asks for those of this year soon anyway."""
    try:
        holidays_of(region, datetime.now(UTC).year)
    except NoSuchRegion:
        return "a country, or a part of it, whose holidays are kept, for example US-NY; or nothing: weekends only"
    return ""


def _proxies_fault(count: int) -> str:
    return "" if 0 <= count <= MOST_PROXIES else f"a whole number from 0 to {MOST_PROXIES}"


def _target_fault(target: str, settings: Settings) -> str:
    days = getattr(settings, target)
    return "" if 0 <= days <= LONGEST_TARGET else f"a whole number of days from 0 to {LONGEST_TARGET}"


def _key_fault(text: str) -> str:
    try:
        long_enough = len(b64decode(text, validate=True)) == SIGNING_KEY_LENGTH
    except ValueError:
        long_enough = False
    return "" if long_enough or not text else "a key as `flask log key` makes one, or nothing"


def _minutes_fault(minutes: int) -> str:
    return "" if 1 <= minutes <= LONGEST_IDLE else f"a whole number of minutes from 1 to {LONGEST_IDLE}"


def _reminder_fault(days: tuple[int, ...]) -> str:
    fit = all(1 <= day <= LATEST_REMINDER for day in days) and len(set(days)) == len(days)
    return "" if fit else f'days after a question, each from 1 to {LATEST_REMINDER}, as in 3,7; or "{NEVER}"'


def _second_factor_key_fault(settings: Settings) -> str:
    """A key of its own may be given; it has to be as good as the other."""
    key = settings.second_factor_key
    return _secret_fault(replace(settings, secret_key=key)) if key else ""


FAULTS: dict[str, Callable[[Settings], str]] = {
    "REFERRALS_MODE": lambda given: _mode_fault(given.mode),
    "SECRET_KEY": _secret_fault,
    "DATABASE_URL": lambda given: addresses.database_fault(given.database_url) or addresses.way_to_it_fault(given),
    "FLASK_DEBUG": _debug_fault,
    "CLINIC_TIME_ZONE": lambda given: _time_zone_fault(given.time_zone),
    "CLINIC_HOLIDAYS": lambda given: _holidays_fault(given.holidays),
    **{f"{target.upper()}_DAYS": partial(_target_fault, target) for target in TARGETS},
    "PUBLIC_URL": addresses.public_url_fault,
    "PROXIES": lambda given: _proxies_fault(given.proxies),
    "LOG_SIGNING_KEY": lambda given: _key_fault(given.log_signing_key),
    "SESSION_IDLE_MINUTES": lambda given: _minutes_fault(given.idle_minutes),
    "SESSION_IDLE_MINUTES_PRACTICE": lambda given: _minutes_fault(given.idle_minutes_practice),
    "SMTP_URL": addresses.smtp_fault,
    "MAIL_FROM": addresses.sender_fault,
    "REMINDER_DAYS": lambda given: _reminder_fault(given.reminders),
    "SECOND_FACTOR_KEY": _second_factor_key_fault,
    "OIDC_ISSUER": addresses.issuer_fault,
    "OIDC_CLIENT_ID": lambda given: addresses.client_fault(given, given.oidc_client_id),
    "OIDC_CLIENT_SECRET": lambda given: addresses.client_fault(given, given.oidc_client_secret),
    "DOCUMENTS": lambda given: addresses.documents_fault(given.documents),
    "S3_ENDPOINT": addresses.endpoint_fault,
    "S3_ACCESS_KEY_ID": lambda given: addresses.bucket_key_fault(given, given.s3_access_key_id),
    "S3_SECRET_ACCESS_KEY": lambda given: addresses.bucket_key_fault(given, given.s3_secret_access_key),
    "CLAMAV": lambda given: addresses.scanner_fault(given.clamav),
}
"""A check for each variable: what the settings lack there, or nothing."""
