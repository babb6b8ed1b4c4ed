"""Referrals of vertebral compression fractures, from the referring physician to the outcome."""

from pathlib import Path

from flask import Flask

from config import PRODUCTION, Settings
from referrals import checkpoint, cli, mail, outbox, storage, web
from referrals.db import Database
from referrals.virus import Scanner

ROOT = Path(__file__).parent.parent


def create_app(settings: Settings) -> Flask:
    """The one place where settings, database and pages meet."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"))
    app.config.update(configuration(settings))
    app.extensions["settings"] = settings
    app.extensions["database"] = database = Database(settings.database_url)
    database.when_committed = checkpoint.sealing(settings)
    app.extensions["storage"] = storage.opened(settings)
    app.extensions["scanner"] = Scanner(settings.clamav) if settings.clamav else None
    mail.register(app, settings)
    database.told[outbox.BY_MAIL] = bool(settings.smtp_url)
    web.register(app, settings)
    cli.register(app)
    return app


def configuration(settings: Settings) -> dict[str, object]:
    """What Flask and its forms are told."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.mode == PRODUCTION else "session",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.mode == PRODUCTION,
        "MAX_CONTENT_LENGTH": 512 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "MAX_FORM_PARTS": 4000,
        "WTF_CSRF_TIME_LIMIT": None,  # a form lives as long as the session that it was opened in
        "WTF_CSRF_SSL_STRICT": False,  # asks for the Referer header, which our own policy keeps back
    }
