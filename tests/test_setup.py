"""Setting up: what an installation needs to be told, what the commands need, and what the repository promises."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from signal import SIGINT
from urllib.error import URLError

import click
import pytest

from config import DEMONSTRATION, DEMONSTRATION_SECRET, PRODUCTION, from_environment
from referrals import create_app
from referrals.fitness import MissingSettings, missing, require

ROOT = Path(__file__).parent.parent
SECRET = "q8Vd0sJx_4mZr-Lw2Tn7Yh5KbGf1Uc9EoPi3Aa6"
GOOD = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://clinic:hush@db.example.org/referrals?sslmode=verify-full",
    "PUBLIC_URL": "https://referrals.example.org",
    "DOCUMENTS": "/var/lib/referrals/documents",
}
OURS = re.findall(r"`([A-Z_]{4,})`", (ROOT / "README.md").read_text())


def run(*command, **environment):
    """A command as an administrator types it, in an environment that tells it only what is given here."""
    told = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**told, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def gunicorn(**environment):
    return run("gunicorn", "wsgi:app", "--bind=127.0.0.1:0", "--no-control-socket", **environment)


# What an installation has to be told


@pytest.mark.parametrize(
    ("address", "fit"),
    [
        ("postgresql://clinic:hush@db.example.org/referrals", False),
        ("postgresql://clinic:hush@db.example.org/referrals?sslmode=prefer", False),
        ("postgresql://clinic:hush@/referrals?host=db.example.org", False),
        ("postgresql://clinic:hush@db.example.org/referrals?sslmode=require", True),
        ("postgresql://clinic:hush@localhost/referrals", True),
        ("postgresql://clinic:hush@/referrals?host=/run/postgresql", True),
    ],
)
def test_patients_do_not_go_to_another_machine_in_the_clear(address, fit):
    said = missing(from_environment({**GOOD, "DATABASE_URL": address}))
    assert ("sslmode=verify-full" in said.get("DATABASE_URL", "")) is not fit


@pytest.mark.parametrize(("debug", "fit"), [("1", False), ("true", False), ("0", True), ("", True)])
def test_production_does_not_serve_a_debugger(debug, fit):
    assert ("FLASK_DEBUG" in missing(from_environment({**GOOD, "FLASK_DEBUG": debug}))) is not fit


def test_production_with_all_it_needs_may_serve():
    settings = from_environment(GOOD)
    require(settings)
    assert settings.mode == PRODUCTION


@pytest.mark.parametrize(
    "secret",
    ["", "short", "a" * 64, DEMONSTRATION_SECRET, "change-me-change-me-change-me-change-me", "ab" * 32],
)
def test_production_refuses_a_secret_that_can_be_guessed(secret):
    with pytest.raises(MissingSettings, match=r"SECRET_KEY: at least 32 characters .* python3 -c"):
        require(from_environment({**GOOD, "SECRET_KEY": secret}))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "referrals",
        "mysql://clinic:hush@host/name",
        "postgresql://clinic:hush@host",
        "postgresql://clinic:hush@host:99x/name",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_production_refuses_a_database_that_it_cannot_keep_and_never_repeats_its_password(url):
    with pytest.raises(MissingSettings) as refused:
        require(from_environment({**GOOD, "DATABASE_URL": url}))
    assert "DATABASE_URL: postgresql://user:password@host/name" in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REFERRALS_MODE", "staging"),
        ("CLINIC_TIME_ZONE", "Mars/Olympus"),
        ("CLINIC_TIME_ZONE", "../UTC"),
        ("CLINIC_HOLIDAYS", "US-ZZ"),
        ("CLINIC_HOLIDAYS", "Atlantis"),
        ("CLINIC_HOLIDAYS", "-"),
        ("TARGET_CLAIMED_DAYS", "soon"),
        ("TARGET_URGENT_DAYS", "-1"),
        ("TARGET_ROUTINE_DAYS", "91"),
        ("TARGET_LETTER_DAYS", "7.5"),
        ("PUBLIC_URL", "http://referrals.example.org"),
        ("PUBLIC_URL", "referrals.example.org"),
        ("PROXIES", "-1"),
        ("PROXIES", "many"),
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_IDLE_MINUTES", "1_0"),
        ("SESSION_IDLE_MINUTES_PRACTICE", "99999999"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_by_name(name, value):
    with pytest.raises(MissingSettings, match=name):
        require(from_environment({**GOOD, name: value}))


@pytest.mark.parametrize("region", ["US-NY", "US", "PT", ""])
def test_a_clinic_keeps_the_holidays_of_its_region_or_none(region):
    settings = from_environment({**GOOD, "CLINIC_HOLIDAYS": region, "TARGET_ROUTINE_DAYS": "5"})
    require(settings)
    assert (settings.holidays, settings.target_routine, settings.target_urgent) == (region, 5, 2)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_of_postgresql_is_opened_with_the_driver_that_is_installed(scheme):
    settings = from_environment({**GOOD, "DATABASE_URL": f"{scheme}://clinic:hush@host/name"})
    assert settings.database_url == "postgresql+psycopg://clinic:hush@host/name"


def test_the_demonstration_needs_to_be_told_nothing_more():
    settings = from_environment({"REFERRALS_MODE": DEMONSTRATION})
    require(settings)
    assert settings.database_url.startswith("sqlite:///")
    assert "made up" in settings.clinic_name


def test_served_without_settings_it_stops_and_says_all_that_is_missing():
    stopped = gunicorn()
    assert stopped.returncode != 0
    assert "SECRET_KEY: at least 32 characters" in stopped.stderr
    assert "DATABASE_URL: postgresql://" in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_served_with_the_secret_of_the_demonstration_it_stops():
    stopped = gunicorn(**{**GOOD, "SECRET_KEY": DEMONSTRATION_SECRET})
    assert stopped.returncode != 0
    assert "SECRET_KEY" in stopped.stderr
    assert "DATABASE_URL" not in stopped.stderr


def test_flask_run_stops_too():
    stopped = run("flask", "--app", "wsgi", "run", "--port", "0")
    assert stopped.returncode != 0
    assert "SECRET_KEY" in stopped.stderr


# What the commands need


def test_criteria_are_assessed_without_any_setting(tmp_path):
    case = {"id": "one", "as_of": "2026-11-22", "patient": {}, "vertebrae": [{"level": "L1"}]}
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    told = run("flask", "--app", "wsgi", "criteria", "assess", str(file))
    assert told.returncode == 0, told.stderr
    assert [case["id"] for case in json.loads(told.stdout)] == ["one"]


def test_a_command_that_needs_the_database_says_so_in_a_line():
    told = run("flask", "--app", "wsgi", "db", "upgrade")
    assert told.returncode == 1
    assert "DATABASE_URL" in told.stderr
    assert "SECRET_KEY" not in told.stderr
    assert "Traceback" not in told.stderr


def test_the_database_is_brought_to_a_revision_and_back(tmp_path):
    url = f"sqlite:///{tmp_path / 'new folder' / 'clinic.sqlite'}"
    up = run("flask", "--app", "wsgi", "db", "upgrade", DATABASE_URL=url)
    down = run("flask", "--app", "wsgi", "db", "downgrade", "base", DATABASE_URL=url)
    assert "The database is at revision 2026" in up.stdout, up.stderr
    assert "base, with no tables" in down.stdout, down.stderr


def leaves(group, path=()):
    """Every command below a group, as it is typed."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name))


def test_every_command_is_in_the_readme():
    commands = set(leaves(create_app(from_environment({})).cli))
    assert {"db upgrade", "db downgrade", "db current", "criteria assess"} <= commands
    readme = (ROOT / "README.md").read_text()
    assert [command for command in sorted(commands) if f"flask --app wsgi {command}" not in readme] == []


def test_make_says_what_each_of_its_targets_does():
    [targets] = re.findall(r"^\.PHONY: help (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    told = make("help", cwd=ROOT).stdout
    assert [name for name in targets.split() if f"make {name} " not in told] == []


def test_every_setting_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert [name for name in OURS if name not in readme] == []


# What the repository promises


def locked(file):
    """{package: version} of a lock; each has its hashes."""
    text = (ROOT / file).read_text()
    block = r"^([a-z0-9-]+)==([^ ;\\]+).*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)"
    blocks = re.findall(block, text, re.MULTILINE)
    assert len(blocks) == len(re.findall(r"^[a-z]", text, re.MULTILINE)) > 0
    return {name: version for name, version, _ in blocks}


def test_the_locks_agree_and_hold_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert runtime.items() <= development.items()
    for wanted, there in (
        (project["dependencies"], runtime),
        (project["optional-dependencies"]["dev"], development),
    ):
        assert {re.split(r"[^a-z0-9-]", line)[0] for line in wanted} <= there.keys()


def test_the_locks_name_no_host_and_no_folder():
    for file in ("requirements.lock", "requirements-dev.lock"):
        assert not re.search(r"://|--index|--find-links|\s/|@ ", (ROOT / file).read_text())


def test_the_lock_of_what_reads_cql_names_no_host_and_holds_every_package_by_its_hash():
    lock = json.loads((ROOT / "tests/cql/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for entry in packages.values():
        assert entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry


def tracked():
    """Every text that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone knows which files are the repository's")
def test_no_file_names_a_folder_of_somebody_s_machine_or_a_registry():
    folder = r"(?<![\w.>])/(?:home|root|work|Users|farm|opt)/\w|file:/{2}"
    registry = r"(?:pypi|pythonhosted|npmjs)\.org"
    betraying = re.compile(f"{folder}|{registry}")
    assert [name for name, text in tracked() if betraying.search(text)] == []


# make


def make(*arguments, **options):
    return subprocess.run(["make", *arguments], capture_output=True, text=True, timeout=60, check=False, **options)


def test_without_a_recent_python_make_says_what_to_install(tmp_path):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "requirements.lock").touch()
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    told = make("run", "PATH=" + str(old.parent), cwd=tmp_path)
    assert told.returncode != 0
    assert "Python 3.11 or newer is needed" in told.stderr


only_in_its_own_venv = pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv", reason="make would set up another .venv: run the tests with `make test`"
)


@only_in_its_own_venv
def test_make_run_says_when_the_port_is_taken_or_none_at_all():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = make("run", f"PORT={port}", cwd=ROOT)
    assert f"Port {port} is not to be had (Address already in use)" in told.stderr
    assert "make run PORT=" in told.stderr
    for port in ("eighty", "0", "70000"):
        assert "a number from 1 to 65535" in make("run", f"PORT={port}", cwd=ROOT).stderr


@contextmanager
def running(port, database):
    """`make run`, from its first answer until Ctrl-C: what it answered and what it printed."""
    mails = database.with_name("mails").as_uri()
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}", "SMTP_URL": mails}
    printed = database.with_suffix(".out")
    with printed.open("w") as out:
        made = subprocess.Popen(
            ["make", "run", f"PORT={port}"], cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        answer = first_answer(f"http://127.0.0.1:{port}/sign-in", made)
        yield answer, printed.read_text()
    finally:
        os.killpg(made.pid, SIGINT)
        made.wait(120)


def first_answer(url, made):
    for _ in range(600):
        assert made.poll() is None, "make run has ended"
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310
                return answer.status
        except URLError:
            time.sleep(0.1)
    raise AssertionError("make run does not answer within a minute")


def count(database, table="referrals"):
    with closing(sqlite3.connect(database)) as opened:
        return opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def until(so, made):
    for _ in range(600):
        if so():
            return
        time.sleep(0.1)
    raise AssertionError(f"within a minute {made}")


@only_in_its_own_venv
def test_make_run_serves_a_made_up_clinic_and_keeps_its_data_for_the_next_time(tmp_path):
    database = tmp_path / "made-up.sqlite"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(port, database) as (status, printed):
        assert status == 200
        assert f"http://127.0.0.1:{port}" in printed
        for role in ("Referring physician", "Coordinator", "IR physician", "Administrator"):
            assert role.lower() in printed.lower(), printed
        at_first = count(database)
        until(lambda: count(database, "errands") > 0, made="the worker runs beside it")
    assert at_first >= 55
    with running(port, database) as (status, _printed):
        assert status == 200
        assert count(database) == at_first
