"""The settings of one installation, read from its environment and checked before it serves."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

PRODUCTION = "production"
DEMONSTRATION = "demonstration"
DEMONSTRATION_SECRET = "made-up-clinic-only: never a secret, never in production"  # noqa: S105
VAR = Path(__file__).parent / "var"
DEMONSTRATION_DATABASE = f"sqlite:///{VAR / 'demonstration.sqlite'}"
DEMONSTRATION_MAIL = (VAR / "mails").as_uri()
TARGETS = ("target_claimed", "target_urgent", "target_routine", "target_letter")
WHOLE_NUMBERS = ("proxies", "idle_minutes", "idle_minutes_practice", *TARGETS)
NEVER = "never"
ENVIRONMENT = {
    "mode": "REFERRALS_MODE",
    "debug": "FLASK_DEBUG",
    "secret_key": "SECRET_KEY",
    "database_url": "DATABASE_URL",
    "clinic_name": "CLINIC_NAME",
    "clinic_telephone": "CLINIC_TELEPHONE",
    "time_zone": "CLINIC_TIME_ZONE",
    "holidays": "CLINIC_HOLIDAYS",
    **{target: f"{target.upper()}_DAYS" for target in TARGETS},
    "public_url": "PUBLIC_URL",
    "proxies": "PROXIES",
    "idle_minutes": "SESSION_IDLE_MINUTES",
    "idle_minutes_practice": "SESSION_IDLE_MINUTES_PRACTICE",
    "smtp_url": "SMTP_URL",
    "mail_from": "MAIL_FROM",
    "reminder_days": "REMINDER_DAYS",
    "log_checkpoints": "LOG_CHECKPOINTS",
    "log_signing_key": "LOG_SIGNING_KEY",
    "second_factor_key": "SECOND_FACTOR_KEY",
    "oidc_issuer": "OIDC_ISSUER",
    "oidc_client_id": "OIDC_CLIENT_ID",
    "oidc_client_secret": "OIDC_CLIENT_SECRET",
    "oidc_name": "OIDC_NAME",
    "documents": "DOCUMENTS",
    "s3_endpoint": "S3_ENDPOINT",
    "s3_region": "S3_REGION",
    "s3_access_key_id": "S3_ACCESS_KEY_ID",
    "s3_secret_access_key": "S3_SECRET_ACCESS_KEY",
    "clamav": "CLAMAV",
}
"""Each setting, and the variable of the environment that gives it."""
MADE_UP = {
    "secret_key": DEMONSTRATION_SECRET,
    "clinic_name": "Riverbend Spine Clinic (made up)",
    "clinic_telephone": "555-0100",
    "holidays": "US-NY",
    "smtp_url": DEMONSTRATION_MAIL,
    "mail_from": "referrals@clinic.example",
}
"""What the demonstration has where nothing is given."""
DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
}


@dataclass(frozen=True)
class Settings:
    """What differs from one installation to the next. An empty text is a setting that nobody gave."""

    mode: str = PRODUCTION
    debug: str = ""
    secret_key: str = ""
    database_url: str = ""
    clinic_name: str = "Spine Intervention Clinic"
    clinic_telephone: str = ""
    time_zone: str = "America/New_York"
    holidays: str = ""
    target_claimed: int = 1
    target_urgent: int = 2
    target_routine: int = 3
    target_letter: int = 7
    public_url: str = ""
    proxies: int = 0
    idle_minutes: int = 15
    idle_minutes_practice: int = 30
    second_factor_key: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "your organization"
    log_checkpoints: str = ""
    log_signing_key: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    documents: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    clamav: str = ""
    reminder_days: str = "3,7"

    @property
    def reminders(self) -> tuple[int, ...]:
        """How many days after a question to remind of it, as often as there are numbers."""
        return () if self.reminder_days == NEVER else tuple(whole(day.strip()) for day in self.reminder_days.split(","))

    @property
    def hosts(self) -> list[str] | None:
        """The names that the service answers to; None, for any: the made-up clinic has nothing to protect."""
        return None if self.mode == DEMONSTRATION else [urlsplit(self.public_url).hostname or "nowhere.invalid"]


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings as the environment gives them, good or not: `fitness.require` is for whoever needs them."""
    given = {
        field: environment[name].strip() for field, name in ENVIRONMENT.items() if environment.get(name, "").strip()
    }
    given["database_url"] = _with_driver(given.get("database_url", ""))
    settings = _made_up_clinic(given) if given.get("mode") == DEMONSTRATION else given
    numbers = {name: whole(settings.pop(name)) for name in WHOLE_NUMBERS if name in settings}
    return replace(Settings(**settings), **numbers)  # type: ignore[arg-type]


def whole(text: str) -> int:
    """A whole number; one that no check lets pass where the text is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else -1


def _made_up_clinic(given: dict[str, str]) -> dict[str, str]:
    """What was given, and for all else the demonstration's own: its files lie beside its database."""
    database = given["database_url"] or DEMONSTRATION_DATABASE
    beside = {"documents": str(VAR / "documents")}
    if database.startswith("sqlite:///"):
        file = database.removeprefix("sqlite:///")
        beside = {"log_checkpoints": f"{file}.checkpoints", "documents": f"{file}.documents"}
    return MADE_UP | beside | given | {"database_url": database}


def _with_driver(url: str) -> str:
    """The same address, for the driver that is installed: postgres:// is what most hosts write."""
    scheme, separator, rest = url.partition("://")
    return f"{DRIVERS.get(scheme, scheme)}{separator}{rest}"
