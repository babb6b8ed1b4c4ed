"""What a flask command needs of the installation before it does anything."""

from typing import cast

import click
from flask import current_app

from config import Settings
from referrals.fitness import MissingSettings, require


def database_url() -> str:
    """The address of the database; ClickException, saying what is missing, where there is none."""
    settings = cast(Settings, current_app.extensions["settings"])
    try:
        require(settings, "DATABASE_URL")
    except MissingSettings as missing:
        raise click.ClickException(str(missing)) from None
    return settings.database_url
