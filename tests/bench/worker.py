"""A worker of the server: the memory that it holds after some hundreds of requests, and how soon it first answers."""

import time
from collections.abc import Iterator
from statistics import median

from tests.bench import machine
from tests.bench.databases import databases
from tests.bench.figure import Figure, Heading, Line, Remark, at_most
from tests.bench.referrers import Referrers, engage
from tests.bench.rush import OK, rush
from tests.bench.serving import THE_SERVICE, Server, served
from tests.bench.visitor import Visitor

STARTS = 5
CLIENTS, REQUESTS = 10, 600
PAGES = ("/referrals", "/referrals/new", "/criteria")


def measure() -> Iterator[Line]:
    yield Heading("A worker of the server, on SQLite")
    with databases() as made:
        referrers = engage(made.at_head("sqlite"), CLIENTS)
        yield Figure("from starting gunicorn to the first answer", f"{median(_starts(referrers.database.url)):.2f} s")
        with served(THE_SERVICE, referrers.database.url) as server:
            _keep_busy(referrers, server)
            held = [machine.memory(pid) for pid in server.workers]
        yield at_most("memory of the larger worker (PSS)", max(held), 110, "{:.0f} MiB")
        referrers.database.engine.dispose()
    yield Remark(f"Memory after {REQUESTS} requests to two workers; PSS shares out what both hold.")


def _starts(database_url: str) -> Iterator[float]:
    """Seconds from nothing to a page, several times."""
    for _ in range(STARTS):
        began = time.perf_counter()
        with served(THE_SERVICE, database_url) as server:
            answer = Visitor(server.port).browse("/sign-in")
            yield time.perf_counter() - began
        assert answer.status == OK


def _keep_busy(referrers: Referrers, server: Server) -> None:
    """Half of the requests send referrals, half look at pages; many connections, so that both workers have some."""
    desks = referrers.desks(server.port, CLIENTS)
    share = REQUESTS // CLIENTS // 2
    sent = rush(server, [(desk.visitor, desk.sending(share)) for desk in desks])
    assert not sent.wrong, sent.wrong
    for desk in desks:
        desk.visitor.reconnect()  # the server waits two seconds for the next request of a connection
        for page in PAGES * (share // len(PAGES)):
            assert desk.visitor.browse(page).status == OK
