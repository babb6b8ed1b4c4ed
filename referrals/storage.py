"""Where the files of documents lie: a folder or a bucket, under random names that tell of nobody."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from config import Settings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store


class Gone(Exception):
    """There is no such file, though there was one."""


class Changed(Exception):
    """The file is not what was stored, or it is gone."""


class Away(Exception):
    """The place where files lie does not answer, or does not take any."""


class Storage(Protocol):
    """What a place for files can do. Every one of them raises Away where the place fails."""

    def put(self, content: bytes) -> str:
        """Keep a file for good, and say under which name."""

    def get(self, name: str) -> bytes:
        """The file of this name; raises Gone."""

    def remove(self, name: str) -> None:
        """Let go of a file, if it is there."""

    def kept(self) -> Iterator[tuple[str, datetime]]:
        """Every file that is there: (name, since when)."""


def new_name() -> str:
    return token_hex(16)


def path_of(name: str) -> str:
    """Spread over 256 folders: a folder of a hundred thousand files is slow to look through."""
    return f"{name[:2]}/{name}"


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, which nobody but the service opens."""

    root: Path

    def put(self, content: bytes) -> str:
        """On the disk when this returns: the row that names it is about to be."""
        name = new_name()
        file = self.root / path_of(name)
        with _faults(name):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            _sync(file.parent)
        return name

    def get(self, name: str) -> bytes:
        with _faults(name):
            return (self.root / path_of(name)).read_bytes()

    def remove(self, name: str) -> None:
        with _faults(name):
            (self.root / path_of(name)).unlink(missing_ok=True)

    def kept(self) -> Iterator[tuple[str, datetime]]:
        with _faults(str(self.root)):
            for file in self.root.glob("??/*"):
                yield file.name, datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _sync(folder: Path) -> None:
    """A new name is on the disk once its folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@dataclass(frozen=True)
class Bucket:
    """A bucket that speaks S3, at Amazon or elsewhere."""

    settings: Settings

    @cached_property
    def store(self) -> "S3Store":
        """obstore takes 7 MiB of a worker: only of one whose clinic has a bucket."""
        from obstore.store import S3Store

        ours, place = self.settings, urlsplit(self.settings.documents)
        told: S3Config = {
            "region": ours.s3_region,
            "access_key_id": ours.s3_access_key_id,
            "secret_access_key": ours.s3_secret_access_key,
        }
        if ours.s3_endpoint:
            told["endpoint"] = ours.s3_endpoint
        client: ClientConfig = {"allow_http": ours.s3_endpoint.startswith("http://"), "timeout": "20s"}
        prefix = place.path.strip("/") or None
        return S3Store(place.netloc, prefix=prefix, config=told, client_options=client, retry_config={"max_retries": 2})

    def put(self, content: bytes) -> str:
        name = new_name()
        with _faults(name):
            self.store.put(path_of(name), content, use_multipart=False)
        return name

    def get(self, name: str) -> bytes:
        with _faults(name):
            return bytes(self.store.get(path_of(name)).bytes())

    def remove(self, name: str) -> None:
        with suppress(Gone), _faults(name):
            self.store.delete(path_of(name))

    def kept(self) -> Iterator[tuple[str, datetime]]:
        with _faults(self.settings.documents):
            for page in self.store.list():
                yield from ((file["path"].rpartition("/")[2], file["last_modified"]) for file in page)


@contextmanager
def _faults(what: str) -> Iterator[None]:
    """Whatever a disk or a bucket complains of is one of two things."""
    try:
        yield
    except FileNotFoundError as fault:
        raise Gone(what) from fault
    except Exception as fault:
        raise Away(f"{what}: {type(fault).__name__}") from fault


def opened(settings: Settings) -> Storage:
    """The place that the settings name; nothing is opened or made before its first use."""
    if settings.documents.startswith("s3://"):
        return Bucket(settings)
    return Folder(Path(settings.documents or os.devnull))  # where none is named, none takes anything


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unchanged(storage: Storage, name: str, digest: str) -> bytes:
    """The file of this name, if it is the one of this digest; raises Changed."""
    try:
        content = storage.get(name)
    except Gone as gone:
        raise Changed(name) from gone
    if sha256(content) != digest:
        raise Changed(name)
    return content


def put_within(session: Session, storage: Storage, content: bytes) -> str:
    """Keep a file for a row of this transaction, and take it away again where that row does not come to be.

    What a process that dies, or a COMMIT that fails, leaves behind is swept (`flask documents sweep`): once COMMIT was
    tried nobody here knows whether the row is there, and a row without its file is the worse of the two.
    """
    name, tried = storage.put(content), []
    event.listen(session, "before_commit", lambda _: tried.append(True))

    def ended(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None and not tried:
            tried.append(True)
            with suppress(Away):
                storage.remove(name)

    event.listen(session, "after_transaction_end", ended)
    return name
