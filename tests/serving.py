"""Servers that tests talk to, each in a thread of this process for as long as it is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from threading import Thread
from typing import TypeVar

LOOKS_EVERY = 0.01
"""Seconds between two looks of a server whether it is to end: by itself half of one, in which its test would wait."""

S = TypeVar("S", bound=BaseServer)


class Running:
    """A server that answers from now on, until `stop`."""

    def __init__(self, server: BaseServer) -> None:
        self._server = server
        self._thread = Thread(target=server.serve_forever, args=(LOOKS_EVERY,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def serving(server: S) -> Iterator[S]:
    """It answers as long as the block goes on."""
    running = Running(server)
    try:
        yield server
    finally:
        running.stop()
