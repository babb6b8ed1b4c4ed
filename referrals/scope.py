"""For whom a transaction works: what it tells PostgreSQL, whose row-level security shows it nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


class Sees(StrEnum):
    """How far a transaction sees on PostgreSQL, where row-level security is the second wall."""

    SYSTEM = "system"
    PRACTICE = "practice"
    CLINIC = "clinic"
    ADMINISTRATION = "administration"
    LOG = "log"
    VISITOR = "visitor"


@dataclass(frozen=True)
class Scope:
    """For whom a transaction works. What says nothing, sees nothing and writes nothing."""

    person_id: int | None = None
    practice_id: int | None = None
    reach: frozenset[Sees] = frozenset()

    @property
    def settings(self) -> tuple[str, str, str]:
        """As PostgreSQL's policies read it."""
        person, practice = (str(one) if one is not None else "" for one in (self.person_id, self.practice_id))
        return person, practice, " ".join(sorted(self.reach))


NOTHING = Scope()
SYSTEM = Scope(reach=frozenset({Sees.SYSTEM}))
"""For commands and whatever else works for the installation, not for a person."""
VISITOR = Scope(reach=frozenset({Sees.VISITOR}))
"""For whoever has not signed in: sees no patient, and leaves entries in the log that are about none."""
ENTER = (
    "SELECT set_config('referrals.person', %s, true),"
    " set_config('referrals.practice', %s, true), set_config('referrals.reach', %s, true)"
)
"""True: until the transaction ends, so that the next one on this connection begins with nothing."""


def enter(session: Session, scope: Scope) -> None:
    """From now on this session works for somebody, in this transaction and those that follow."""
    session.info["scope"] = scope
    if session.in_transaction():
        _say(session.connection(), scope)


@contextmanager
def as_the_installation(session: Session) -> Iterator[None]:
    """Within this block the session works for the installation, in the same transaction; after it for whom it did.

    For what has to be found or moved over the heads of practices. Nothing that is read in it may be given out.
    """
    session.flush()
    before = session.info["scope"]
    enter(session, SYSTEM)
    try:
        yield
        session.flush()
    finally:
        session.info["scope"] = before
        _say_if_possible(session, before)


def enter_again(session: Session, _transaction: object, connection: Connection) -> None:
    """A transaction has begun: it works for whom the session does."""
    scope = session.info["scope"]
    if scope != NOTHING:
        _say(connection, scope)


def _say_if_possible(session: Session, scope: Scope) -> None:
    """A transaction that has failed takes nothing any more, and does nothing any more either."""
    if session.in_transaction():
        with suppress(DBAPIError):
            _say(session.connection(), scope)


def _say(connection: Connection, scope: Scope) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(ENTER, scope.settings)
