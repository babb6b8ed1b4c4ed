"""Who may see and do what: roles, sessions, second factors, a chained log, restricted referrals, emergency access."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "20261122_access"
down_revision = "20261122_open_lists"
branch_labels = None
depends_on = None

OLD_ROLES = ("physician", "coordinator", "ir_physician", "administrator")
NEW_ROLES = ("physician", "delegate", "coordinator", "ir_physician", "administrator", "auditor")
PEOPLE = (
    ("invited_at", sa.DateTime(timezone=True)),
    ("joined_at", sa.DateTime(timezone=True)),
    ("tf_primary_method", sa.String(64)),
    ("tf_totp_secret", sa.String(255)),
    ("tf_phone_number", sa.String(128)),
    ("last_totp_counter", sa.BigInteger()),
    ("mf_recovery_codes", sa.JSON()),
    ("fs_webauthn_user_handle", sa.String(64)),
)
ALONE = {"resolve_fks": False}  # SQLite cannot read all of the indexes of the tables that these refer to
CHAINED = (
    "id", "action", "referral_id", "patient_id", "subject", "version", "from_state", "to_state", "by_id", "role",
    "on_behalf_of_id", "practice_id", "address", "happened_at", "recorded_at", "reason", "comment", "details",
)  # fmt: skip
ONCE_REQUIRED: dict[str, TypeEngine[Any]] = {
    "referral_id": sa.Integer(),
    "version": sa.Integer(),
    "by_id": sa.Integer(),
    "from_state": sa.String(30),
    "to_state": sa.String(30),
}
"""What an entry that is no change of a referral does without."""
SQLITE_TRIGGERS = {
    f"events_no_{verb.lower()}": f"""
        CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
}
POSTGRESQL_TRIGGERS = (
    """
    CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_append_only()",
    "CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION events_append_only()",
)


def upgrade() -> None:
    _roles(NEW_ROLES)
    _practices_and_people()
    _new_tables()
    op.execute("ALTER TABLE referrals ADD COLUMN restricted BOOLEAN DEFAULT FALSE NOT NULL")
    op.execute(
        "ALTER TABLE referrals ADD COLUMN ir_physician_id INTEGER "
        "CONSTRAINT fk_referrals_ir_physician_id REFERENCES people (id)"
    )
    _delegates_give_reasons()
    _chain_events()


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _roles(names: tuple[str, ...]) -> None:
    rule = f"name IN ({', '.join(repr(name) for name in names)})"
    with op.batch_alter_table("roles") as roles:
        if not _on_sqlite():  # where the table is made anew, and the old rule is left behind
            roles.drop_constraint(op.f("ck_roles_known_role"), type_="check")
        roles.create_check_constraint(op.f("ck_roles_known_role"), rule)
    there = set(op.get_bind().execute(sa.text("SELECT name FROM roles")).scalars())
    rows = [{"name": name} for name in names if name not in there]
    if rows:
        op.bulk_insert(sa.table("roles", sa.column("name", sa.String)), rows)


def _practices_and_people() -> None:
    op.add_column("practices", sa.Column("fax", sa.String(40), server_default="", nullable=False))
    op.add_column("practices", sa.Column("address", sa.String(300), server_default="", nullable=False))
    with op.batch_alter_table("people", reflect_kwargs=ALONE) as people:
        for name, kind in PEOPLE:
            people.add_column(sa.Column(name, kind, nullable=True))
        people.create_unique_constraint(op.f("uq_people_fs_webauthn_user_handle"), ["fs_webauthn_user_handle"])


def _new_tables() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(64), nullable=False),
        sa.Column("extensions", sa.String(255), nullable=True),
        sa.Column("create_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lastuse_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("usage", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["people.id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"])
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_identities_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"])
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(12), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(45), nullable=True),
        sa.Column("browser", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_user_sessions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_user_sessions_key_hash")),
        sa.UniqueConstraint("public_id", name=op.f("uq_user_sessions_public_id")),
    )
    op.create_index(op.f("ix_user_sessions_person_id"), "user_sessions", ["person_id"])
    op.create_table(
        "failed_sign_ins",
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_failed_sign_ins")),
    )
    op.create_index(op.f("ix_failed_sign_ins_last_failed_at"), "failed_sign_ins", ["last_failed_at"])
    op.create_table(
        "emergency_accesses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.String(20), nullable=True),
        sa.Column("review_comment", sa.Text(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_emergency_accesses_has_a_reason")),
        sa.CheckConstraint("ends_at > opened_at", name=op.f("ck_emergency_accesses_ends_after_it_opened")),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by_id IS NULL) AND (reviewed_at IS NULL) = (finding IS NULL)",
            name=op.f("ck_emergency_accesses_reviewed_by_somebody"),
        ),
        sa.CheckConstraint("reviewed_by_id <> person_id", name=op.f("ck_emergency_accesses_reviewed_by_another")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_emergency_accesses_patient_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_emergency_accesses_person_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_emergency_accesses_referral_id")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["people.id"], name=op.f("fk_emergency_accesses_reviewed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_accesses")),
        sa.UniqueConstraint("public_id", name=op.f("uq_emergency_accesses_public_id")),
    )
    op.create_index(
        op.f("ix_emergency_accesses_person_id_patient_id_ends_at"),
        "emergency_accesses",
        ["person_id", "patient_id", "ends_at"],
    )
    op.create_index(op.f("ix_emergency_accesses_reviewed_at"), "emergency_accesses", ["reviewed_at"])


REASONS = sa.table("reasons", sa.column("code", sa.String), sa.column("roles", sa.JSON))


def _delegates_give_reasons() -> None:
    """A delegate acts for a physician, and gives the physician's reasons."""
    connection = op.get_bind()
    for code, roles in connection.execute(sa.select(REASONS.c.code, REASONS.c.roles)).all():
        if "physician" in roles:
            told = {"roles": [*roles, "delegate"]}
            connection.execute(sa.update(REASONS).where(REASONS.c.code == code).values(**told))


def _chain_events() -> None:
    with op.batch_alter_table("events", reflect_kwargs=ALONE) as events:
        events.add_column(sa.Column("patient_id", sa.Integer(), nullable=True))
        events.add_column(sa.Column("subject", sa.String(12), nullable=True))
        events.add_column(sa.Column("role", sa.String(80), nullable=True))
        events.add_column(sa.Column("on_behalf_of_id", sa.Integer(), nullable=True))
        events.add_column(sa.Column("practice_id", sa.Integer(), nullable=True))
        events.add_column(sa.Column("address", sa.String(45), nullable=True))
        events.add_column(sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
        events.add_column(sa.Column("hash", sa.String(64), nullable=True))
        for column, kind in ONCE_REQUIRED.items():
            events.alter_column(column, existing_type=kind, nullable=True)
        events.alter_column(
            "details", existing_type=sa.JSON(), type_=sa.Text(), nullable=False, postgresql_using="details::text"
        )
    if not _on_sqlite():
        op.execute("ALTER TABLE events ALTER COLUMN id DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS events_id_seq")
    _chain_what_is_there()
    with op.batch_alter_table("events", reflect_kwargs=ALONE) as events:
        events.alter_column("recorded_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        events.alter_column("hash", existing_type=sa.String(64), nullable=False)
        events.create_check_constraint(op.f("ck_events_a_change_has_a_state"), "(version IS NULL) = (to_state IS NULL)")
        events.create_check_constraint(
            op.f("ck_events_a_change_is_of_a_referral"), "version IS NULL OR referral_id IS NOT NULL"
        )
        events.create_foreign_key(op.f("fk_events_patient_id"), "patients", ["patient_id"], ["id"])
        events.create_foreign_key(op.f("fk_events_on_behalf_of_id"), "people", ["on_behalf_of_id"], ["id"])
        events.create_foreign_key(op.f("fk_events_practice_id"), "practices", ["practice_id"], ["id"])
    for column in ("patient_id", "by_id", "subject"):
        op.create_index(op.f(f"ix_events_{column}"), "events", [column])
    for statement in SQLITE_TRIGGERS.values() if _on_sqlite() else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def _chain_what_is_there() -> None:
    """What was recorded before there was a chain is chained as it stands; who acted in which role is not known."""
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE events SET recorded_at = happened_at, "
            "patient_id = (SELECT patient_id FROM referrals WHERE referrals.id = events.referral_id), "
            "practice_id = (SELECT practice_id FROM referrals WHERE referrals.id = events.referral_id), "
            "subject = (SELECT public_id FROM referrals WHERE referrals.id = events.referral_id)"
        )
    )
    events = sa.table("events", *(sa.column(name) for name in (*CHAINED, "hash")))
    events.c.happened_at.type = events.c.recorded_at.type = sa.DateTime(timezone=True)
    previous = "0" * 64
    for row in connection.execute(sa.select(*(events.c[name] for name in CHAINED)).order_by(events.c.id)).all():
        text = json.dumps([_hashed(value) for value in row], separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
        connection.execute(sa.update(events).where(events.c.id == row.id).values(hash=previous))


def _hashed(value: object) -> object:
    if isinstance(value, datetime):
        at = value.astimezone(UTC) if value.tzinfo else value
        return at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def downgrade() -> None:
    _unchain_events()
    for column in ("ir_physician_id", "restricted"):
        op.drop_column("referrals", column)
    for table in ("emergency_accesses", "failed_sign_ins", "user_sessions", "identities", "passkeys"):
        op.drop_table(table)
    with op.batch_alter_table("people", reflect_kwargs=ALONE) as people:
        people.drop_constraint(op.f("uq_people_fs_webauthn_user_handle"), type_="unique")
        for name, _ in PEOPLE:
            people.drop_column(name)
    for column in ("fax", "address"):
        op.drop_column("practices", column)
    _without_new_roles()
    _roles(OLD_ROLES)


def _unchain_events() -> None:
    _without_triggers()
    op.execute("DELETE FROM events WHERE version IS NULL")
    for column in ("patient_id", "by_id", "subject"):
        op.drop_index(op.f(f"ix_events_{column}"), "events")
    with op.batch_alter_table("events", reflect_kwargs=ALONE) as events:
        if not _on_sqlite():
            for rule in ("a_change_has_a_state", "a_change_is_of_a_referral"):
                events.drop_constraint(op.f(f"ck_events_{rule}"), type_="check")
        for column in ("patient_id", "on_behalf_of_id", "practice_id"):
            events.drop_constraint(op.f(f"fk_events_{column}"), type_="foreignkey")
        for column in (
            "patient_id", "subject", "role", "on_behalf_of_id", "practice_id", "address", "recorded_at", "hash",
        ):  # fmt: skip
            events.drop_column(column)
        for column, kind in ONCE_REQUIRED.items():
            events.alter_column(column, existing_type=kind, nullable=False)
        events.alter_column(
            "details", existing_type=sa.Text(), type_=sa.JSON(), nullable=False, postgresql_using="details::json"
        )
    if not _on_sqlite():
        op.execute("CREATE SEQUENCE events_id_seq OWNED BY events.id")
        op.execute("SELECT setval('events_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM events), false)")
        op.execute("ALTER TABLE events ALTER COLUMN id SET DEFAULT nextval('events_id_seq')")


def _without_triggers() -> None:
    for trigger in SQLITE_TRIGGERS if _on_sqlite() else ():
        op.execute(f"DROP TRIGGER {trigger}")
    if not _on_sqlite():
        op.execute("DROP TRIGGER events_no_change ON events")
        op.execute("DROP TRIGGER events_no_truncate ON events")
        op.execute("DROP FUNCTION events_append_only()")


def _without_new_roles() -> None:
    """Whoever was only that is left without a role, and may do nothing."""
    connection = op.get_bind()
    new = "(SELECT id FROM roles WHERE name IN ('delegate', 'auditor'))"
    connection.execute(sa.text(f"DELETE FROM people_roles WHERE role_id IN {new}"))  # noqa: S608
    connection.execute(sa.text("DELETE FROM roles WHERE name IN ('delegate', 'auditor')"))
    for code, roles in connection.execute(sa.select(REASONS.c.code, REASONS.c.roles)).all():
        if "delegate" in roles:
            told = {"roles": [role for role in roles if role != "delegate"]}
            connection.execute(sa.update(REASONS).where(REASONS.c.code == code).values(**told))
