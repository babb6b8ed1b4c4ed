"""The flask commands, each group where its subject is."""

from flask import Flask

from referrals.criteria_command import criteria
from referrals.demonstration import commands as demonstration
from referrals.document_command import commands as documents
from referrals.log_command import commands as log
from referrals.migrate import commands as database
from referrals.patients_command import commands as patients
from referrals.people_command import commands as people
from referrals.place_command import commands as priority
from referrals.rescreen_command import command as rescreen
from referrals.worker_command import command as worker


def register(app: Flask) -> None:
    for group in (database, people, patients, demonstration, criteria, log, priority, rescreen, documents, worker):
        app.cli.add_command(group)
