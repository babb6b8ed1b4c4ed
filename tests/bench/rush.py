"""Many clients at once: each sends what it was given as fast as it is answered."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

from tests.bench import machine
from tests.bench.serving import Server
from tests.bench.visitor import Visitor

SEE_OTHER = 303
"""The answer to every form that was taken."""


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


def rush(server: Server, path: str, loads: Sequence[tuple[Visitor, Sequence[bytes]]]) -> Rush:
    """Every visitor sends its forms to the path, one after the other, all visitors at the same time."""
    start, seen = Barrier(len(loads) + 1), Rush()
    before = machine.computing(server.workers)
    with ThreadPoolExecutor(len(loads)) as threads:
        working = [threads.submit(_send, path, visitor, forms, start, seen) for visitor, forms in loads]
        start.wait()
        began = time.perf_counter()
        for each in working:
            each.result()
        seen.seconds = time.perf_counter() - began
    seen.computing = machine.computing(server.workers) - before
    return seen


def _send(path: str, visitor: Visitor, forms: Sequence[bytes], start: Barrier, seen: Rush) -> None:
    visitor.reconnect()
    start.wait()
    for form in forms:
        began = time.perf_counter()
        answer = visitor.send(path, form)
        seen.each.append(time.perf_counter() - began)
        if answer.status != SEE_OTHER:
            seen.wrong.append(f"{answer.status} {answer.location}")
