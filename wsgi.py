"""The service for a web server (`gunicorn wsgi:app`) and for the `flask --app wsgi` commands."""

import gc
import sys

import click

from config import PRODUCTION, Settings, from_environment
from referrals import create_app
from referrals.fitness import MissingSettings, require
from referrals.second_wall import faults_at_start

GUNICORN_GIVES_UP = 3
"""The exit status after which gunicorn ends; any other has it start the next worker, for ever."""
NO_TELEPHONE = "CLINIC_TELEPHONE is not set: pages that say to telephone at once can show no number."

NO_SEAL = "LOG_CHECKPOINTS and LOG_SIGNING_KEY are not both set: nobody could tell that the whole log was written anew."


def is_served() -> bool:
    """Whether pages are asked for: by a web server or `flask run`, not by another flask command."""
    context = click.get_current_context(silent=True)
    return context is None or context.info_name == "run"


def refuse_unless_complete(settings: Settings) -> None:
    """End here, saying what is missing, rather than at the first request."""
    try:
        require(settings)
    except MissingSettings as missing:
        print(missing, file=sys.stderr)
        sys.exit(GUNICORN_GIVES_UP)
    if not settings.clinic_telephone:
        print(NO_TELEPHONE, file=sys.stderr)
    if settings.mode == PRODUCTION and not (settings.log_checkpoints and settings.log_signing_key):
        print(NO_SEAL, file=sys.stderr)
    for fault in faults_at_start(settings.database_url):
        print(f"The second wall does not stand (docs/operations.md). {fault}", file=sys.stderr)


settings = from_environment()
if is_served():
    refuse_unless_complete(settings)
app = create_app(settings)
gc.freeze()  # what is there now stays: to look through all of it for garbage stops a worker for a tenth of a second
