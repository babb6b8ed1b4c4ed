"""Clinics of several sizes with their queues full, and what a page costs in each, by turns."""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from flask import Flask
from sqlalchemy import func, select

from referrals.db import Database
from referrals.list_page import NEWEST_FIRST, SORTS
from referrals.referral import Referral
from referrals.scope import SYSTEM
from referrals.worklist import CLINIC_LISTS
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

    def cost(self, path: str) -> float:
        """Milliseconds until the page is there."""
        began = time.perf_counter()
        answer = self.visitor.get(path)
        taken = time.perf_counter() - began
        assert answer.status_code == 200, (path, answer.status_code)
        return 1000 * taken

    def statements(self, path: str) -> int:
        with watched(self.database.engine) as spent:
            self.cost(path)
        return len(spent.statements)

    def search(self, words: str) -> str:
        """The address of what is found."""
        return str(self.visitor.post("/queue/all", words=words).headers["Location"])

    def second_page(self, path: str) -> str:
        after = NEXT.search(self.visitor.get(path).text)
        assert after, f"{path} has one page only"
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
    """Milliseconds that a page took in each clinic, at the median; by how much the first is exceeded at the worst."""

    path: str
    each: Sequence[float]

    @property
    def ratio(self) -> float:
        return max(self.each[1:], default=self.each[0]) / self.each[0]

    @property
    def words(self) -> str:
        return " → ".join(f"{taken:.1f}" for taken in self.each) + " ms"

    def __str__(self) -> str:
        return f"{self.path}: {self.words}, {self.ratio:.2f}"


def by_turns(clinics: Sequence[Clinic], paths: str | Sequence[str], limit: float = 0, rounds: int = ROUNDS) -> Cost:
    """The page in each clinic, one after the other; the first turn warms them and is not counted.

    What misses the limit is measured again, for longer.
    """
    each = [paths] * len(clinics) if isinstance(paths, str) else paths
    turns = [[one.cost(path) for one, path in zip(clinics, each, strict=True)] for _ in range(rounds + 1)][1:]
    cost = Cost(each[0], [median(taken) for taken in zip(*turns, strict=True)])
    again = limit and cost.ratio > limit and rounds == ROUNDS
    return by_turns(clinics, paths, limit, 3 * ROUNDS) if again else cost
