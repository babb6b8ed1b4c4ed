"""What the applications of one run leave to the next: what takes time to make and says nothing of who used it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Dialect, Engine, event
from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart

from config import Settings
from referrals import create_app, kept_edition
from tests.clinic import FAST

Builder = Callable[..., tuple[str, str]]


class Templates(BytecodeCache):
    """Compiled once a run, not once for every application: that took more time than the tests."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


class Address(Rule):
    """The address of a route; how it is read and made is the same in every application, and worked out once a run."""

    compiled: ClassVar[dict[tuple[str, ...], Builder]] = {}
    parsed: ClassVar[dict[str, tuple[list[RulePart], list[Any], dict[str, Any], set[str]]]] = {}

    def _parse_rule(self, rule: str) -> Iterable[RulePart]:
        if rule not in self.parsed:
            parts = list(super()._parse_rule(rule))
            self.parsed[rule] = parts, list(self._trace), dict(self._converters), set(self.arguments)
        parts, trace, converters, arguments = self.parsed[rule]
        self._trace[:], self._converters, self.arguments = trace, dict(converters), self.arguments | arguments
        return parts

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        told = self.rule, repr(self._trace), repr(self.defaults), repr(append_unknown)
        if told not in self.compiled:
            self.compiled[told] = super()._compile_builder(append_unknown)
        return self.compiled[told]


MOST_PREPARED = 500
COMPILED: dict[Any, Any] = {}
"""Statements as SQL, once a run for each dialect."""
DIALECTS: dict[str, Dialect] = {}
TEMPLATES = Templates()
Flask.url_rule_class = Address
kept_edition._row = lru_cache(kept_edition._row)  # else English and CQL would be written for every new database


@dataclass
class Lasting:
    """The engine of a database that is lent to one test after another; its connections have most statements planned."""

    engine: Engine
    backends: set[int] = field(default_factory=set)
    """The processes of PostgreSQL at the other end."""

    def __post_init__(self) -> None:
        event.listen(self.engine, "connect", self._connected)

    def _connected(self, connection: Any, _record: object) -> None:
        """A statement is prepared when it is first seen: planning it takes ten times as long as running it."""
        self.backends.add(connection.info.backend_pid)
        connection.prepare_threshold, connection.prepared_max = 0, MOST_PREPARED

    def settle(self) -> None:
        """Between two tests: nobody has a connection of it. Who has kept one keeps it alone."""
        if self.engine.pool.checkedout():  # type: ignore[attr-defined]
            self.engine.dispose()
            self.backends.clear()


def compiling_once(engine: Engine) -> Engine:
    """The same engine; it does not compile what one of its kind has compiled, for they speak one dialect."""
    if engine.name not in DIALECTS:
        engine.connect().close()  # to learn what the server can
        DIALECTS[engine.name] = engine.dialect
    engine.dialect = DIALECTS[engine.name]
    engine.update_execution_options(compiled_cache=COMPILED)
    return engine


ENGINES: dict[str, Lasting] = {}
"""Of each address that is lent."""


def quick(settings: Settings) -> Flask:
    """The service with these settings, less what only takes time: what lasts is used again, hashing is fast."""
    app = create_app(settings)
    database = app.extensions["database"]
    if lasting := ENGINES.get(database.url):
        database.engine = lasting.engine.execution_options()  # who listens to it hears nothing of the next test
    elif database.url.startswith("sqlite:///"):
        event.listen(compiling_once(database.engine), "connect", without_a_disk)
    app.testing = True
    app.jinja_env.bytecode_cache = TEMPLATES
    app.extensions["security"].pwd_context.update(**FAST)
    return app


def without_a_disk(connection: Any, _record: object) -> None:
    """SQLite waits for the disk at every commit, which helps when the power goes; no test pulls the plug."""
    connection.execute("PRAGMA synchronous=OFF")


def put_away(app: Flask) -> None:
    """After a test: close the connections of an application, but for those that last."""
    database = app.extensions["database"]
    if database.url not in ENGINES:
        database.engine.dispose()
