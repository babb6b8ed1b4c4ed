"""An application under gunicorn, with the settings of `make run`, on a port of this machine alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config import DEMONSTRATION, DEMONSTRATION_SECRET
from tests.bench import machine

GUNICORN = ("--worker-class=gthread", "--workers=2", "--threads=4", "--no-control-socket", "--log-level=warning")
SETTINGS = {"REFERRALS_MODE": DEMONSTRATION, "SECRET_KEY": DEMONSTRATION_SECRET}
THE_SERVICE, THE_FLOOR, TWO_ROWS = "wsgi:app", "tests.bench.floor:create_app()", "tests.bench.two_rows:app"


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def workers(self) -> list[int]:
        return machine.children(self.process.pid)


@contextmanager
def served(application: str, database_url: str) -> Iterator[Server]:
    """The application on the database. It may still be starting: a request waits until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", application, "--bind", f"fd://{door.fileno()}", *GUNICORN],
            env={**os.environ, **SETTINGS, "DATABASE_URL": database_url},
            pass_fds=[door.fileno()],
        )
    try:
        yield Server(port, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
