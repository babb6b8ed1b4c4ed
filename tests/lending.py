"""PostgreSQL databases that tests borrow: making one takes ten times as long as emptying it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_hex
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from referrals.db import connect
from tests.lasting import ENGINES, Lasting, compiling_once
from tests.roles import Roles, execute

TABLES: LiteralString = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
COUNTERS: LiteralString = (
    "SELECT setval(format('%%I.%%I', schemaname, sequencename), coalesce((%s::jsonb ->> sequencename)::bigint, 1), "
    "%s::jsonb ->> sequencename IS NOT NULL) FROM pg_sequences"
)
COUNTED: LiteralString = "SELECT jsonb_object_agg(sequencename, last_value)::text FROM pg_sequences"
ALONE: LiteralString = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)"
)
EMPTY: LiteralString = f"""DO $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;  -- else the log lets nobody take anything out
        FOR name IN {TABLES} LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END $$"""
SCHEMA: LiteralString = " UNION ALL ".join(
    f"SELECT count(*), sum(xmin::text::bigint) FROM {catalog}"
    for catalog in ("pg_class", "pg_attribute", "pg_constraint", "pg_index", "pg_policy", "pg_proc", "pg_trigger")
)
"""Differs after anything was done to a table, an index, a policy, a function or a trigger."""


OFTEN = 50
"""After so many tests the space of rows that are gone is given free: nobody else does, and tables grow by each test."""


@dataclass
class Loan:
    """A database of the owner's, lent to one test at a time; the address is the service's, who owns nothing."""

    name: str
    url: str
    emptying: psycopg.Connection
    schema: object
    lasting: Lasting
    returned: int = 0

    def close(self) -> None:
        """Nobody gets it any more."""
        self.emptying.close()
        self.lasting.engine.dispose()
        del ENGINES[self.url]


@dataclass
class Lender:
    """Lends databases at head, each to one test at a time."""

    roles: Roles
    template: str
    free: list[Loan] = field(default_factory=list)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of a database that holds what a new one holds."""
        loan = self.free.pop() if self.free else self._new()
        yield loan.url
        loan.lasting.settle()
        if self._emptied(loan):
            self.free.append(loan)
        else:
            self._drop(loan)

    def close(self) -> None:
        for loan in self.free:
            self._drop(loan)

    def _new(self) -> Loan:
        name = f"referrals_test_{token_hex(6)}"
        execute(self.roles.server, f"CREATE DATABASE {name} TEMPLATE {self.template} OWNER {self.roles.owner}")
        url, emptying = self.roles.as_service(name), self._at(name)
        ENGINES[url] = Lasting(compiling_once(connect(url)))
        return Loan(name, url, emptying, emptying.execute(SCHEMA).fetchall(), ENGINES[url])

    def _emptied(self, loan: Loan) -> bool:
        """Take out what the test put in, and put back what it took out; False when it changed more than rows."""
        loan.emptying.execute(ALONE, [sorted(loan.lasting.backends)])
        if loan.emptying.execute(SCHEMA).fetchall() != loan.schema:
            return False
        with loan.emptying.transaction():
            loan.emptying.execute(EMPTY)
            self._fill(loan.emptying)
        loan.returned += 1
        if loan.returned % OFTEN == 0:
            loan.emptying.execute("VACUUM")
        return True

    def _fill(self, connection: psycopg.Connection) -> None:
        counted, seeds = self._seeds
        for table, rows in seeds.items():
            with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
                copy.write(rows)
        connection.execute(COUNTERS, (counted, counted))

    @cached_property
    def _seeds(self) -> tuple[str, dict[str, bytes]]:
        """How far the migrations counted, and what they put into each table, as COPY writes it."""
        seeds = {}
        with self._at(self.template) as connection:
            for (table,) in connection.execute(TABLES).fetchall():
                with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as copy:
                    seeds[table] = b"".join(copy)
            counted = connection.execute(COUNTED).fetchall()[0][0]
        return counted, {table: rows for table, rows in seeds.items() if rows}

    def _drop(self, loan: Loan) -> None:
        loan.close()
        execute(self.roles.server, f"DROP DATABASE {loan.name} WITH (FORCE)")

    def _at(self, name: str) -> psycopg.Connection:
        url = make_url(self.roles.server).set(drivername="postgresql", database=name)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
