"""How many mails one worker sends in a second, beside a bare loop that commits a row for each; the mails go nowhere."""

import time
from collections.abc import Iterator
from statistics import median

from flask import Flask
from sqlalchemy import update

from referrals import outgoing
from referrals.db import Database
from referrals.outbox import Mail
from referrals.outgoing import Outgoing
from tests import letterbox
from tests.bench.databases import BOTH, databases
from tests.bench.figure import Figure, Heading, Line, Remark
from tests.conftest import application, whole_database

MAILS, TURNS = 100, 5


def measure() -> Iterator[Line]:
    yield Heading(f"The worker: {MAILS} mails, the median of {TURNS} turns")
    with databases() as made:
        for kind in BOTH:
            yield from _one(kind, application(made.at_head(kind)))
    yield Remark("The bare loop updates and commits one row of the outbox for each mail, and writes no message.")


def _one(kind: str, app: Flask) -> Iterator[Line]:
    database, worker = whole_database(app), letterbox.worker(app)
    letterbox.delivering(app, lambda _message: None)
    rates = []
    for _ in range(TURNS):
        _owe(app, database)
        began = time.perf_counter()
        assert worker.work_off() == MAILS
        sending = time.perf_counter() - began
        rates.append((MAILS / sending, _bare(database) / sending))
    each, share = (median(values) for values in zip(*rates, strict=True))
    yield Figure(f"{kind}: mails a second", f"{each:.0f}")
    yield Figure(f"{kind}: as fast as the bare loop, times", f"{share:.2f}")
    database.engine.dispose()


def _owe(app: Flask, database: Database) -> None:
    with database.begin() as session:
        for number in range(MAILS):
            said = Outgoing("elm@example.org", f"Number {number}", "Hello")
            outgoing.put(session, app.extensions["settings"], "account", said)


def _bare(database: Database) -> float:
    """Seconds for as many commits."""
    began = time.perf_counter()
    for number in range(MAILS):
        with database.begin() as session:
            session.execute(update(Mail).where(Mail.id == number + 1).values(attempts=number))
    return time.perf_counter() - began
