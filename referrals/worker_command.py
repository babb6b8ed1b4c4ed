"""`flask worker`: the process that sends mails and goes on errands, until it is asked to stop."""

import logging
import os
import select
import signal
from collections.abc import Callable
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext

from config import Settings
from referrals.db import Database
from referrals.errands import ERRANDS
from referrals.fitness import MissingSettings, require
from referrals.mail import is_set_up, post
from referrals.scope import SYSTEM
from referrals.worker import Worker

NO_MAIL = "No mail is set up (SMTP_URL): this worker reminds and goes on its other errands, and sends nothing."


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, and end: for cron.")
@with_appcontext
def command(once: bool) -> None:
    """Send the mails that are owed, and remind, until SIGTERM or Ctrl-C. Several at once do no harm."""
    settings = cast(Settings, current_app.extensions["settings"])
    try:
        require(settings)
    except MissingSettings as missing:
        raise click.ClickException(str(missing)) from None
    logging.basicConfig(level=logging.WARNING, format="worker: %(message)s")
    if not is_set_up():
        click.echo(NO_MAIL, err=True)
    database = cast(Database, current_app.extensions["database"]).within(SYSTEM)
    worker = Worker(database, settings, post(), ERRANDS)
    heard = asked_to_stop()
    if once:
        worker.work_off(heard)
    else:
        worker.run(heard)


def asked_to_stop() -> Callable[[float], bool]:
    """What waits so many seconds for SIGTERM or SIGINT, and says whether one has come, now or before.

    The signals write into a pipe and interrupt nothing: what is being sent is sent to its end.
    """
    ear, mouth = os.pipe()
    for asking in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asking, lambda *_: os.write(mouth, b"."))
    return lambda seconds: bool(select.select([ear], [], [], seconds)[0])
