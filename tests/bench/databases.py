"""New databases for a run, of each kind, as safe as in earnest: what is committed is on the disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from secrets import token_hex

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from referrals.migrate import upgrade
from tests.conftest import BOTH as BOTH
from tests.conftest import at, statement
from tests.postgres import server
from tests.roles import Roles, two_roles

AS_IN_EARNEST = {"listen_addresses": "", "max_connections": "60", "shared_buffers": "1GB"}
"""Memory as docs/operations.md asks for; else as it comes: fsync, synchronous_commit and autovacuum are on."""


@dataclass
class Databases:
    """Gives addresses of empty databases: files in a folder, and on TEST_POSTGRES_URL or else a server of our own."""

    folder: Path
    running: ExitStack

    def empty(self, kind: str) -> str:
        name = f"bench_{token_hex(6)}"
        if kind == "sqlite":
            return f"sqlite:///{self.folder / name}.sqlite"
        statement(self.postgres_url, f"CREATE DATABASE {name}")
        self.running.callback(statement, self.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
        return at(self.postgres_url, name)

    def at_head(self, kind: str) -> str:
        """Of PostgreSQL the address of the service, who owns nothing and is under row-level security."""
        if kind == "sqlite":
            url = self.empty(kind)
            upgrade(url)
            return url
        name = f"bench_{token_hex(6)}"
        self.roles.database(name)
        self.running.callback(statement, self.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
        upgrade(self.roles.as_owner(name))
        return self.roles.as_service(name)

    def past_the_wall(self, url: str) -> str:
        """The same database for a superuser, to whom row-level security is not: COPY is not for anybody else."""
        return url if url.startswith("sqlite") else at(self.postgres_url, str(make_url(url).database))

    def owned(self, url: str) -> str:
        """The same database for its owner, who makes tables."""
        return url if url.startswith("sqlite") else self.roles.as_owner(str(make_url(url).database))

    def analyze(self, url: str) -> None:
        """What the owner does to tables now and then, and the service may not."""
        engine = create_engine(self.owned(url))
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        engine.dispose()

    @cached_property
    def roles(self) -> Roles:
        return self.running.enter_context(two_roles(self.postgres_url))

    @cached_property
    def postgres_url(self) -> str:
        if given := os.environ.get("TEST_POSTGRES_URL"):
            return make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return self.running.enter_context(server(AS_IN_EARNEST))


@contextmanager
def databases() -> Iterator[Databases]:
    """They are gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder, ExitStack() as running:
        yield Databases(Path(folder), running)
