"""The database: one engine, strict columns, and one transaction at a time."""

import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Engine, MetaData, String, create_engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from referrals.scope import NOTHING, VISITOR, Scope, enter, enter_again

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
PUBLIC_ID_LENGTH = 12
"""60 random bits: short enough to read over the telephone, too many to guess."""


class Base(DeclarativeBase):
    """All tables; every constraint has a name, so that a migration can find it again."""

    metadata = MetaData(naming_convention=NAMING)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment. Refuses a naive value; gives back aware UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def new_public_id() -> str:
    """A random identifier for addresses and telephone calls; never a serial number."""
    bits = secrets.randbits(5 * PUBLIC_ID_LENGTH)
    return "".join(CROCKFORD[bits >> 5 * place & 31] for place in range(PUBLIC_ID_LENGTH))


def public_id_column() -> Any:
    return mapped_column(String(PUBLIC_ID_LENGTH), default=new_public_id, unique=True)


def now() -> datetime:
    return datetime.now(UTC)


class Database:
    """The engine and its two kinds of session: one that reads, one that writes and commits."""

    def __init__(self, url: str, scope: Scope = NOTHING) -> None:
        """`scope`: for whom a session works that is not told. `told`: what every session knows of the installation."""
        self.url, self.scope = url, scope
        self.when_committed: Callable[[Session], None] | None = None
        self.told: dict[str, Any] = {}

    @cached_property
    def engine(self) -> Engine:
        """Made at first use: a command that needs no database needs no address of one."""
        return connect(self.url)

    @cached_property
    def _session(self) -> sessionmaker[Session]:
        made = sessionmaker(self.engine.execution_options(writes=False), expire_on_commit=False)
        event.listen(made, "after_begin", enter_again)
        if self.when_committed:
            event.listen(made, "after_commit", self.when_committed)
        return made

    def within(self, scope: Scope) -> "Database":
        """The same database, whose sessions work for somebody else unless told otherwise."""
        made = Database(self.url, scope)
        made.engine, made.when_committed, made.told = self.engine, self.when_committed, self.told
        return made

    def reading(self, scope: Scope | None = None) -> Session:
        """A session for looking; whoever opens it closes it."""
        return self._session(info={**self.told, "scope": scope or self.scope})

    @contextmanager
    def begin(self, scope: Scope | None = None) -> Iterator[Session]:
        """One transaction: committed when the block ends well, else rolled back whole.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a reader that becomes a
        writer half-way could only fail.
        """
        with self._turn(), self.reading(scope) as session:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """On SQLite, this writer's turn. SQLite itself waits by sleeping longer and longer, and who sleeps starves."""
        if not (self.url.startswith("sqlite") and self.engine.url.database):
            yield
            return
        with Path(f"{self.engine.url.database}.turn").open("w") as line:
            fcntl.flock(line, fcntl.LOCK_EX)
            yield


def turn_to_writing(session: Session) -> Session:
    """The same session, from now on in a transaction that writes; whoever asks commits it.

    The transaction that only looked ends here and another begins: on SQLite a reader that becomes a writer half-way
    fails whenever somebody else has written since. What was changed in the session and not yet written goes with it.
    """
    connection = session.connection()
    if not _writes(connection):
        _driver(connection).commit()
        _begin(connection.execution_options(writes=True))
        scope = session.info.get("scope", NOTHING)
        enter(session, VISITOR if scope == NOTHING else scope)  # nothing: nobody was found to be signed in
    return session


def connect(url: str) -> Engine:
    """An engine with the strict settings of this project for its kind of database."""
    engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8, hide_parameters=True)
    event.listen(engine, "rollback", _keep_what_is_prepared)
    return engine


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True)  # an error's text goes to a log, and they are patients' names
    event.listen(engine, "connect", _strict)
    return engine


def _strict(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "busy_timeout=10000",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """SQLite takes the write lock at once for what writes; PostgreSQL refuses to write for what only looks."""
    writes = _writes(connection)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    else:
        _driver(connection).read_only = writes is False


def _keep_what_is_prepared(connection: Connection) -> None:
    """What only looked is committed: at a ROLLBACK psycopg forgets the statements that it has prepared.

    Planning one anew takes several times as long as running it, for row-level security makes it a large one.
    """
    if not connection.invalidated and _driver(connection).read_only:
        with suppress(connection.dialect.loaded_dbapi.Error):  # the rollback that follows will say it
            _driver(connection).commit()


def _writes(connection: Connection) -> bool | None:
    """What a session said of its transaction; None: nothing."""
    return connection.get_execution_options().get("writes")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
