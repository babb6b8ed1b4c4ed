"""Sending a referral over HTTP, against a bare insert under the same server and database settings."""

from collections.abc import Iterator, Sequence
from statistics import median, quantiles

from tests.bench import floor
from tests.bench.breakdown import breakdown
from tests.bench.databases import BOTH, databases
from tests.bench.figure import Figure, Heading, Line, Remark, at_least, at_most
from tests.bench.referrers import Desk, Referrers, engage, small_forms
from tests.bench.rush import Asked, Rush, rush
from tests.bench.serving import THE_FLOOR, THE_SERVICE, TWO_ROWS, Server, served
from tests.bench.visitor import Visitor

ROUNDS, MANY_ROUNDS = 7, 5
"""Short and many: which worker takes a connection is chance, and every round connects anew."""
CLIENTS, MANY_CLIENTS = 4, 16
POSTS, FLOOR_POSTS, MANY_POSTS = 40, 160, 160
"""Forms sent in one round by all clients together."""

Turn = tuple[Rush, Rush, Rush]
"""Referrals, bare inserts, and the rows of a bare insert behind the service's sign-in and form."""


def measure() -> Iterator[Line]:
    yield Heading("Sending a referral over HTTP: gunicorn, 2 workers of 4 threads, keep-alive clients on this machine")
    with databases() as made:
        for kind in BOTH:
            referrers = engage(made.at_head(kind), MANY_CLIENTS)
            floor_url = made.empty(kind)
            for url in (floor_url, made.owned(referrers.database.url)):
                floor.prepare(url)
            yield from _on(kind, referrers, floor_url)
            referrers.database.engine.dispose()
    yield from (Remark(words) for words in floor.LACKS)


def _on(kind: str, referrers: Referrers, floor_url: str) -> Iterator[Line]:
    here = referrers.database.url
    with served(THE_SERVICE, here) as service, served(THE_FLOOR, floor_url) as bare, served(TWO_ROWS, here) as behind:
        desks = referrers.desks(service.port, MANY_CLIENTS)
        others = referrers.desks(behind.port, CLIENTS)
        strangers = [Visitor(bare.port) for _ in range(CLIENTS)]

        def turn() -> Turn:
            return _refer(service, desks[:CLIENTS], POSTS), _insert(bare, strangers), _refer(behind, others, 2 * POSTS)

        warming = turn()
        assert not any(rush.wrong for rush in warming), [rush.wrong[:3] for rush in warming]
        turns = [turn() for _ in range(ROUNDS)]
        pressed = [_refer(service, desks, MANY_POSTS) for _ in range(MANY_ROUNDS)]
    yield from _throughput(kind, turns)
    yield from _under_pressure(kind, pressed)
    sent = sum(len(rush.each) for rush in (warming[0], *(turn[0] for turn in turns), *pressed))
    there = referrers.arrived()
    yield Figure(f"{kind}: referrals that arrived, of those sent", f"{there:,} of {sent:,}", "all", there == sent)
    yield from breakdown(kind, referrers.database.engine, desks[0])


def _refer(service: Server, desks: Sequence[Desk], count: int) -> Rush:
    each = count // len(desks)
    return rush(service, [(desk.visitor, desk.sending(each)) for desk in desks])


def _insert(bare: Server, strangers: Sequence[Visitor]) -> Rush:
    each = FLOOR_POSTS // len(strangers)
    return rush(bare, [(stranger, [Asked("/requests", form) for form in small_forms(each)]) for stranger in strangers])


def _throughput(kind: str, turns: Sequence[Turn]) -> Iterator[Line]:
    measured = ("referrals", "bare inserts", "bare rows behind sign-in and form")
    for what, rushes in zip(measured, zip(*turns, strict=True), strict=True):
        throughput, effort = median(rush.throughput for rush in rushes), median(rush.effort for rush in rushes)
        yield Figure(
            f"{kind}: {what} by {CLIENTS} clients; processor for each", f"{throughput:.0f} /s; {effort:.1f} ms"
        )
    ratio = median(referring.throughput / inserting.throughput for referring, inserting, _ in turns)
    yield at_least(f"{kind}: referrals / bare inserts", ratio, 0.5)
    ratio = median(behind.throughput / inserting.throughput for _, inserting, behind in turns)
    yield Figure(f"{kind}: bare rows behind sign-in and form / bare inserts", f"{ratio:.2f}")


def _under_pressure(kind: str, rushes: Sequence[Rush]) -> Iterator[Line]:
    wrong = [answer for rush in rushes for answer in rush.wrong]
    yield Figure(f"{kind}: errors at {MANY_CLIENTS} clients", ", ".join(wrong[:3]) or "none", "none", not wrong)
    halves = [1000 * median(rush.each) for rush in rushes]
    tails = [1000 * quantiles(rush.each, n=100)[98] for rush in rushes]
    yield Figure(f"{kind}: p50 and p99 at {MANY_CLIENTS} clients", f"{median(halves):.0f} and {median(tails):.0f} ms")
    ratio = median(tail / half for half, tail in zip(halves, tails, strict=True))
    yield at_most(f"{kind}: p99 / p50 at {MANY_CLIENTS} clients", ratio, 3)
