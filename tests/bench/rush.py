"""Many clients at once: each asks for what it was given as fast as it is answered."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

from tests.bench import machine
from tests.bench.serving import Server
from tests.bench.visitor import Visitor

OK, SEE_OTHER = 200, 303
"""The answer to every page that is there, and to every form that was taken."""


@dataclass(frozen=True)
class Asked:
    """A page, or a form that is sent there."""

    path: str
    form: bytes | None = None

    @property
    def answered(self) -> int:
        return OK if self.form is None else SEE_OTHER


Loads = Sequence[tuple[Visitor, Sequence[Asked]]]


@dataclass
class Rush:
    """Seconds until all was answered, of the workers, and until each was; and what was not answered as it should be."""

    seconds: float = 0
    computing: float = 0
    each: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def throughput(self) -> float:
        """Answers in a second."""
        return len(self.each) / self.seconds

    @property
    def effort(self) -> float:
        """Milliseconds of a processor that the server's workers used for one answer."""
        return 1000 * self.computing / len(self.each)


def rush(server: Server, loads: Loads) -> Rush:
    """Every visitor asks, one thing after the other, all visitors at the same time."""
    start, seen = Barrier(len(loads) + 1), Rush()
    before = machine.computing(server.workers)
    with ThreadPoolExecutor(len(loads)) as threads:
        working = [threads.submit(_ask, visitor, what, start, seen) for visitor, what in loads]
        start.wait()
        began = time.perf_counter()
        for each in working:
            each.result()
        seen.seconds = time.perf_counter() - began
    seen.computing = machine.computing(server.workers) - before
    return seen


def _ask(visitor: Visitor, what: Sequence[Asked], start: Barrier, seen: Rush) -> None:
    visitor.reconnect()
    start.wait()
    for asked in what:
        began = time.perf_counter()
        answer = visitor.ask(asked.path, asked.form)
        seen.each.append(time.perf_counter() - began)
        if answer.status != asked.answered:
            seen.wrong.append(f"{answer.status} {answer.location}")
