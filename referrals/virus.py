"""Asking ClamAV whether a file carries a virus: its INSTREAM protocol, over a network or a socket of this machine."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from struct import pack
from time import monotonic

CHUNK = 64 * 1024
LONGEST_ANSWER = 1_000
PATIENCE = 15.0
"""Seconds that the scanner may take, from the connection to its verdict, while somebody waits for the page."""


class NoVerdict(Exception):
    """The scanner did not say whether the file is clean; it has to be asked again."""


class ScannerAway(NoVerdict):
    """Nor would it say so of any other file: nobody answers there."""


@dataclass(frozen=True)
class Verdict:
    """What the scanner found; "" where it found nothing."""

    found: str = ""

    @property
    def clean(self) -> bool:
        return not self.found


@dataclass(frozen=True)
class Scanner:
    """A clamd at "host:port" or "/path/of/its/socket"."""

    address: str
    patience: float = PATIENCE

    def verdict(self, content: bytes) -> Verdict:
        """Raises NoVerdict: the scanner is away, too slow, or does not take a file of this size."""
        ends_at = monotonic() + self.patience
        with self._connected() as line:
            try:
                for part in _instream(content):
                    line.settimeout(_left(ends_at))
                    line.sendall(part)
                return read(_answer(line, ends_at))
            except OSError as fault:
                raise NoVerdict(type(fault).__name__) from fault

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        on_this_machine = self.address.startswith("/")
        host, _, port = self.address.rpartition(":")
        with ExitStack() as opened:
            try:
                if on_this_machine:
                    line = opened.enter_context(socket.socket(socket.AF_UNIX))
                    line.settimeout(self.patience)
                    line.connect(self.address)
                else:
                    line = opened.enter_context(socket.create_connection((host, int(port)), self.patience))
            except OSError as fault:
                raise ScannerAway(type(fault).__name__) from fault
            yield line


def _instream(content: bytes) -> Iterator[bytes]:
    """The command; the file in chunks, each after its length; and a chunk of no length."""
    yield b"zINSTREAM\0"
    for start in range(0, len(content), CHUNK):
        chunk = content[start : start + CHUNK]
        yield pack("!L", len(chunk)) + chunk
    yield pack("!L", 0)


def _left(ends_at: float) -> float:
    left = ends_at - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(line: socket.socket, ends_at: float) -> str:
    """Until its NUL, or until the scanner hangs up."""
    said = b""
    while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
        line.settimeout(_left(ends_at))
        more = line.recv(LONGEST_ANSWER)
        if not more:
            break
        said += more
    return said.rstrip(b"\0\n").decode(errors="replace")


def read(answer: str) -> Verdict:
    """ "stream: OK", or "stream: Eicar-Signature FOUND". Anything else is no verdict, least of all a clean one."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Verdict()
    if said.endswith(" FOUND"):
        return Verdict(said.removesuffix(" FOUND") or "something")
    raise NoVerdict(said or "it hung up")
