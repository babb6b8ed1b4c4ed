"""A scanner that speaks ClamAV's INSTREAM as clamd does, and knows one virus."""

import socket
import struct
from contextlib import contextmanager
from threading import Thread

from tests.files import EICAR


class Clamd:
    """Answers on `address` until it is stopped. `said`: what it says instead; None: it says nothing and waits."""

    def __init__(self, line, address):
        self.line, self.address = line, address
        self.said, self.asked, self.most = "", 0, 25_000_000
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                caller, _ = self.line.accept()
            except OSError:
                return
            with caller:
                self.asked += 1
                self._answer(caller)

    def _answer(self, caller):
        try:
            answer = self._judged(caller.makefile("rb"))
            if answer is None:
                caller.recv(1)  # until whoever asks has had enough of it
            else:
                caller.sendall(answer.encode() + b"\0")
        except OSError:
            pass

    def _judged(self, told):
        assert told.read(10) == b"zINSTREAM\0", "a command that clamd does not know"
        content = b""
        while size := struct.unpack("!L", told.read(4))[0]:
            content += told.read(size)
            if len(content) > self.most:
                return "INSTREAM size limit exceeded. ERROR"
        if self.said != "":
            return self.said
        return "stream: Eicar-Test-Signature FOUND" if EICAR.encode() in content else "stream: OK"

    def stop(self):
        self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()
        self._thread.join()


@contextmanager
def clamd(at=("127.0.0.1", 0)):
    """At a port of this machine, or, where `at` is a path, at a socket there."""
    on_network = isinstance(at, tuple)
    line = socket.socket(socket.AF_INET if on_network else socket.AF_UNIX)
    line.bind(at if on_network else str(at))
    line.listen()
    running = Clamd(line, f"127.0.0.1:{line.getsockname()[1]}" if on_network else str(at))
    try:
        yield running
    finally:
        running.stop()
