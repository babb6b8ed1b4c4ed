"""What tests are given: a database of either kind, the application on it, a browser that opens it."""

import atexit
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from werkzeug.serving import make_server

from config import DEMONSTRATION, DEMONSTRATION_SECRET, Settings
from referrals.db import Database
from referrals.migrate import upgrade
from referrals.scope import SYSTEM
from referrals.staff import Person
from tests.browser import LastingBrowser, NoBrowser
from tests.lasting import put_away, quick
from tests.lending import Lender
from tests.postgres import NoPostgres, server
from tests.roles import Roles, two_roles
from tests.serving import Running
from tests.visitor import Visitor

BOTH = ("sqlite", "postgresql")


def unavailable(reason: str) -> NoReturn:
    """Skip, visibly, what this machine lacks the means for; in continuous integration nothing may be lacking."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_xdist_auto_num_workers() -> int:
    """As many as there are processors; each has a PostgreSQL and a Chromium of its own, so never a great many."""
    return max(2, min(os.cpu_count() or 2, 8))


def pytest_collection_finish() -> None:
    """What is there before the first test stays; looking through it for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted (`record_property`), said at the end: passed tests print nothing."""
    for report in terminalreporter.stats.get("passed", ()):
        for words, number in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {number} {words}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL on which databases may be made: TEST_POSTGRES_URL, else our own for this run."""
    with ExitStack() as running:
        if given := os.environ.get("TEST_POSTGRES_URL"):
            url = make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        else:
            url = _started(running)
        yield url
        administration(url).dispose()


def _started(running: ExitStack) -> str:
    try:
        return running.enter_context(server())
    except NoPostgres as reason:
        unavailable(str(reason))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at head, to be copied."""
    file = tmp_path_factory.mktemp("template") / "head.sqlite"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def roles(postgres_url: str) -> Iterator[Roles]:
    """Who owns the databases of this run, and as whom the service works in them."""
    with two_roles(postgres_url) as made:
        yield made


@pytest.fixture(scope="session")
def migrated_postgresql(postgres_url: str, roles: Roles) -> Iterator[str]:
    """The name of a database at head, to be copied."""
    name = f"referrals_head_{token_hex(6)}"
    roles.database(name)
    upgrade(roles.as_owner(name))
    yield name
    statement(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A SQLite database at head, of this test alone."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'referrals.sqlite')}"


@pytest.fixture(scope="session")
def lender(roles: Roles, migrated_postgresql: str) -> Iterator[Lender]:
    """Where tests borrow their PostgreSQL databases."""
    lender = Lender(roles, migrated_postgresql)
    yield lender
    lender.close()


@pytest.fixture
def postgresql_url(lender: Lender) -> Iterator[str]:
    """A PostgreSQL database at head, of this test alone; the address is the service's, who owns nothing."""
    with lender.lent() as url:
        yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """A database at head, once of each kind: every test that touches one runs on both."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def owner_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """The address of the same database for whoever changes its tables."""
    if database_url.startswith("sqlite"):
        return database_url
    roles: Roles = request.getfixturevalue("roles")
    return roles.as_owner(str(make_url(database_url).database))


def statement(postgres_url: str, sql: str) -> None:
    """One statement outside any transaction, as CREATE and DROP DATABASE want it."""
    with administration(postgres_url).connect() as connection:
        connection.exec_driver_sql(sql)


@cache
def administration(postgres_url: str) -> Engine:
    return create_engine(postgres_url, isolation_level="AUTOCOMMIT")


def at(postgres_url: str, name: str) -> str:
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


PLACES = TemporaryDirectory(prefix="documents")
"""Where the documents of each application lie, as long as the tests run."""
atexit.register(PLACES.cleanup)


def application(database_url: str, **different: Any) -> Flask:
    """The service as the tests run it: a secret and a clinic that are made up."""
    settings = Settings(
        mode=DEMONSTRATION,
        secret_key=DEMONSTRATION_SECRET,
        database_url=database_url,
        clinic_name="Test Clinic",
        clinic_telephone="555-0100",
        documents=f"{PLACES.name}/{token_hex(6)}",
    )
    return quick(replace(settings, **different))


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """The application on a database of its own, once of each kind."""
    app = application(database_url)
    yield app
    put_away(app)


@pytest.fixture
def database(app: Flask) -> Database:
    """The database that `app` works on, all of it: for tests to arrange and to look behind the pages."""
    return whole_database(app)


@pytest.fixture(name="at")
def everybodys_browser(app: Flask, people: dict[str, Person]) -> dict[str, Visitor]:
    """Everybody's browser, by the short names that a journey's own `people` gives them."""
    return {name: Visitor(app, person) for name, person in people.items()}


def whole_database(app: Flask) -> Database:
    """What pages see of it depends on who asks; this sees all."""
    found = app.extensions["database"]
    assert isinstance(found, Database)
    return found.within(SYSTEM)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who has not signed in."""
    return app.test_client()


class LiveServer:
    """The application answering at `url`, in a thread of this process, until `stop`."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        server = make_server("127.0.0.1", 0, app, threaded=True)
        self._running = Running(server)
        self.url = f"http://127.0.0.1:{server.server_port}"

    @property
    def database(self) -> Database:
        return whole_database(self.app)

    def stop(self) -> None:
        self._running.stop()
        put_away(self.app)


@pytest.fixture
def live_server(sqlite_url: str) -> Iterator[LiveServer]:
    """The application served on a SQLite of its own; a browser sees no difference between the databases."""
    running = LiveServer(application(sqlite_url))
    yield running
    running.stop()


@pytest.fixture
def live_server_on_both(database_url: str) -> Iterator[LiveServer]:
    """The same, once on each kind of database: for what many people do at once."""
    running = LiveServer(application(database_url))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def lasting_browser() -> Iterator[LastingBrowser]:
    """One Chromium for the whole run."""
    lasting = LastingBrowser()
    yield lasting
    lasting.close()


@pytest.fixture
def browser(lasting_browser: LastingBrowser) -> Iterator[Browser]:
    """It, for this test and not for ever."""
    with ExitStack() as lent:
        try:
            started = lent.enter_context(lasting_browser.lent())
        except NoBrowser as reason:
            unavailable(str(reason))
        yield started


@pytest.fixture
def open_browser(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., BrowserContext]]:
    """Somebody's own browser (cookies, size, script or none): open_browser(viewport=…, java_script_enabled=…)."""
    with ExitStack() as opened:

        def open_one(**options: object) -> BrowserContext:
            wanted = {"base_url": live_server.url, "viewport": {"width": 1280, "height": 900}, **options}
            context = browser.new_context(**wanted)  # type: ignore[arg-type]
            context.set_default_timeout(10_000)
            opened.callback(context.close)
            return context

        yield open_one


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    """A page of somebody's browser, 1280 wide; page.goto("/sign-in") opens the live server's."""
    return open_browser().new_page()
