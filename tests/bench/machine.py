"""The machine that is measured on: how steady it is, and what a process costs it."""

import os
import platform
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median, quantiles


class Steadiness:
    """The same work done again and again during a run: what its time varies by, every other figure may vary by."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def sample(self) -> None:
        self.times += [fixed_work() for _ in range(5)]

    @property
    def words(self) -> str:
        middle, slow = median(self.times), quantiles(self.times, n=10)[-1]
        return (
            f"Machine: {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}; "
            f"the same loop took {1000 * middle:.1f} ms, in one of ten cases over {1000 * slow:.1f} ms; "
            f"one fsync {1000 * fsync():.2f} ms."
        )


def fixed_work() -> float:
    """Seconds of a loop that is always the same."""
    began = time.perf_counter()
    total = 0
    for number in range(200_000):
        total += number % 7
    return time.perf_counter() - began


def fsync() -> float:
    """Seconds until 4 KiB are on the disk that the databases are on, at the median."""
    with tempfile.TemporaryFile(buffering=0) as file:
        return median(_synced(file.fileno()) for _ in range(20))


def _synced(file: int) -> float:
    os.write(file, bytes(4096))
    began = time.perf_counter()
    os.fsync(file)
    return time.perf_counter() - began


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    listed = (Path(f"/proc/{pid}/task/{pid}/children")).read_text()
    return [int(child) for child in listed.split()]


def computing(pids: Iterable[int]) -> float:
    """Seconds of processor time that the processes have used until now."""
    ticks = 0
    for pid in pids:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])  # utime and stime of proc(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def worked(pids: Iterable[int]) -> float:
    """The same of processes with one thread, to the microsecond: who shares the machine with them is not in it."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def memory(pid: int) -> float:
    """MiB that a process holds, of what it shares with others its part (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(kib) / 1024
