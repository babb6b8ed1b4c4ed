"""The errands that the worker goes on by the clock: a row here for each."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config import Settings
from referrals import outbox
from referrals.db import Database
from referrals.errand import Errand, each_night, every
from referrals.place import refresh_all
from referrals.reminder import remind_all
from referrals.rescreen import find, rescreen


def remind(database: Database, settings: Settings, at: datetime) -> None:
    """Remind referrers of what the clinic has asked, some days after."""
    remind_all(database, settings.reminders, at)


def forget_mails(database: Database, _settings: Settings, at: datetime) -> None:
    """Mails that were closed long ago go, and links that lead nowhere any more."""
    with database.begin() as session:
        outbox.forget(session, at)


def screen_anew(database: Database, settings: Settings, at: datetime) -> None:
    """Screen anew whom the day, or a new edition, has moved; and score anew whom the day makes more pressing."""
    today = at.astimezone(ZoneInfo(settings.time_zone)).date()
    with database.reading() as session:
        found = find(session, today)
    rescreen(database, found)
    refresh_all(database, today)


ERRANDS = (
    Errand("remind", remind, every(timedelta(minutes=10))),
    Errand("forget_mails", forget_mails, each_night),
    Errand("screen_anew", screen_anew, each_night),
)
"""Whatever else is to be done every so often, or each night at the clinic, is added here."""
