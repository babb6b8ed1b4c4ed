"""Keeping the order of the queue right from the command line, where no worker does it every day."""

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext

from config import Settings
from referrals.command import database_url
from referrals.db import Database
from referrals.place import refresh_all
from referrals.scope import SYSTEM

commands = click.Group("priority", help="How pressing referrals are.")


@commands.command("refresh")
@with_appcontext
def refresh() -> None:
    """Score anew the open referrals whose score the days have changed. Once a day is enough; twice does no harm."""
    database_url()
    settings = cast(Settings, current_app.extensions["settings"])
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    done = refresh_all(cast(Database, current_app.extensions["database"]).within(SYSTEM), today)
    click.echo(f"Scored anew: {done:,}.")
