"""Everybody at once: the registry against bare SQL of the same rule, once every reading has said the same of them."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from referrals import registry, rescreen
from referrals.db import Database
from referrals.eligibility import sql
from referrals.eligibility.cql import criterion_name, library, procedure_name
from referrals.eligibility.evaluate import assess
from referrals.eligibility.verdict import PROCEDURES
from referrals.referral import Referral
from referrals.scope import SYSTEM
from tests.bench import bare
from tests.bench.databases import BOTH, databases
from tests.bench.everybody import AT_ONCE, EDITION, TODAY, YESTERDAY, Known, everybody, settle, truths
from tests.bench.figure import Figure, Heading, Line, Remark, at_least, at_most
from tests.cql.engine import Engine, NoEngine, engine

SIZES = [int(size) for size in os.environ.get("REFERRALS_BENCH_SIZES", "10000,100000,1000000").split(",")]
"""How many patients there are; only the last size is judged against the targets."""
ROUNDS = 5
OF_BARE, TIMES_CQL, WRITING = 2.0, {"postgresql": 50, "sqlite": 20}, {"postgresql": 6.0, "sqlite": 2.0}
LINEAR = 1.5
"""What a patient may cost more at the largest size than at the smallest."""
ASKED = [
    *(criterion_name(criterion) for criterion in EDITION.criteria),
    *(procedure_name(name, of) for name in PROCEDURES for of in ("verdict", "from")),
]
"""The definitions of the CQL that say the same as Python's truths, verdicts and days."""
FOUND: dict[str, float] = {}
"""Microseconds of cql-execution for a patient; seconds of one bare pass on each kind of database."""


def measure() -> Iterator[Line]:
    yield Heading(f"Everybody at once, {' and '.join(f'{size:,}' for size in SIZES)} half-known patients")
    yield from _cql()
    with databases() as made:
        for kind in BOTH:
            each = {size: Database(made.at_head(kind), SYSTEM) for size in SIZES}
            for size, database in each.items():
                settle(made, database.url, size)
            yield from _agreement(kind, each[SIZES[-1]])
            yield from _speeds(kind, each)
            yield from _writing(kind, each[SIZES[-1]])
            for database in each.values():
                database.engine.dispose()
    yield Remark(
        "The bare statement is one pass by hand over the same tables, planned alike: no wait, no day, no reason."
    )


def _cql() -> Iterator[Line]:
    """Measures cql-execution, where it is there."""
    try:
        with engine() as running:
            wrong = sum(_differences(running, some) for some in everybody(SIZES[-1]))
            some = next(everybody(AT_ONCE))[:2_000]
            taken = median(running.microseconds(library(EDITION), _on_the_day(some), ASKED, ROUNDS))
    except NoEngine as reason:
        yield Remark(str(reason))
        return
    yield at_most("cql-execution: answers, of every criterion and verdict, that are not Python's", wrong, 0, "{:,.0f}")
    yield Figure("cql-execution: every criterion, both verdicts and their days, a patient", f"{taken:.0f} µs")
    FOUND["cql"] = taken


def _differences(running: Engine, some: Sequence[Known]) -> int:
    answers = running.judge(library(EDITION), _on_the_day(some))
    return sum(_by_cql(answer) != by_python(known) for answer, known in zip(answers, some, strict=True))


def _on_the_day(some: Sequence[Known]) -> list[Known]:
    return [{**known, "as_of": TODAY} for known in some]


def _by_cql(answer: Mapping[str, Any]) -> list[Any]:
    return [answer[name] for name in ASKED]


def by_python(known: Known) -> list[Any]:
    """What ASKED asks for."""
    verdicts = assess(EDITION, known, [known], TODAY).verdicts.values()
    return truths(known) + [
        said for each in verdicts for said in (each.kind, each.starts_on.isoformat() if each.starts_on else None)
    ]


def _agreement(kind: str, database: Database) -> Iterator[Line]:
    with database.reading() as session:
        wrong = len(registry.outdated(session, EDITION, YESTERDAY))
        yield at_most(f"{kind}: patients with another verdict or day than Python's", wrong, 0, "{:,.0f}")
        yield at_most(f"{kind}: truths of a criterion that are not Python's", _other_truths(session), 0, "{:,.0f}")


def _other_truths(session: Session) -> int:
    rules = [
        sql.condition(criterion.rule, registry.COLUMNS, TODAY).label(criterion.name) for criterion in EDITION.criteria
    ]
    everyone = registry.everyone().with_only_columns(*rules, maintain_column_froms=True).group_by(None)
    rows = session.execute(everyone.order_by(Referral.id).execution_options(yield_per=AT_ONCE))
    return sum(
        said != holds
        for some in everybody(SIZES[-1])
        for known, row in zip(some, islice(rows, len(some)), strict=True)
        for said, holds in zip(row, truths(known), strict=True)
    )


def _speeds(kind: str, each: Mapping[int, Database]) -> Iterator[Line]:
    largest = each[SIZES[-1]]
    with largest.reading() as session:
        works: dict[str, Callable[[], object]] = {
            "bare": lambda: session.execute(text(bare.SCAN)).all(),
            "find": lambda: rescreen.find(session, TODAY),
            "tally": lambda: registry.tally(session, EDITION, TODAY),
        }
        taken = by_turns(works)
    a_patient = taken["find"] / SIZES[-1] * 1e6
    yield Figure(f"{kind}: one pass by hand", f"{taken['bare']:.2f} s")
    yield at_most(
        f"{kind}: who is moved today ({taken['find']:.2f} s) / one pass by hand", taken["find"] / taken["bare"], OF_BARE
    )
    yield at_most(
        f"{kind}: the tally ({taken['tally']:.2f} s) / one pass by hand", taken["tally"] / taken["bare"], OF_BARE
    )
    if "cql" in FOUND:
        yield at_least(
            f"{kind}: cql-execution / who is moved today, a patient",
            FOUND["cql"] / a_patient,
            TIMES_CQL[kind],
            "{:.0f}",
        )
    FOUND[kind] = taken["bare"]
    yield from _growth(kind, each, a_patient)


def _growth(kind: str, each: Mapping[int, Database], a_patient: float) -> Iterator[Line]:
    costs = []
    for size, database in each.items():
        with database.reading() as session:
            costs.append(by_turns({"find": lambda: rescreen.find(session, TODAY)})["find"] / size * 1e6)
    words = ", ".join(f"{cost:.1f}" for cost in costs)
    yield at_most(f"{kind}: µs a patient ({words}), the last against the first", costs[-1] / costs[0], LINEAR)


def _writing(kind: str, database: Database) -> Iterator[Line]:
    """Once: what is moved is moved."""
    began = time.perf_counter()
    with database.reading() as session:
        found = rescreen.find(session, TODAY)
    moved, _ = rescreen.rescreen(database, found)
    taken = time.perf_counter() - began
    what = f"{kind}: found and {moved:,} screened anew ({taken:.1f} s) / one pass by hand"
    yield at_most(what, taken / FOUND[kind], WRITING[kind])


def by_turns(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds that each takes, at the median of turns."""
    turns: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            turns[name].append(time.perf_counter() - began)
    return {name: median(taken) for name, taken in turns.items()}
