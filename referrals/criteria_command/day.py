"""The day on which a command asks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app, has_app_context


def today() -> date:
    """Today where the clinic is; where no application runs, in UTC."""
    zone = current_app.extensions["settings"].time_zone if has_app_context() else "UTC"
    return datetime.now(ZoneInfo(zone)).date()
