"""Referrals by the million into a new database, each with its patient, picture, screening and entry in the log."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import click
from sqlalchemy.orm import Session

from referrals.db import Database
from referrals.events import BEFORE_THE_FIRST
from referrals.scope import SYSTEM
from referrals.staff import Person, RoleName
from tests import clinic
from tests.bench.databases import Databases
from tests.bench.loading import Loading, loading
from tests.bench.made_up import Registry, Row, Sender, Size, patient

AT_ONCE = 10_000
PRACTICES, COORDINATORS, OWNERS = 40, 20, 4
OPEN_OF_FEW, RED_OF_FEW = 900, 14
"""As few as can be for every worklist to fill its page of 50; of many, 5 in a hundred are open and 2 red."""
FOLLOWING = {
    "clinical_pictures": {
        **dict.fromkeys(("id", "referral_id"), "id"), "number": "1", "told_by_id": "requester_id",
        "told_at": "authored_at",
        **dict.fromkeys(("allergies", "medication", "anticoagulant", "mobility_before", "mobility_now"), "''"),
        "narrative": "'Pain since a fall'",
        "conservative_management_started_on": "conservative_management_started_on",
    },
    "vertebrae": {
        **dict.fromkeys(("id", "picture_id"), "id"), "position": "0", "level": "'L1'", "onset_on": "onset_on",
    },
    "screenings": {
        **dict.fromkeys(("id", "picture_id"), "id"), "criteria_set": "'clinic'", "edition": "'made up'",
        "edition_digest": f"'{BEFORE_THE_FIRST}'", "as_of": "date(authored_at)", "recorded_at": "authored_at",
        "explanation": "'{}'",
    },
    "events": {
        **dict.fromkeys(("id", "referral_id"), "id"), "action": "'submit'", "patient_id": "patient_id",
        "subject": "public_id", "version": "1", "from_state": "'draft'", "to_state": "'submitted'",
        "by_id": "requester_id", "role": "'physician'", "practice_id": "practice_id", "happened_at": "authored_at",
        "recorded_at": "authored_at", "details": "'{}'", "hash": f"'{BEFORE_THE_FIRST}'",
    },
}  # fmt: skip
"""Rows that go with each referral, told by its columns. The log is as long as in earnest, and not chained."""


@dataclass(frozen=True)
class Filled:
    """How much there is, who works there, and the seconds that filling took."""

    size: Size
    coordinators: list[Person]
    physicians: list[Person]
    seconds: float


def size_of(referrals: int) -> Size:
    """With as many open ones and red flags as that many have in earnest, but enough to fill every list."""
    still_open = min(referrals, max(referrals // 20, OPEN_OF_FEW))
    return Size(referrals, still_open, max(2, RED_OF_FEW * OPEN_OF_FEW // still_open))


def fill(made: Databases, url: str, size: Size) -> Filled:
    """That many referrals into a database at head, with statistics of what is in it."""
    began = time.perf_counter()
    database = Database(url, SYSTEM)
    with database.begin() as session:
        coordinators, physicians = _engage(session)
    database.engine.dispose()
    senders = [Sender(physician.id, physician.practice_id) for physician in physicians]
    registry = Registry(size, senders, [coordinator.id for coordinator in coordinators[:OWNERS]])
    with loading(made.past_the_wall(url)) as into:
        for rows in _counted(registry):
            _add(into, "referrals", rows)
            _add(into, "patients", [patient(row) for row in rows])
        for table, told in FOLLOWING.items():
            into.run(f"INSERT INTO {table} ({', '.join(told)}) SELECT {', '.join(told.values())} FROM referrals")
        into.number_on("referrals", "patients", *FOLLOWING)
    made.analyze(url)
    return Filled(size, coordinators, physicians, time.perf_counter() - began)


def _engage(session: Session) -> tuple[list[Person], list[Person]]:
    """Coordinators of the clinic, and a physician of each practice."""
    hospital = clinic.practice(session, "Clinic", is_clinic=True)
    practices = [clinic.practice(session, f"Practice {number}") for number in range(PRACTICES)]
    return (
        [clinic.person(session, f"Coordinator {n}", RoleName.COORDINATOR, hospital) for n in range(COORDINATORS)],
        [clinic.person(session, f"Physician {place.id}", RoleName.PHYSICIAN, place) for place in practices],
    )


def _counted(registry: Registry) -> Iterator[list[Row]]:
    """Its referrals, some thousands at a time, with a bar that says how far it is."""
    count = registry.size.referrals
    with click.progressbar(length=count, label=f"filling {count:,}", file=sys.stderr) as bar:
        for first in range(1, count + 1, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count + 1))
            yield [registry.referral(number) for number in numbers]
            bar.update(len(numbers))


def _add(into: Loading, table: str, rows: list[Row]) -> None:
    into.add(table, list(rows[0]), [list(row.values()) for row in rows])
