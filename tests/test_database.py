"""What both databases must do alike: moments in UTC, strict keys, named rules, one schema."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.schema import CreateIndex

from referrals import amendment, migrate
from referrals.clinical import newest_picture
from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH, Base, Database, new_public_id, turn_to_writing
from referrals.patients import Patient
from referrals.referral import Referral
from referrals.scope import SYSTEM
from referrals.staff import Person, Practice, RoleName
from tests import clinic

DECIDED = {"decided_by_id": 1, "decided_at": datetime(2026, 11, 22, tzinfo=UTC), "decision_comment": ""}
FOR_A_REASON = {"decision_reason": "duplicate"}
TREATED = {"outcome": "treated", "bone_health": "referred"}


@pytest.fixture
def physician(database):
    with database.begin() as session:
        return clinic.person(session, "Test Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm Practice"))


def test_a_moment_comes_back_as_the_same_moment_in_utc(database, physician):
    in_kathmandu = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with database.begin() as session:
        referral = clinic.refer(session, physician)
        referral.changed_at = in_kathmandu
        session.flush()
        session.expire(referral)
        assert referral.changed_at == in_kathmandu
        assert referral.changed_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database, physician):
    with pytest.raises(StatementError, match="time zone"), database.begin() as session:
        referral = clinic.refer(session, physician)
        referral.changed_at = datetime(2026, 11, 22)  # noqa: DTZ001 - the fault under test
        session.flush()


def test_a_row_cannot_point_to_nothing(database):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add(Person(name="N", email="n@example.org", password="-", fs_uniquifier="n", practice_id=999))
        session.flush()


def test_a_transaction_that_fails_leaves_nothing(database, physician):
    with pytest.raises(RuntimeError, match="after the fact"), database.begin() as session:
        clinic.refer(session, physician)
        raise RuntimeError("after the fact")
    with database.reading() as session:
        assert session.scalars(select(Referral)).all() == []
        assert session.scalars(select(Patient)).all() == []


def test_what_turned_to_writing_and_was_not_committed_leaves_nothing(database, physician):
    with database.reading() as session:
        assert session.scalars(select(Practice.name)).all() == ["Elm Practice"]
        clinic.practice(turn_to_writing(session), "Ash Practice")
        assert len(session.scalars(select(Practice)).all()) == 2
    with database.reading() as session:
        assert session.scalars(select(Practice.name)).all() == ["Elm Practice"]


def test_on_postgresql_nothing_is_written_by_what_only_looks(postgresql_url):
    database = Database(postgresql_url, SYSTEM)
    with pytest.raises(DBAPIError, match="read-only transaction"), database.reading() as session:
        clinic.practice(session, "Elm Practice")
    database.engine.dispose()


def test_on_postgresql_what_is_looked_at_often_is_planned_once(postgresql_url):
    database = Database(postgresql_url, SYSTEM)
    for _ in range(8):
        with database.reading() as session:
            session.scalars(select(Practice.name)).all()
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT practices.name%'")
    with database.reading() as session:
        assert session.scalar(prepared) == 1
    database.engine.dispose()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"state": "lost", "worklist": None}, "known_state"),
        ({"urgency": 9}, "known_urgency"),
        ({"source": "pigeon"}, "known_source"),
        ({"worklist": "drawer"}, "known_worklist"),
        ({"worklist": None}, "on_one_worklist_while_open"),
        ({"state": "in_review"}, "reviewed_by_somebody"),
        ({"state": "scheduled", "owner_id": 1}, "scheduled_for_a_time"),
        ({"state": "attended", "owner_id": 1}, "attended_with_an_outcome"),
        ({"state": "returned_with_advice", "worklist": None, "decision_comment": "Wait."}, "ended_by_somebody"),
        ({"state": "withdrawn", "worklist": None, **DECIDED}, "ended_for_a_reason"),
        ({"state": "returned_with_advice", "worklist": None, **DECIDED}, "returned_with_advice_in_words"),
        ({"state": "declined", "worklist": None, **DECIDED, **FOR_A_REASON}, "declined_with_what_would_change_it"),
        ({"state": "redirected", "worklist": None, **DECIDED, **FOR_A_REASON}, "redirected_to_a_service"),
        ({"state": "completed", "worklist": None, **DECIDED, "no_letter_because": "x"}, "completed_with_an_outcome"),
        ({"state": "completed", "worklist": None, **DECIDED, **TREATED}, "completed_with_a_letter"),
        ({"patient_id": None}, "sent_with_a_patient"),
    ],
)
def test_the_rules_of_a_referral_hold_below_the_code_too(database, physician, changes, rule):
    with pytest.raises(IntegrityError, match=rule), database.begin() as session:
        referral = clinic.refer(session, physician)
        session.execute(update(Referral).where(Referral.id == referral.id).values(changes))


@pytest.mark.parametrize(("column", "value"), [("pain_score", 11), ("setting", "'moon'"), ("inr", 99)])
def test_a_fact_outside_its_range_is_refused_by_the_column(database, physician, column, value):
    with pytest.raises(IntegrityError, match=column), database.begin() as session:
        clinic.refer(session, physician)
        session.execute(text(f"UPDATE clinical_pictures SET {column} = {value}"))


def test_public_ids_are_random_and_can_be_spoken():
    ids = {new_public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == PUBLIC_ID_LENGTH and set(one) <= set(CROCKFORD) for one in ids)


# SQLite cannot say what is in an index on an expression; PostgreSQL can, and is asked by the same test.
UNSEEN_ON_SQLITE = pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection of expression-based index", "ignore:autogenerate skipping metadata-specified"
)


@UNSEEN_ON_SQLITE
def test_the_models_are_what_the_migrations_build(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    there, wanted = ({as_written(one[1]) for one in found if one[0] == f"{what}_index"} for what in ("remove", "add"))
    assert there == wanted
    assert [one for one in found if one[0] not in ("remove_index", "add_index")] == []


def as_written(index):
    """Without the new lines and types that PostgreSQL adds to a CASE, which Alembic takes for a difference."""
    return re.sub(r"::\w+|[\s()]", "", str(CreateIndex(index).compile(dialect=postgresql.dialect())))


@UNSEEN_ON_SQLITE
def test_every_constraint_has_a_name(database):
    inspector = inspect(database.engine)
    for table in Base.metadata.tables:
        named = [*inspector.get_foreign_keys(table), *inspector.get_unique_constraints(table)]
        named += inspector.get_check_constraints(table)
        assert all(constraint["name"] or in_the_sql(database, table, constraint) for constraint in named), table


def in_the_sql(database, table, key):
    """Whether SQLite's own words name a key of one column, which SQLAlchemy reads past where a column was added."""
    with database.engine.connect() as connection:
        sql = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :table"), {"table": table}).scalar()
    return f"CONSTRAINT fk_{table}_{key['constrained_columns'][0]} REFERENCES" in sql


def test_every_revision_goes_up_and_down_with_data(database, owner_url, physician):
    with database.begin() as session:
        clinic.refer(session, physician)
    scripts = ScriptDirectory(str(migrate.REVISIONS))
    for revision in scripts.walk_revisions():
        migrate.downgrade(owner_url, str(revision.down_revision or "base"))
        migrate.upgrade(owner_url)
        assert migrate.current(owner_url) == scripts.get_current_head()


def test_what_was_sent_before_points_to_its_newest_picture(database, owner_url, physician):
    with database.begin() as session:
        referral = clinic.refer(session, physician)
        infected = clinic.told({**clinic.FRAIL, "active_infection": True})
        amendment.amend(session, referral, physician, referral.version, clinic.TODAY, infected, "Found out")
    migrate.downgrade(owner_url, "20261126_own_searches")
    migrate.upgrade(owner_url)
    with database.reading() as session:
        newest = newest_picture(session, referral.id)
        assert newest.number == 2
        assert session.scalars(select(Referral.picture_id)).all() == [newest.id]
