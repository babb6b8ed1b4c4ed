"""Whether the log is as it was written: its chain walked from the first entry to the last, against the checkpoints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from referrals.checkpoint import Checkpoint
from referrals.events import BEFORE_THE_FIRST, CHAINED, MOMENT, Event, Recorded, chained

AT_ONCE = 5_000
"""How many rows are held at a time."""
MOMENTS = ("happened_at", "recorded_at")
ON_POSTGRESQL = "replace(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US AD'), ' AD', '')"
"""A moment as MOMENT writes it; SQLite keeps it so. The era stays where it is not ours."""
CLOCKS_DIFFER = timedelta(minutes=5)
SHOWN = 5


@dataclass
class Broken(Exception):
    """The log is not as it was written: the sequence of the first entry that is wrong, and what is."""

    sequence: int
    what: str

    def __str__(self) -> str:
        return f"Entry {self.sequence:,}: {self.what}"


@dataclass
class Whole:
    """A log that is as it was written; `odd` says what somebody should look at all the same."""

    entries: int = 0
    last: str = BEFORE_THE_FIRST
    checkpoints: int = 0
    odd: list[str] = field(default_factory=list)


def verify(connection: Connection, checkpoints: Iterable[Checkpoint] = ()) -> Whole:
    """Walk the chain. Raises Broken at the first entry that is not as it was written.

    Reads raw columns in one statement and holds AT_ONCE rows at a time, however long the log is.
    """
    signed = {each.sequence: each for each in checkpoints}
    found = Whole(checkpoints=len(signed))
    recorded_at, last_signed = "", 0
    for *values, held in _rows(connection):
        expected = found.entries + 1
        _check_place(expected, values[0])
        if _hash(found.last, values) != held:
            raise Broken(expected, "what it says, or the entry before it, is not what its hash was taken over.")
        last_signed = _check_signed(expected, held, signed, last_signed)
        if values[RECORDED_AT] < recorded_at:
            _look_at(found, expected, recorded_at, values[RECORDED_AT])
        found.entries, found.last, recorded_at = expected, held, values[RECORDED_AT]
    if missing := [sequence for sequence in signed if sequence > found.entries]:
        raise Broken(found.entries + 1, f"it and all after it are gone: entry {min(missing):,} was signed once.")
    return found


RECORDED_AT = CHAINED.index("recorded_at")


def _check_place(expected: int, sequence: object) -> None:
    if sequence == expected:
        return
    if isinstance(sequence, int) and sequence > expected:
        raise Broken(expected, f"it is missing; the next that is there is entry {sequence:,}.")
    raise Broken(expected, f"entry {sequence} stands in its place.")


def _check_signed(sequence: int, held: str, signed: Mapping[int, Checkpoint], before: int) -> int:
    """Compare with the checkpoint of this entry, if there is one; the last entry that was signed, up to here."""
    checkpoint = signed.get(sequence)
    if checkpoint is None:
        return before
    if checkpoint.hash != held:
        after = f", after entry {before:,}," if before else ""
        raise Broken(sequence, f"it is not the one that was signed on {checkpoint.at}: it or one before it{after} was"
                     " changed, and all hashes from there were taken anew.")  # fmt: skip
    return sequence


def _hash(previous: str, values: Sequence[Any]) -> str | None:
    """The hash that the entry should have; None where it holds what no entry can."""
    try:
        return chained(previous, list(values))
    except (TypeError, ValueError):  # bytes; characters that are none
        return None


def _look_at(found: Whole, sequence: int, before: str, at: str) -> None:
    """An entry recorded before the one that it follows: a clock was set back, or the entry was brought here."""
    gap = datetime.strptime(before, MOMENT) - datetime.strptime(at, MOMENT)  # noqa: DTZ007  both are in UTC
    if gap > CLOCKS_DIFFER and len(found.odd) < SHOWN:
        found.odd.append(f"Entry {sequence:,} says that it was recorded {gap} before the entry that it follows.")


def _rows(connection: Connection) -> Iterator[Sequence[Any]]:
    """Every entry in order, as the database holds it: CHAINED, then the hash."""
    passed = 0
    try:
        for row in _read(connection, AT_ONCE):
            yield row
            passed += 1
    except OperationalError as fault:
        if "decode" not in str(fault):
            raise
        yield from _up_to_what_is_no_text(connection, passed)


def _up_to_what_is_no_text(connection: Connection, passed: int) -> Iterator[Sequence[Any]]:
    """The rows after so many, one by one, so that the one is named whose bytes are no text (SQLite keeps such)."""
    number = 0
    try:
        for number, row in enumerate(_read(connection, 1), 1):
            if number > passed:
                yield row
    except OperationalError:
        raise Broken(number + 1, "it holds bytes that are no text.") from None


def _read(connection: Connection, at_once: int) -> Iterator[Sequence[Any]]:
    moment = "{}" if connection.dialect.name == "sqlite" else ON_POSTGRESQL
    columns = ", ".join(moment.format(name) if name in MOMENTS else name for name in (*CHAINED, "hash"))
    sql = f"SELECT {columns} FROM events ORDER BY id"  # noqa: S608  our own names
    with connection.exec_driver_sql(sql, execution_options={"stream_results": True}) as result:
        for rows in result.partitions(at_once):
            yield from rows


def newest(connection: Connection) -> Recorded | None:
    """The last entry, as a checkpoint keeps it."""
    table = Event.__table__
    row = connection.execute(
        select(table.c.id, table.c.hash, table.c.recorded_at).order_by(table.c.id.desc()).limit(1)
    ).one_or_none()
    return Recorded(*row) if row else None
