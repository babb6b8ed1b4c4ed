"""The two roles of PostgreSQL that docs/operations.md tells to make, made just so: the tests run as the service."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import psycopg
from sqlalchemy.engine import URL, make_url

OPERATIONS = Path(__file__).parent.parent / "docs" / "operations.md"
MAKING_THEM, IN_THE_DATABASE = re.findall(r"```sql\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)[:2]
PASSWORDS = {"'a long password'": "'owner'", "'another long password'": "'service'"}


@dataclass(frozen=True)
class Roles:
    """An owner and a service of a server, under names that no other run uses."""

    server: str
    run: str

    @property
    def owner(self) -> str:
        return f"referrals_owner_{self.run}"

    @property
    def service(self) -> str:
        return f"referrals_service_{self.run}"

    def database(self, name: str) -> None:
        """A new database of the owner's, without tables, ready for its first upgrade."""
        execute(self.server, f"CREATE DATABASE {name} OWNER {self.owner}")
        for statement in self._documented(IN_THE_DATABASE, name):
            execute(self.as_owner(name), statement)

    def as_owner(self, name: str) -> str:
        return self._address(name, self.owner, "owner")

    def as_service(self, name: str) -> str:
        return self._address(name, self.service, "service")

    def _address(self, name: str, role: str, password: str) -> str:
        return _written(make_url(self.server).set(database=name, username=role, password=password))

    def _documented(self, sql: str, database: str) -> list[str]:
        """The statements of the document, with this run's names."""
        named = {"referrals_owner": self.owner, "referrals_service": self.service}
        named["DATABASE referrals "] = f"DATABASE {database} "
        for ours, theirs in {**named, **PASSWORDS}.items():
            sql = sql.replace(ours, theirs)
        return [statement for statement in sql.split(";") if statement.strip()]

    def make(self) -> None:
        for statement in self._documented(MAKING_THEM, "none"):
            if "CREATE ROLE" in statement:
                execute(self.server, statement)

    def drop(self) -> None:
        for role in (self.owner, self.service):
            execute(self.server, f"DROP ROLE {role}")


def execute(url: str, statement: str) -> None:
    """One statement outside any transaction, as CREATE and DROP DATABASE want it."""
    with psycopg.connect(_written(make_url(url).set(drivername="postgresql")), autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def two_roles(server: str) -> Iterator[Roles]:
    """They are gone when the block ends; their databases have to be gone before."""
    roles = Roles(server, token_hex(6))
    roles.make()
    try:
        yield roles
    finally:
        roles.drop()


def _written(url: URL) -> str:
    return url.render_as_string(hide_password=False)
