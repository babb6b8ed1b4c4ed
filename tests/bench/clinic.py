"""Clinics of several sizes with their queues full, and what a page costs in each, by turns.

What it costs is counted in time of the processor, of this thread and of its backends of PostgreSQL: who else works on
the machine is not in it. How long it takes all in all is said too.
"""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import func, select, text

from referrals.db import Database
from referrals.list_page import NEWEST_FIRST, SORTS
from referrals.referral import Referral
from referrals.scope import SYSTEM
from referrals.worklist import CLINIC_LISTS
from tests.bench import machine
from tests.bench.databases import Databases
from tests.bench.fill import Filled, fill, size_of
from tests.bench.statements import watched
from tests.conftest import application, whole_database
from tests.visitor import Visitor

SIZES = os.environ.get("REFERRALS_BENCH_SIZES", "1000,1000000")
"""How many referrals there are: the first is what all others are compared with."""
ROUNDS = 5
NEXT = re.compile(r"after=([0-9a-z]{12})")


@dataclass(frozen=True)
class Clinic:
    """A clinic of some size, and somebody who opens its queue."""

    app: Flask
    filled: Filled
    visitor: Visitor

    @property
    def database(self) -> Database:
        return whole_database(self.app)

    @property
    def size(self) -> int:
        return self.filled.size.referrals

    def rows(self, path: str) -> int:
        return str(self.visitor.get(path).text).count("<tr")

    def cost(self, path: str) -> tuple[float, float]:
        """Milliseconds of the processor for the page, and until it is there."""
        backends = self.backends
        worked, began = machine.worked(backends) + time.thread_time(), time.perf_counter()
        answer = self.visitor.get(path)
        taken = time.perf_counter() - began
        working = machine.worked(backends) + time.thread_time() - worked
        assert answer.status_code == 200, (path, answer.status_code)
        return 1000 * working, 1000 * taken

    @cached_property
    def backends(self) -> list[int]:
        """The processes of PostgreSQL that serve this one; none are known of a server elsewhere."""
        if self.database.engine.dialect.name == "sqlite":
            return []
        with self.database.reading(SYSTEM) as session:
            of_us = text(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
            )
            return [pid for pid in session.scalars(of_us) if Path(f"/proc/{pid}/schedstat").exists()]

    def warm(self, path: str) -> None:
        """PostgreSQL keeps a plan from the eleventh time on: five until it is prepared, five to compare."""
        for _ in range(11 if self.database.engine.dialect.name == "postgresql" else 1):
            self.cost(path)

    def statements(self, path: str) -> int:
        """Of the lesser of two askings: now and then one more notes that the session is in use."""
        return min(self._statements(path) for _ in range(2))

    def _statements(self, path: str) -> int:
        with watched(self.database.engine) as spent:
            self.cost(path)
        return len(spent.statements)

    def search(self, words: str) -> str:
        """The address of what is found."""
        return str(self.visitor.post("/queue/all", words=words).headers["Location"])

    def second_page(self, path: str) -> str:
        after = NEXT.search(self.visitor.get(path).text)
        if after is None:
            return path  # it has one page only
        return f"{path}{'&' if '?' in path else '?'}after={after.group(1)}"

    def half_way(self, path: str) -> str:
        """The page in the middle of a worklist, however deep that is."""
        entry = CLINIC_LISTS[path.rpartition("/")[2]]
        belongs = entry.belongs(self.filled.coordinators[0], datetime.now(UTC).date())
        columns = SORTS[entry.sort][1]
        order = [column.desc() for column in columns] if entry.sort in NEWEST_FIRST else columns
        with self.database.reading(SYSTEM) as session:
            there = session.scalar(select(func.count()).select_from(Referral).where(belongs)) or 0
            found = select(Referral.public_id).where(belongs).order_by(*order).offset(there // 2).limit(1)
            return f"{path}?after={session.scalar(found)}"


def sizes() -> list[int]:
    return [int(size) for size in SIZES.split(",")]


def clinic(made: Databases, kind: str, referrals: int) -> Clinic:
    """A new one, on a database of its own."""
    url = made.at_head(kind)
    filled = fill(made, url, size_of(referrals))
    app = application(url)
    return Clinic(app, filled, Visitor(app, filled.coordinators[0]))


@dataclass(frozen=True)
class Cost:
    """Milliseconds of the processor for a page in each clinic, and until it is there, at the median."""

    path: str
    each: Sequence[float]
    taken: Sequence[float]

    @property
    def ratio(self) -> float:
        """How much of the first one's processor the others need at the worst."""
        return max(self.each[1:], default=self.each[0]) / self.each[0]

    @property
    def words(self) -> str:
        working, taken = (" → ".join(f"{each:.1f}" for each in times) for times in (self.each, self.taken))
        return f"{working} ms of processor, {taken} in all"

    def __str__(self) -> str:
        return f"{self.path}: {self.words}, {self.ratio:.2f}"


def by_turns(clinics: Sequence[Clinic], paths: str | Sequence[str], limit: float = 0, rounds: int = ROUNDS) -> Cost:
    """The page in each clinic, one after the other; what misses the limit is measured again, for longer."""
    each = [paths] * len(clinics) if isinstance(paths, str) else paths
    both = list(zip(clinics, each, strict=True))
    for one, path in both:
        one.warm(path)
    turns = [[one.cost(path) for one, path in both] for _ in range(rounds)]
    working, taken = ([median(turn[place][of] for turn in turns) for place in range(len(both))] for of in (0, 1))
    cost = Cost(each[0], working, taken)
    again = limit and cost.ratio > limit and rounds == ROUNDS
    return by_turns(clinics, paths, limit, 3 * ROUNDS) if again else cost
