"""The log: nobody changes an entry, and whoever forges it all the same is found out at the first row that is wrong."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config import from_environment
from referrals import checkpoint, events, log
from referrals.checkpoint import BadCheckpoint, Keeper, read, written
from referrals.db import Database, connect
from referrals.events import BEFORE_THE_FIRST, CHAINED, Entry, chained, comes_from, record
from referrals.fitness import missing
from referrals.log import Broken, newest, verify
from referrals.scope import SYSTEM
from referrals.staff import RoleName
from tests import clinic
from tests.conftest import statement

COUNT = 8
"""Entries in the log that is forged: three of a referral, the others readings and signing in."""
COLUMNS = (*CHAINED, "hash")


@pytest.fixture
def town(database):
    return filled(database)


def filled(database):
    with database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
        coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
        comes_from(session, events.Origin("192.0.2.7"))
        first, second = clinic.refer(session, physician), clinic.refer(session, physician)
        clinic.claim(session, first, coordinator)
    for number in range(COUNT - 3):
        with database.begin() as session:
            comes_from(session, events.Origin("192.0.2.8"))
            entry = Entry(
                action="read",
                by=coordinator,
                practice_id=elm.id,
                subject=second.public_id,
                referral_id=second.id,
                patient_id=second.patient_id,
                details={"page": "referral.show", "rows": number},
            )
            record(session, entry)
    return coordinator


def last_of(database):
    with database.reading() as session:
        last = newest(session.connection())
    assert last
    return last


ON_SQLITE = ("DROP TRIGGER IF EXISTS events_no_update", "DROP TRIGGER IF EXISTS events_no_delete")
ON_POSTGRESQL = (
    "ALTER TABLE events NO FORCE ROW LEVEL SECURITY",
    "DROP TRIGGER IF EXISTS events_no_change ON events",
    "DROP TRIGGER IF EXISTS events_no_truncate ON events",
)
KEYS_AND_RULES = """
    SELECT conrelid::regclass, conname FROM pg_constraint
    WHERE contype IN ('c', 'f') AND 'events'::regclass IN (conrelid, confrelid)
"""


def let_go(connection):
    """What somebody with the owner's rights does first."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.driver_connection  # inside a transaction SQLite leaves its keys on
        for words in ("PRAGMA foreign_keys=OFF", "PRAGMA ignore_check_constraints=ON"):
            raw.execute(words)
    else:
        for table, name in connection.exec_driver_sql(KEYS_AND_RULES).all():
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for words in ON_SQLITE if connection.dialect.name == "sqlite" else ON_POSTGRESQL:
        connection.exec_driver_sql(words)


@contextmanager
def owner(url):
    """A connection of somebody to whom no trigger, key or rule applies."""
    engine = connect(url)
    try:
        with engine.connect() as connection:
            let_go(connection)
            yield connection
    finally:
        engine.dispose()


def rows(connection):
    return [dict(zip(COLUMNS, row, strict=True)) for row in log._rows(connection)]


def put(connection, row):
    row = dict(row)
    for name in log.MOMENTS:
        row[name] = moment(connection, row[name])
    names = ", ".join(COLUMNS)
    connection.execute(text(f"INSERT INTO events ({names}) VALUES ({', '.join(f':{name}' for name in COLUMNS)})"), row)


def moment(connection, written_down):
    return written_down if connection.dialect.name == "sqlite" else f"{written_down}+00"


def write_anew(connection, entries):
    """All of it, each hash taken over the entry before: nothing in the database tells it from the true log."""
    connection.execute(text("DELETE FROM events"))
    previous = BEFORE_THE_FIRST
    for number, entry in enumerate(entries, 1):
        row = {**entry, "id": number}
        row["hash"] = previous = chained(previous, [row[name] for name in CHAINED])
        put(connection, row)


def edit(connection):
    connection.execute(text("UPDATE events SET by_id = by_id - 1 WHERE id = 5"))


def delete_in_the_middle(connection):
    connection.execute(text("DELETE FROM events WHERE id = 4"))


def cut_the_tail(connection):
    connection.execute(text("DELETE FROM events WHERE id >= 7"))


def rewrite_everything(connection):
    write_anew(connection, [{**row, "address": "192.0.2.99"} for row in rows(connection)])


def swap_two(connection):
    connection.execute(text("UPDATE events SET id = 999 WHERE id = 5"))
    connection.execute(text("UPDATE events SET id = 5 WHERE id = 6"))
    connection.execute(text("UPDATE events SET id = 6 WHERE id = 999"))


def insert_one(connection):
    there = rows(connection)
    for number in range(COUNT, 5, -1):
        connection.execute(text(f"UPDATE events SET id = {number + 1} WHERE id = {number}"))
    forged = {**there[5], "id": 6, "by_id": there[0]["by_id"]}
    forged["hash"] = chained(there[4]["hash"], [forged[name] for name in CHAINED])
    put(connection, forged)


def replay_an_old_row(connection):
    put(connection, {**rows(connection)[4], "id": COUNT + 1})


FORGERIES = {edit: 5, delete_in_the_middle: 4, cut_the_tail: 7, swap_two: 5, insert_one: 7, replay_an_old_row: 9}
"""Each way, and the first row that is wrong: behind one put in, that is the first that does not follow from it."""


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def sealed(database, town, tmp_path, key):
    """The log of the town with a checkpoint at its last entry."""
    keeper = Keeper(tmp_path / "checkpoints", written(key))
    assert keeper.add(last_of(database))
    return keeper.file


def checked(connection, file, key):
    return verify(connection, list(read(file, key.public_key())))


def test_a_log_that_nobody_touched_is_whole(database, sealed, key):
    with database.reading() as session:
        whole = checked(session.connection(), sealed, key)
    assert (whole.entries, whole.last, whole.checkpoints) == (COUNT, last_of(database).hash, 1)
    assert whole.odd == []


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_row_is_named(owner_url, sealed, key, forge):
    with owner(owner_url) as connection:
        forge(connection)
        with pytest.raises(Broken) as found:
            checked(connection, sealed, key)
    assert found.value.sequence == FORGERIES[forge]


def test_a_log_that_was_written_anew_from_the_first_entry_looks_whole_and_does_not_fit_its_checkpoint(
    owner_url, sealed, key
):
    with owner(owner_url) as connection:
        rewrite_everything(connection)
        assert verify(connection).entries == COUNT
        with pytest.raises(Broken, match="signed on") as found:
            checked(connection, sealed, key)
    assert found.value.sequence == COUNT


def test_between_two_checkpoints_it_is_said_after_which_entry_the_log_was_written_anew(owner_url, town, tmp_path, key):
    keeper, at = Keeper(tmp_path / "checkpoints", written(key)), datetime.now(UTC)
    with owner(owner_url) as connection:
        there = rows(connection)
        for number in (3, 6, 8):
            keeper.add(events.Recorded(number, there[number - 1]["hash"], at))
        there[4]["address"] = "192.0.2.99"
        write_anew(connection, there)
        with pytest.raises(Broken, match="it or one before it, after entry 3,") as found:
            checked(connection, keeper.file, key)
    assert found.value.sequence == 6


def test_an_old_entry_that_is_brought_to_the_end_with_a_fitting_hash_is_something_to_look_at(owner_url, town):
    with owner(owner_url) as connection:
        there = rows(connection)
        early = (datetime.now(UTC) - timedelta(hours=2)).strftime(events.MOMENT)
        replayed = {**there[4], "id": COUNT + 1, "recorded_at": early}
        replayed["hash"] = chained(there[-1]["hash"], [replayed[name] for name in CHAINED])
        put(connection, replayed)
        [odd] = verify(connection).odd
    assert odd.startswith(f"Entry {COUNT + 1} says that it was recorded ")


CHANGES = {
    "sequence": lambda value: value - 1,
    "hash": lambda _: "0" * 64,
    "at": lambda _: "2020-01-01T00:00:00+00:00",
    "signature": lambda _: "A" * 86 + "==",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_checkpoint_is_named(database, sealed, key, name):
    line = json.loads(sealed.read_text())
    sealed.write_text(json.dumps({**line, name: CHANGES[name](line[name])}))
    with pytest.raises(BadCheckpoint, match=r"Line 1 .* entry [78]"), database.reading() as session:
        checked(session.connection(), sealed, key)


@pytest.mark.parametrize("line", ["", "{}", "[]", "7", '{"sequence": true}', "\udc80", "{" * 100_000, '{"x": 1}'])
def test_a_line_that_is_no_checkpoint_is_named(sealed, key, line):
    sealed.write_text(f"{sealed.read_text()}{line}\n", errors="surrogateescape")
    with pytest.raises(BadCheckpoint, match="Line 2"):
        list(read(sealed, key.public_key()))


def test_a_checkpoint_that_comes_twice_is_named(sealed, key):
    sealed.write_text(sealed.read_text() * 2)
    with pytest.raises(BadCheckpoint, match=r"Line 2 .* out of order"):
        list(read(sealed, key.public_key()))


def test_a_checkpoint_of_another_key_is_refused(sealed):
    with pytest.raises(BadCheckpoint, match="another key"):
        list(read(sealed, Ed25519PrivateKey.generate().public_key()))


@pytest.mark.parametrize("who", ["the service", "the owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET comment = 'x'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
        "DELETE FROM events WHERE id = 1",
    ],
)
def test_the_database_refuses_to_change_the_log(database_url, owner_url, town, statement, who):
    refused = "append-only"
    if statement.startswith("TRUNCATE") and database_url.startswith("sqlite"):
        statement = "UPDATE events SET id = id + 100"  # SQLite has no TRUNCATE
    elif statement.startswith("TRUNCATE") and who == "the service":
        refused = "permission denied"  # PostgreSQL asks for the right to, before any trigger
    theirs = Database(owner_url if who == "the owner" else database_url, SYSTEM)
    try:
        with pytest.raises(DBAPIError, match=refused), theirs.begin() as session:
            session.execute(text(statement))
    finally:
        theirs.engine.dispose()


# Any change at all


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def attacked(request, tmp_path_factory):
    """A log that any change may be made to, again and again, for each is taken back."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("attacked") / "referrals.sqlite"
        file.write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        url = owners = f"sqlite:///{file}"
    else:
        url, owners = request.getfixturevalue("copied")
    database = Database(url, SYSTEM)
    filled(database)
    database.engine.dispose()
    with owner(owners) as connection:
        connection.commit()
        yield connection


@pytest.fixture(scope="module")
def copied(postgres_url, roles, migrated_postgresql):
    """Another PostgreSQL at head: its address for the service, and for the owner."""
    name = f"referrals_attacked_{token_hex(6)}"
    statement(postgres_url, f"CREATE DATABASE {name} TEMPLATE {migrated_postgresql} OWNER {roles.owner}")
    yield roles.as_service(name), roles.as_owner(name)
    statement(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
ANYTHING = st.none() | WORDS | NUMBERS
MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))  # noqa: DTZ001


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_change_to_any_column_of_any_row_is_found(attacked, data):
    connection, on_sqlite = attacked, attacked.dialect.name == "sqlite"
    column = data.draw(st.sampled_from(COLUMNS), "column")
    number = data.draw(st.integers(1, COUNT), "row")
    value = data.draw(values(column, on_sqlite), "value")
    before = rows(connection)
    try:
        changed = text(f"UPDATE events SET {column} = :value WHERE id = :id")
        connection.execute(changed, {"value": value, "id": number})
    except DBAPIError:
        connection.rollback()
        assume(False)  # the column itself refuses it
    try:
        same = connection.execute(text("SELECT count(*) FROM events")).scalar() == COUNT and before == readable(
            connection
        )
        assume(not same)
        with pytest.raises(Broken) as found:
            verify(connection)
        assert found.value.sequence <= number
    finally:
        connection.rollback()


def readable(connection):
    try:
        return rows(connection)
    except Broken:
        return None


def values(column, on_sqlite):
    if on_sqlite:
        return ANYTHING | st.binary(max_size=8) | st.floats(allow_nan=False)
    if column in log.MOMENTS:
        return MOMENTS.map(lambda at: at.replace(tzinfo=UTC)) | st.none()
    kind = events.Event.__table__.c[column].type.python_type
    return st.none() | (NUMBERS if kind is int else WORDS)


def test_bytes_that_are_no_text_are_named(sqlite_url):
    """SQLite keeps such, and gives an error for them."""
    database = Database(sqlite_url)
    filled(database)
    with owner(sqlite_url) as connection:
        connection.execute(text("UPDATE events SET comment = CAST(x'ff' AS TEXT) WHERE id = 6"))
        with pytest.raises(Broken, match="no text") as found:
            verify(connection)
    assert found.value.sequence == 6
    database.engine.dispose()


def test_the_era_of_a_moment_counts(postgresql_url, roles):
    database = Database(postgresql_url, SYSTEM)
    filled(database)
    before_christ = "(to_char(happened_at, 'YYYY-MM-DD HH24:MI:SS.USTZH') || ' BC')::timestamptz"
    with owner(roles.as_owner(database.engine.url.database)) as connection:
        connection.execute(text(f"UPDATE events SET happened_at = {before_christ} WHERE id = 6"))
        with pytest.raises(Broken) as found:
            verify(connection)
    assert found.value.sequence == 6
    database.engine.dispose()


# Checkpoints that are written by themselves


def signed(file):
    return [json.loads(line)["sequence"] for line in file.read_text().splitlines()]


@pytest.fixture
def keeper(database, tmp_path, key, monkeypatch):
    """Keeps the checkpoints of the database's log, every three entries."""
    monkeypatch.setattr(checkpoint, "EVERY", 3)
    made = Keeper(tmp_path / "outside" / "checkpoints", written(key))
    database.when_committed = made.keep
    return made


def test_a_checkpoint_is_written_at_the_first_entry_and_after_every_so_many(database, keeper, key):
    filled(database)
    assert signed(keeper.file) == [3, 6]  # the three of the first transaction at once
    with database.reading() as session:
        assert checked(session.connection(), keeper.file, key).checkpoints == 2


def test_a_checkpoint_is_written_at_the_first_entry_after_a_day(database, keeper, monkeypatch):
    coordinator = filled(database)
    tomorrow = datetime.now(UTC) + timedelta(hours=25)
    monkeypatch.setattr(events, "now", lambda: tomorrow)
    for _ in range(2):
        with database.begin() as session:
            record(session, Entry(action="signed_in", by=coordinator))
    assert signed(keeper.file) == [3, 6, 9]


def test_an_entry_that_was_rolled_back_is_never_signed(database, keeper):
    coordinator = filled(database)
    with pytest.raises(RuntimeError), database.begin() as session:
        record(session, Entry(action="signed_in", by=coordinator))
        raise RuntimeError("after the fact")
    assert signed(keeper.file) == [3, 6]


def test_two_who_keep_one_file_write_each_checkpoint_once(database, keeper, key):
    filled(database)
    other = Keeper(keeper.file, written(key))
    assert other.add(last_of(database))
    assert not keeper.add(last_of(database))
    assert signed(keeper.file) == [3, 6, 8]


def test_a_line_that_somebody_else_wrote_does_not_keep_checkpoints_from_being_written(database, keeper):
    filled(database)
    with keeper.file.open("a") as file:
        file.write('{"sequence": 999999, "hash": "", "at": "2026-11-22T00:00:00+00:00", "signature": ""}\n')
    assert Keeper(keeper.file, written(keeper.key)).add(last_of(database))


def test_where_no_checkpoint_can_be_written_the_entry_stands_and_it_is_said(database, keeper, caplog):
    keeper.file = Path("/dev/null/nowhere")
    filled(database)
    assert "No checkpoint of the log could be written" in caplog.text


# The commands


@pytest.fixture
def command(app, tmp_path):
    """`flask log …` of an installation that keeps its checkpoints in this folder."""
    file = str(tmp_path / "checkpoints")
    app.extensions["settings"] = replace(app.extensions["settings"], log_checkpoints=file)
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["log", *words])


def test_the_command_says_how_many_entries_there_are_and_the_last_hash(database, town, command):
    last = last_of(database)
    assert command("checkpoint").exit_code == 0
    told = command("verify")
    assert told.exit_code == 0
    assert f"The log is whole: {COUNT} entries, the last {last.hash}; checkpoints that agree: 1." in told.output


@pytest.mark.parametrize("forge", [*FORGERIES, rewrite_everything], ids=lambda forge: forge.__name__)
def test_the_command_names_the_first_broken_row_and_ends_with_one(owner_url, town, command, forge):
    command("checkpoint")
    with owner(owner_url) as connection:
        forge(connection)
        connection.commit()
    for told in (command("verify"), command("checkpoint")):
        assert told.exit_code == 1
        assert f"The log was changed. Entry {FORGERIES.get(forge, COUNT)}: " in told.output


def test_a_changed_checkpoint_ends_the_command_with_one(town, command, tmp_path):
    command("checkpoint")
    file = tmp_path / "checkpoints"
    file.write_text(file.read_text().replace('"sequence":8', '"sequence":7'))
    told = command("verify")
    assert told.exit_code == 1
    assert "The checkpoints were changed. Line 1 of the checkpoints, of entry 7, is not as it was signed" in told.output


def test_checkpoints_that_are_gone_end_the_command_with_one(town, command):
    told = command("verify")
    assert told.exit_code == 1
    assert "The checkpoints are gone" in told.output


def test_an_empty_log_is_whole(app, command):
    assert "0 entries" in command("verify").output
    assert command("checkpoint").exit_code == 1


def test_an_auditor_verifies_a_copy_with_the_public_key_alone(app, town, command, tmp_path):
    command("checkpoint")
    public = written(checkpoint.private_key((tmp_path / "checkpoints.key").read_text()).public_key())
    file = str(tmp_path / "checkpoints")
    app.extensions["settings"] = replace(app.extensions["settings"], log_checkpoints="")
    assert "checkpoints that agree: 1" in command("verify", "--checkpoint", file, "--public-key", public).output
    assert "No checkpoints were looked at" in command("verify").output
    for wrong in ([], ["--public-key", "nonsense"]):
        assert command("verify", "--checkpoint", file, *wrong).exit_code == 2


def test_a_key_is_made_as_the_settings_take_it(command):
    told = command("key").output
    text_of_key = told.partition("LOG_SIGNING_KEY=")[2].splitlines()[0]
    assert written(checkpoint.private_key(text_of_key).public_key()) in told
    made = from_environment({"LOG_SIGNING_KEY": text_of_key})
    assert "LOG_SIGNING_KEY" not in missing(made)
    assert "LOG_SIGNING_KEY" in missing(from_environment({"LOG_SIGNING_KEY": "too short"}))
