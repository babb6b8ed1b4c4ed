"""The queue page with a million referrals, against the same page with a thousand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from referrals import queue
from referrals.list_page import COUNTED_UP_TO
from referrals.worklist import CLINIC_LISTS, UNCOUNTED
from tests.bench.clinic import ROUNDS, Clinic, Cost, by_turns, clinic, sizes
from tests.bench.crowd import crowd
from tests.bench.databases import BOTH, databases
from tests.bench.figure import Figure, Heading, Line, Remark, at_most

LIMIT, LIMIT_OF_COUNTS, LIMIT_OF_A_SEARCH = 1.3, 1.5, 3
SHOWN = 6
"""Of the pages that miss the target."""
OPENS = "/queue/"
LISTS = [f"/queue/{name}" for name in CLINIC_LISTS if name != "window"]
ORDERS = [f"/queue/{name}?sort={sort}" for name, entry in CLINIC_LISTS.items() for sort in entry.sorts[1:]]
NARROWED = [
    "/queue/window",
    "/queue/undecided?owner=me",
    "/queue/new?urgency=emergency",
    "/queue/all?verdict=contraindicated",
]
SEARCHED_FOR = {"a name": "Family777, Given77", "a record number": "mrn-0000777", "a family name": "family777"}
"""The last is a thousand patients' in the largest."""
BEGUN = "family12"
"""Twelve thousand patients are found by it among a million: no search by a name, and measured without a target."""
STATEMENTS = 7 + 3
"""BEGIN, person, rows, what there is to choose from, counts, unread notices, on one list what verdicts were before;
and three that log it."""


def measure() -> Iterator[Line]:
    yield Heading(
        f"The queue page at {' and '.join(f'{size:,}' for size in sizes())} referrals, in one process, by turns"
    )
    with databases() as made:
        for kind in BOTH:
            clinics = [clinic(made, kind, size) for size in sizes()]
            yield Figure(
                f"{kind}: filling them took", " and ".join(f"{each.filled.seconds:.0f}" for each in clinics) + " s"
            )
            yield from _on(kind, clinics)
            yield from crowd(kind, clinics)
            for each in clinics:
                each.database.engine.dispose()
    yield Remark(
        "The newest 5 in a hundred are open (of the fewest 900), the others ended: each list fills a page of 50."
    )
    yield Remark("ANALYZE ran after they were put in. Narrowed and searched pages have fewer rows at the smaller size.")


def _on(kind: str, clinics: Sequence[Clinic]) -> Iterator[Line]:
    few, many = clinics[0], clinics[-1]
    for path in (*LISTS, *ORDERS):
        assert few.rows(path) == many.rows(path), f"{path} has not as many rows at either size"
    opens = by_turns(clinics, OPENS, rounds=3 * ROUNDS)
    yield at_most(f"{kind}: the page as it opens, {opens.words}: ratio", opens.ratio, LIMIT)
    yield from _worst(f"{kind}: each list", [by_turns(clinics, path, LIMIT) for path in LISTS])
    yield from _worst(f"{kind}: each list in each other order", [by_turns(clinics, path, LIMIT) for path in ORDERS])
    yield from _worst(f"{kind}: page 2 of each long list", list(_deeper(clinics, Clinic.second_page)))
    yield from _worst(f"{kind}: the page half-way down each long list", list(_deeper(clinics, Clinic.half_way)))
    yield from _searches(kind, clinics)
    for path in NARROWED:
        yield Figure(f"{kind}: {path}", by_turns(clinics, path).words)
    for each in clinics:
        yield _counts(kind, each)
    plain = max(many.statements(path) for path in (*LISTS, *ORDERS, *NARROWED))
    yield at_most(f"{kind}: statements of a page and of its entry in the log, at the most", plain, STATEMENTS, "{:.0f}")
    found = many.statements(many.second_page(many.search(BEGUN)))
    yield at_most(f"{kind}: and of the second page of a search", found, STATEMENTS + 2, "{:.0f}")


def _worst(what: str, costs: Sequence[Cost]) -> Iterator[Line]:
    """The worst ratio of the pages, and those that miss the target most."""
    by_ratio = sorted(costs, key=lambda cost: cost.ratio, reverse=True)
    yield at_most(f"{what}, worst ratio of {len(costs)}", by_ratio[0].ratio, LIMIT)
    missed = [cost for cost in by_ratio if cost.ratio > LIMIT]
    yield from (Remark(f"above the target: {cost}") for cost in missed[:SHOWN])
    if len(missed) > SHOWN:
        yield Remark(f"and {len(missed) - SHOWN} more")


def _deeper(clinics: Sequence[Clinic], page: Callable[[Clinic, str], str]) -> Iterator[Cost]:
    """Such a page of each list on which it is full in the smallest clinic too."""
    for path in LISTS:
        paths = [page(each, path) for each in clinics]
        if (
            path not in paths
            and len({each.rows(deep) for each, deep in zip(clinics, paths, strict=True)} | {clinics[0].rows(path)}) == 1
        ):
            yield by_turns(clinics, paths, LIMIT)


def _searches(kind: str, clinics: Sequence[Clinic]) -> Iterator[Line]:
    for what, words in SEARCHED_FOR.items():
        cost = by_turns(clinics, [each.search(words) for each in clinics], LIMIT_OF_A_SEARCH)
        yield at_most(f"{kind}: searched for {what}, {cost.words}: ratio", cost.ratio, LIMIT_OF_A_SEARCH)
    found = by_turns(clinics, [each.search(BEGUN) for each in clinics])
    yield Figure(f"{kind}: searched for what begins with {BEGUN}", found.words)


def _counts(kind: str, each: Clinic) -> Line:
    """What the counts of all lists cost their page."""
    known = dict.fromkeys((name for name in CLINIC_LISTS if name not in UNCOUNTED), COUNTED_UP_TO)
    turns = []
    for _ in range(5 * ROUNDS):
        whole, _ = each.cost(OPENS)
        with _counted_already(known):
            turns.append((whole, each.cost(OPENS)[0]))
    whole, without = (median(taken) for taken in zip(*turns, strict=True))
    what = (
        f"{kind}: the page with its counts and without, {whole:.1f} and {without:.1f} ms of processor, at {each.size:,}"
    )
    return at_most(what, whole / without, LIMIT_OF_COUNTS)


@contextmanager
def _counted_already(known: dict[str, int]) -> Iterator[None]:
    counts = queue.counts
    queue.counts = lambda *_: known
    try:
        yield
    finally:
        queue.counts = counts
