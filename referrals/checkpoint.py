"""Checkpoints of the log: what its newest entry was, signed and kept in a file outside the database.

Whoever may do anything to the database can write the whole log anew, each hash fitting the next. The file holds what
the hashes were; its lines are signed by a key (Ed25519) that the database never sees.
"""

import fcntl
import json
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.orm import Session

from config import DEMONSTRATION, Settings
from referrals.events import RECORDED, Recorded, canonical

EVERY = 1_000
"""After so many entries a checkpoint is written by itself, and after …"""
A_DAY = timedelta(days=1)
"""… such a time, at the next entry."""
KINDS = {"sequence": int, "hash": str, "at": str, "signature": str}
LONGEST_LINE = 1_000
logger = logging.getLogger(__name__)


class BadCheckpoint(Exception):
    """A line of the file is not what was written; the message says which, and what is wrong."""


@dataclass(frozen=True)
class Checkpoint:
    """What an entry's hash was, when that was written down, and the signature of the three."""

    sequence: int
    hash: str
    at: str
    signature: str = ""

    @property
    def signed(self) -> bytes:
        return canonical({"sequence": self.sequence, "hash": self.hash, "at": self.at}).encode()

    def is_by(self, key: Ed25519PublicKey) -> bool:
        try:
            key.verify(b64decode(self.signature, validate=True), self.signed)
        except (InvalidSignature, ValueError):
            return False
        return True


def private_key(text: str) -> Ed25519PrivateKey:
    """The key of a setting; ValueError where the text is none."""
    return Ed25519PrivateKey.from_private_bytes(b64decode(text, validate=True))


def public_key(text: str) -> Ed25519PublicKey:
    """A public key as `flask log key` prints it; ValueError where the text is none."""
    return Ed25519PublicKey.from_public_bytes(b64decode(text, validate=True))


def written(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """A key as people copy it."""
    raw = key.private_bytes_raw() if isinstance(key, Ed25519PrivateKey) else key.public_bytes_raw()
    return b64encode(raw).decode()


def read(file: Path, key: Ed25519PublicKey) -> Iterator[Checkpoint]:
    """The checkpoints of a file in their order; raises BadCheckpoint at the first that is not as it was written."""
    before = 0
    with file.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            found = _parsed(line)
            if found is None:
                raise BadCheckpoint(f"Line {number} of the checkpoints is none.")
            if not found.is_by(key):
                raise BadCheckpoint(
                    f"Line {number} of the checkpoints, of entry {found.sequence:,}, is not as it was signed: "
                    "the line was changed, or another key signed it."
                )
            if found.sequence <= before:
                raise BadCheckpoint(f"Line {number} of the checkpoints, of entry {found.sequence:,}, is out of order.")
            before = found.sequence
            yield found


def _parsed(line: str) -> Checkpoint | None:
    """The checkpoint of a line, signed by whomever; None where it is none."""
    try:
        told = json.loads(line)
        found = Checkpoint(**told)
    except (TypeError, ValueError, RecursionError):
        return None
    right = {name: type(value) for name, value in told.items()} == KINDS
    return found if right else None


class Keeper:
    """Writes the checkpoints of one installation. Several processes may keep the same file."""

    def __init__(self, file: Path, key: str = "") -> None:
        """Without a key it makes one beside the file, once: for a demonstration."""
        self.file, self._key = file, key
        self._last: Recorded | None = None

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        return private_key(self._key) if self._key else _made_once(Path(f"{self.file}.key"))

    def keep(self, session: Session) -> None:
        """Told that a session has committed: write a checkpoint if one is due.

        The entry is in the log already: where the file cannot be written that is said, and tried again at the next.
        """
        newest: Recorded | None = session.info.pop(RECORDED, None)
        if newest is None or not self._is_due(newest):
            return
        try:
            self.add(newest, only_if_due=True)
        except (OSError, ValueError):
            logger.exception("No checkpoint of the log could be written to %s.", self.file)

    def _is_due(self, newest: Recorded) -> bool:
        last = self._last
        return last is None or newest.sequence - last.sequence >= EVERY or newest.at - last.at >= A_DAY

    def add(self, newest: Recorded, only_if_due: bool = False) -> bool:
        """Append a checkpoint, unless the file has this entry, or a later one, already; whether it was."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640), "r+b") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            self._last = self._newest_in(opened.fileno())
            known = self._last is not None and self._last.sequence >= newest.sequence
            if known or (only_if_due and not self._is_due(newest)):
                return False
            opened.write(f"{self._line(newest)}\n".encode())
            opened.flush()
            os.fsync(opened.fileno())
        self._last = newest
        return True

    def _line(self, newest: Recorded) -> str:
        unsigned = Checkpoint(newest.sequence, newest.hash, newest.at.isoformat())
        return canonical(asdict(replace(unsigned, signature=b64encode(self.key.sign(unsigned.signed)).decode())))

    def _newest_in(self, file: int) -> Recorded | None:
        """What the last line says, if it is one of ours: one that somebody else wrote does not keep us from writing."""
        size = os.fstat(file).st_size
        tail = os.pread(file, LONGEST_LINE, max(0, size - LONGEST_LINE)).decode(errors="replace")
        last = _parsed(tail.rstrip("\n").rpartition("\n")[2])
        if last is None or not last.is_by(self.key.public_key()):
            return None
        return Recorded(last.sequence, last.hash, datetime.fromisoformat(last.at))


def _made_once(file: Path) -> Ed25519PrivateKey:
    """The key in this file; where there is none yet, a new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        text = opened.read().strip()
        if not text:
            text = written(Ed25519PrivateKey.generate())
            opened.write(text)
        return private_key(text)


def keeper_of(settings: Settings) -> Keeper | None:
    """Who writes the checkpoints of this installation; None where nobody can."""
    if settings.log_checkpoints and (settings.log_signing_key or settings.mode == DEMONSTRATION):
        return Keeper(Path(settings.log_checkpoints), settings.log_signing_key)
    return None


def sealing(settings: Settings) -> Callable[[Session], None] | None:
    """What a database has to tell of each commit, if the log is sealed here."""
    keeper = keeper_of(settings)
    return keeper.keep if keeper else None
