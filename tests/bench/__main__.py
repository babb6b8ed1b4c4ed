"""Runs the parts that are named, or all of them, and prints their figures as one table."""

import sys
from collections.abc import Callable, Iterator

from tests.bench import eligibility, engines, log, outbox, posting, queue, registry, worker
from tests.bench.figure import Figure, Line, Remark, table
from tests.bench.machine import Steadiness
from tests.postgres import NoPostgres

PARTS: dict[str, Callable[[], Iterator[Line]]] = {
    "eligibility": eligibility.measure,
    "engines": engines.measure,
    "log": log.measure,
    "outbox": outbox.measure,
    "posting": posting.measure,
    "queue": queue.measure,
    "registry": registry.measure,
    "worker": worker.measure,
}


def main(names: list[str]) -> None:
    if unknown := set(names) - set(PARTS):
        sys.exit(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    machine, lines = Steadiness(), list[Line]()
    for name in names or PARTS:
        print(f"measuring {name} …", file=sys.stderr)
        machine.sample()
        try:
            lines += PARTS[name]()
        except NoPostgres as reason:
            sys.exit(str(reason))
    machine.sample()
    print(table([*lines, Remark(machine.words)]))
    missed = [line for line in lines if isinstance(line, Figure) and line.met is False]
    print(f"\n{len(missed)} of the targets not met." if missed else "\nAll targets met.")


if __name__ == "__main__":
    main(sys.argv[1:])
