"""What a piece of work asks of the database: how many statements, and how its last transaction spent its time."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session


@dataclass
class Spent:
    """The statements in order; of the last transaction the seconds: all, in driver and database, and committing."""

    statements: list[str] = field(default_factory=list)
    held: float = 0
    executing: float = 0
    committing: float = 0
    _began: float = 0
    _since: float = 0

    def begin(self, _connection: Any) -> None:
        self._began, self.executing = time.perf_counter(), 0

    def before_cursor_execute(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        self.statements.append(statement)
        self._since = time.perf_counter()

    def after_cursor_execute(self, *_more: Any) -> None:
        self.executing += time.perf_counter() - self._since

    def commit(self, _connection: Any) -> None:
        self._since = time.perf_counter()

    def after_commit(self, _session: Session) -> None:
        ended = time.perf_counter()
        self.committing, self.held = ended - self._since, ended - self._began


@contextmanager
def watched(engine: Engine) -> Iterator[Spent]:
    """All that is asked of the engine until the block ends."""
    spent = Spent()
    with ExitStack() as listening:
        for target, name in (
            (engine, "begin"),
            (engine, "before_cursor_execute"),
            (engine, "after_cursor_execute"),
            (engine, "commit"),
            (Session, "after_commit"),
        ):
            event.listen(target, name, getattr(spent, name))
            listening.callback(event.remove, target, name, getattr(spent, name))
        yield spent
