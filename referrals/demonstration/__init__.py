"""The made-up clinic: invented people and patients, to try the service with; only in a demonstration."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import cast
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from config import DEMONSTRATION, Settings
from referrals import place, storage
from referrals.db import Database
from referrals.demonstration import edition
from referrals.demonstration.cases import all_cases
from referrals.demonstration.life import live
from referrals.demonstration.past import backdate
from referrals.demonstration.people import ACCOUNTS as ACCOUNTS
from referrals.demonstration.people import engage, how_to_sign_in
from referrals.outbox import BY_MAIL
from referrals.scope import SYSTEM
from referrals.staff import Person

SEED = 1
OPEN_FOR = timedelta(days=120)

commands = click.Group("demonstration", help="The made-up clinic, to try the service with.")


def fill(database: Database, today: date, settings: Settings) -> int:
    """Make up the clinic as it stands on this day; the number of referrals, 0 where there are people already.

    The same day gives the same clinic. Needs an application context, for the passwords.
    """
    zone, chance = ZoneInfo(settings.time_zone), Random(SEED)  # noqa: S311  made up, not secret
    midnight = datetime.combine(today, time(), zone)
    with database.begin(SYSTEM) as session:
        if session.scalar(select(Person.id).limit(1)) is not None:
            return 0
        people = engage(session, settings.clinic_name, midnight - OPEN_FOR)
        cases = all_cases(today, zone, chance)
        session.info[BY_MAIL] = False  # nobody is written to about a past that was not
        moments = live(session, cases, people, chance, storage.opened(settings), midnight)
        backdate(session, moments, midnight)
        edition.draft(session, people, today, midnight)
        while place.refresh(session, today):
            pass
        return len(cases)


@commands.command("fill")
@with_appcontext
def fill_command() -> None:
    """Make up a clinic in an empty database, and say how to sign in."""
    settings = cast(Settings, current_app.extensions["settings"])
    if settings.mode != DEMONSTRATION:
        raise click.ClickException(
            f"The made-up clinic is for demonstrations only, and this installation is in {settings.mode}. "
            f"Set REFERRALS_MODE={DEMONSTRATION} to try the service."
        )
    made = fill(current_app.extensions["database"], datetime.now(ZoneInfo(settings.time_zone)).date(), settings)
    click.echo(f"Made up a clinic with {made} referrals." if made else "The clinic is there already.")
    click.echo("Sign in as:")
    for line in how_to_sign_in():
        click.echo(f"  {line}")
