"""What the log and the policy cost a request, each with and without in one run, and how soon a long log is verified."""

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from flask import Flask

from referrals import events, log
from referrals.db import Database
from referrals.events import BEFORE_THE_FIRST, CHAINED, MOMENT, canonical, chained
from referrals.policy import may
from referrals.scope import SYSTEM
from referrals.staff import Person, RoleName
from referrals.web import policy, reading
from tests import clinic
from tests.bench.databases import BOTH, Databases, databases
from tests.bench.figure import Figure, Heading, Line, Remark, at_most
from tests.conftest import application, whole_database
from tests.visitor import Visitor

TURNS = 120
ENTRIES, AT_ONCE = 1_000_000, 10_000
SECONDS = 30
CALLS = 20_000
OK, SEE_OTHER = 200, 303

Without = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Desk:
    """A coordinator's browser, and referrals that wait to be claimed: two for each turn."""

    app: Flask
    coordinator: Person
    visitor: Visitor
    waiting: list[str]

    @property
    def database(self) -> Database:
        found = self.app.extensions["database"]
        assert isinstance(found, Database)
        return found

    def claim(self) -> None:
        path = f"/referrals/{self.waiting.pop()}/claim"
        assert self.visitor.post(path, version="1").status_code == SEE_OTHER

    def read(self) -> None:
        assert self.visitor.get(f"/referrals/{self.waiting[0]}").status_code == OK

    def open_criteria(self) -> None:
        assert self.visitor.get("/criteria").status_code == OK


def measure() -> Iterator[Line]:
    yield Heading(f"The log and the policy in a request, with and without by turns, in one process ({TURNS} turns)")
    with databases() as made:
        for kind in BOTH:
            yield from _requests(kind, _desk(made, kind))
        yield Heading(f"Verifying a log of {ENTRIES:,} entries")
        for kind in BOTH:
            yield from _verification(kind, made)
    yield Remark("Without the log: no entry is written, and for a reading no transaction; on the disk as in earnest.")


def _desk(made: Databases, kind: str) -> Desk:
    app = application(made.at_head(kind))
    with app.app_context(), whole_database(app).begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
        coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
        waiting = [clinic.refer(session, physician).public_id for _ in range(2 * TURNS + 3)]
    return Desk(app, coordinator, Visitor(app, coordinator), waiting)


def _requests(kind: str, desk: Desk) -> Iterator[Line]:
    no_log, no_reading = nothing_recorded, without(desk.app, "after_request_funcs", reading.keep)
    no_policy = without(desk.app, "before_request_funcs", policy.guard)
    for what, ask, left_out in (
        ("claiming, log", desk.claim, no_log),
        ("a referral's page, log", desk.read, no_reading),
        ("the criteria's page, policy", desk.open_criteria, no_policy),
    ):
        all_of_it, rest = _by_turns(ask, left_out)
        told = f"{1000 * all_of_it:.2f} and {1000 * rest:.2f} ms"
        yield Figure(f"{kind}: {what} in and out: {told}; ratio", f"{all_of_it / rest:.2f}")
    yield Figure(f"{kind}: one question to the policy", f"{1_000_000 * _asking(desk.coordinator):.1f} µs")
    desk.database.engine.dispose()


def _by_turns(ask: Callable[[], None], left_out: Without) -> tuple[float, float]:
    """Seconds of a request as it is and without a part, at the median."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    ask()
    for _ in range(TURNS):
        for whole in (True, False):
            with nullcontext() if whole else left_out():
                began = time.perf_counter()
                ask()
                taken[whole].append(time.perf_counter() - began)
    return median(taken[True]), median(taken[False])


@contextmanager
def nothing_recorded() -> Iterator[None]:
    record = events.record
    events.record = lambda *_: 0
    try:
        yield
    finally:
        events.record = record


def without(app: Flask, where: str, part: Callable[..., Any]) -> Without:
    """The application as if this part of it had never been registered."""

    @contextmanager
    def left_out() -> Iterator[None]:
        parts = getattr(app, where)[None]
        place = parts.index(part)
        del parts[place]
        try:
            yield
        finally:
            parts.insert(place, part)

    return left_out


def _asking(person: Person) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        may(person, "read_referral", 1)
    return (time.perf_counter() - began) / CALLS


def _verification(kind: str, made: Databases) -> Iterator[Line]:
    url = made.at_head(kind)
    last = _fill(Database(made.past_the_wall(url), SYSTEM))
    database = Database(url, SYSTEM)
    with database.reading() as session:
        before = _memory()
        began = time.perf_counter()
        whole = log.verify(session.connection())
        taken = time.perf_counter() - began
        grown = _memory() - before
    assert (whole.entries, whole.last) == (ENTRIES, last)
    yield at_most(f"{kind}: seconds to verify {ENTRIES:,} entries", taken, SECONDS, "{:.1f}")
    yield Figure(f"{kind}: memory that it took on top", f"{grown:.0f} MiB")
    database.engine.dispose()


def _memory() -> float:
    """The most that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill(database: Database) -> str:
    """As many readings, each chained to the one before; gives back the last hash."""
    with database.begin() as session:
        reader = clinic.person(session, "Reader", RoleName.COORDINATOR, clinic.practice(session, "Clinic", True))
    last, columns = BEFORE_THE_FIRST, ", ".join((*CHAINED, "hash"))
    with database.begin() as session:
        driver = session.connection().connection.driver_connection
        assert driver is not None
        for first in range(1, ENTRIES + 1, AT_ONCE):
            rows = list(_readings(range(first, first + AT_ONCE), reader, last))
            last = rows[-1][-1]
            if database.engine.dialect.name == "sqlite":
                driver.executemany(f"INSERT INTO events ({columns}) VALUES ({', '.join('?' for _ in rows[0])})", rows)
            else:
                driver.execute("SET LOCAL TIME ZONE 'UTC'")
                _copy(driver, columns, rows)
    database.engine.dispose()
    return last


def _copy(driver: Any, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    with driver.cursor().copy(f"COPY events ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _readings(numbers: range, reader: Person, previous: str) -> Iterator[Sequence[Any]]:
    """The values of CHAINED and the hash, as a database without zones keeps them; PostgreSQL is told that it is UTC."""
    since, details = datetime.now(UTC) - timedelta(days=365), canonical({"page": "referral.show"})
    for number in numbers:
        at = (since + timedelta(seconds=20 * number)).strftime(MOMENT)
        told = {
            "id": number, "action": "read", "subject": f"{number % 50_000:012d}", "by_id": reader.id,
            "role": "coordinator", "practice_id": reader.practice_id, "address": "192.0.2.7",
            "happened_at": at, "recorded_at": at, "details": details,
        }  # fmt: skip
        values = [told.get(name) for name in CHAINED]
        previous = chained(previous, values)
        yield [*values, previous]
