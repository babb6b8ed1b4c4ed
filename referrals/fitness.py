"""Whether an installation's settings are fit to serve with, and what it needs where they are not."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from config import DEMONSTRATION, DEMONSTRATION_SECRET, DRIVERS, NEVER, PRODUCTION, TARGETS, Settings, whole
from referrals.working_time import NoSuchRegion, holidays_of

CODE = Path(__file__).parent
NO_SECRETS = (DEMONSTRATION_SECRET, "change-me", "changeme", "change this", "your-secret", "example")
"""Texts that stand in documents and examples: whoever reads them knows the key."""
SECRET_LENGTH = 32
SIGNING_KEY_LENGTH = 32
MOST_PROXIES, MOST_PORTS = 5, 65536
LONGEST_TARGET = 90
LONGEST_IDLE = 12 * 60
LOCAL_HOSTS, SAFE_SSL_MODES = ("localhost", "127.0.0.1", "::1"), ("require", "verify-ca", "verify-full")
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


def _database_fault(url: str) -> str:
    wanted = "postgresql://user:password@host/name, or sqlite:////absolute/path/of/a/file"
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # never quote it: it holds a password
        return wanted
    if address.drivername not in DRIVERS.values() or address.database in (None, "", ":memory:"):
        return wanted
    return ""


def _way_to_it_fault(settings: Settings) -> str:
    """What goes to a database on another machine is of patients: over TLS, or not at all."""
    address = make_url(settings.database_url)
    host = str(address.query.get("host") or address.host or "")
    here = not host or host.startswith("/") or host in LOCAL_HOSTS
    if settings.mode == DEMONSTRATION or here or address.query.get("sslmode") in SAFE_SSL_MODES:
        return ""
    return "?sslmode=verify-full at its end (with sslrootcert=…, or require): the database is on another machine"


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


def _smtp_fault(settings: Settings) -> str:
    wanted = "smtp://user:password@host:587 (or smtps://…:465); ?tls=no only for a mail server on this machine"
    try:
        address = urlsplit(settings.smtp_url)
        known = address.scheme in ("smtp", "smtps") and address.hostname and address.port != 0 and not address.path
    except ValueError:  # never quote it: it holds a password
        return wanted
    if not settings.smtp_url or (settings.mode == DEMONSTRATION and address.scheme == "file"):
        return ""
    plain = address.query == "tls=no" and address.hostname in LOCAL_HOSTS
    return "" if known and (plain or not address.query) else wanted


def _reminder_fault(days: tuple[int, ...]) -> str:
    fit = all(1 <= day <= LATEST_REMINDER for day in days) and len(set(days)) == len(days)
    return "" if fit else f'days after a question, each from 1 to {LATEST_REMINDER}, as in 3,7; or "{NEVER}"'


def _sender_fault(settings: Settings) -> str:
    if not settings.smtp_url:
        return ""
    name, at, host = settings.mail_from.partition("@")
    fit = name and at and host and settings.mail_from.isascii() and not set(settings.mail_from) & set(' <>,;:"\r\n')
    return "" if fit else "the address that mails come from, for example referrals@clinic.example"


def _public_url_fault(settings: Settings) -> str:
    if settings.mode == DEMONSTRATION and not settings.public_url:
        return ""
    schemes = ("https", "http") if settings.mode == DEMONSTRATION else ("https",)
    try:
        address = urlsplit(settings.public_url)
        bare = not (address.path.strip("/") or address.query or address.fragment or address.username)
        fit = address.scheme in schemes and address.hostname and address.port != 0 and bare
    except ValueError:
        fit = False
    return "" if fit else "where people open the service: https://host, and nothing after the host"


def _second_factor_key_fault(settings: Settings) -> str:
    """A key of its own may be given; it has to be as good as the other."""
    key = settings.second_factor_key
    return _secret_fault(replace(settings, secret_key=key)) if key else ""


def _issuer_fault(settings: Settings) -> str:
    """Without one nobody signs on by OpenID Connect. Its tokens are only as safe as the way to it."""
    issuer = settings.oidc_issuer
    secure = issuer.startswith("https://") or (settings.mode == DEMONSTRATION and issuer.startswith("http://"))
    if secure or not (issuer or settings.oidc_client_id or settings.oidc_client_secret):
        return ""
    return "the https:// address of the sign-on service, as its own configuration says it; or no OIDC setting at all"


def _client_fault(settings: Settings, given: str) -> str:
    return (
        "what the sign-on service gave for this application, as OIDC_ISSUER is set"
        if (settings.oidc_issuer and not given)
        else ""
    )


def _documents_fault(place: str) -> str:
    """What people send is never where a web server looks for files of its own."""
    if place.startswith("s3://"):
        return "" if urlsplit(place).netloc and not urlsplit(place).query else "s3://bucket or s3://bucket/folder"
    if Path(place).is_absolute() and not Path(place).resolve().is_relative_to(CODE):
        return ""
    return "an absolute folder outside the program, where the documents of patients are kept, or s3://bucket/folder"


def _endpoint_fault(settings: Settings) -> str:
    """Without one it is Amazon's. The keys, and patients' papers, go there: over TLS, or not at all."""
    address = urlsplit(settings.s3_endpoint)
    here = address.scheme == "http" and address.hostname in LOCAL_HOSTS
    secure = address.scheme == "https" and address.hostname and not address.username
    return "" if secure or here or not settings.s3_endpoint else "https://host, or nothing for Amazon's own"


def _bucket_key_fault(settings: Settings, given: str) -> str:
    return "the key of the bucket, as DOCUMENTS is one" if settings.documents.startswith("s3://") and not given else ""


def _scanner_fault(scanner: str) -> str:
    """The scanner gets every file as it is: only over a network that is the clinic's own."""
    host, _, port = scanner.rpartition(":")
    named = host and not set(host) & set("/@ ") and 0 < whole(port) < MOST_PORTS
    return "" if not scanner or scanner.startswith("/") or named else "host:port, or /the/socket of clamd, or nothing"


FAULTS: dict[str, Callable[[Settings], str]] = {
    "REFERRALS_MODE": lambda given: _mode_fault(given.mode),
    "SECRET_KEY": _secret_fault,
    "DATABASE_URL": lambda given: _database_fault(given.database_url) or _way_to_it_fault(given),
    "FLASK_DEBUG": _debug_fault,
    "CLINIC_TIME_ZONE": lambda given: _time_zone_fault(given.time_zone),
    "CLINIC_HOLIDAYS": lambda given: _holidays_fault(given.holidays),
    **{f"{target.upper()}_DAYS": partial(_target_fault, target) for target in TARGETS},
    "PUBLIC_URL": _public_url_fault,
    "PROXIES": lambda given: _proxies_fault(given.proxies),
    "LOG_SIGNING_KEY": lambda given: _key_fault(given.log_signing_key),
    "SESSION_IDLE_MINUTES": lambda given: _minutes_fault(given.idle_minutes),
    "SESSION_IDLE_MINUTES_PRACTICE": lambda given: _minutes_fault(given.idle_minutes_practice),
    "SMTP_URL": _smtp_fault,
    "MAIL_FROM": _sender_fault,
    "REMINDER_DAYS": lambda given: _reminder_fault(given.reminders),
    "SECOND_FACTOR_KEY": _second_factor_key_fault,
    "OIDC_ISSUER": _issuer_fault,
    "OIDC_CLIENT_ID": lambda given: _client_fault(given, given.oidc_client_id),
    "OIDC_CLIENT_SECRET": lambda given: _client_fault(given, given.oidc_client_secret),
    "DOCUMENTS": lambda given: _documents_fault(given.documents),
    "S3_ENDPOINT": _endpoint_fault,
    "S3_ACCESS_KEY_ID": lambda given: _bucket_key_fault(given, given.s3_access_key_id),
    "S3_SECRET_ACCESS_KEY": lambda given: _bucket_key_fault(given, given.s3_secret_access_key),
    "CLAMAV": lambda given: _scanner_fault(given.clamav),
}
"""A check for each variable: what the settings lack there, or nothing."""
