"""The flask commands, each group where its subject is."""

from flask import Flask

from referrals.criteria_command import criteria
from referrals.demonstration import commands as demonstration
from referrals.log_command import commands as log
from referrals.migrate import commands as database
from referrals.people_command import commands as people
from referrals.worker_command import command as worker


def register(app: Flask) -> None:
    for group in (database, people, demonstration, criteria, log, worker):
        app.cli.add_command(group)
