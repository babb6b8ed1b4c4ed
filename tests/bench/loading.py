"""Rows by the hundred thousand into an empty database, as fast as it takes them: for filling, and for nothing else."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import make_url

from referrals.desk import Desk
from referrals.workflow import State, Urgency

Values = Sequence[Any]
LENGTH_OF_A_MOMENT = len("2026-11-26 09:00:00.000000")
FOR_FILLING = (
    "journal_mode=OFF",
    "synchronous=OFF",
    "locking_mode=EXCLUSIVE",
    "cache_size=-500000",
    "temp_store=MEMORY",
)
"""As long as the rows are put in: a database that breaks meanwhile is made anew."""


WRITTEN: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys((int, bool, type(None)), lambda value: value),
    **dict.fromkeys((str, State, Desk), str),
    Urgency: int,
    date: date.isoformat,
    datetime: lambda moment: moment.isoformat(" ", "microseconds")[:LENGTH_OF_A_MOMENT],
}
"""How SQLAlchemy writes it to SQLite, which has neither moments nor days."""


class Loading(Protocol):
    """An empty database that is being filled."""

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None: ...

    def run(self, statement: str) -> None: ...

    def number_on(self, *tables: str) -> None:
        """Go on from the highest id of each when somebody else adds a row."""


class IntoSqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        places = ", ".join("?" for _ in columns)
        written = ([WRITTEN[type(value)](value) for value in row] for row in rows)
        self.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", written)

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def number_on(self, *tables: str) -> None:
        """It does by itself."""


class IntoPostgres:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        """By COPY."""
        with self.connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def run(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def number_on(self, *tables: str) -> None:
        for table in tables:
            self.run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)
"""


@contextmanager
def loading(url: str) -> Iterator[Loading]:
    """One transaction; nobody else may be connected to a file of SQLite, and on PostgreSQL it takes a superuser."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(make_url(url).database), isolation_level=None)) as connection:
            for pragma in FOR_FILLING:
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            indexes = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
            ).fetchall()
            with _once_filled(connection.execute, indexes):
                yield IntoSqlite(connection)
            connection.execute("COMMIT")
        return
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as server:
        server.execute("SET TIME ZONE 'UTC'")
        server.execute("SET session_replication_role = replica")  # no look at every foreign key
        with _once_filled(lambda statement: server.execute(statement.encode()), server.execute(INDEXES).fetchall()):
            yield IntoPostgres(server)


@contextmanager
def _once_filled(run: Callable[[str], Any], indexes: Sequence[tuple[str, str]]) -> Iterator[None]:
    """The indexes, of which each is dropped by its name and made again by its statement when the rows are there."""
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    yield
    for _, statement in indexes:
        run(statement)
