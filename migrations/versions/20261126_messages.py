"""Messages between the two sides of a referral, append-only, and how far each person has read."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_messages"
down_revision = "20261126_visits"
branch_labels = None
depends_on = None


def sees(reach: str) -> str:
    return f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


SYSTEM, CLINIC = sees("system"), sees("clinic")
ME = "(SELECT nullif(current_setting('referrals.person', true), '')::integer)"
MY_PRACTICE = "(SELECT nullif(current_setting('referrals.practice', true), '')::integer)"
# As for a clinical picture: a restricted referral's messages are for those who may open it.
OF_A_REFERRAL = f"""EXISTS (
    SELECT FROM referrals r WHERE r.id = referral_id AND (
        NOT r.restricted
        OR (r.requester_id = {ME} AND r.practice_id = {MY_PRACTICE})
        OR ({CLINIC} AND (
            r.owner_id = {ME} OR r.ir_physician_id = {ME}
            OR EXISTS (
                SELECT FROM emergency_accesses e
                WHERE e.person_id = {ME} AND e.patient_id = r.patient_id AND e.ends_at > now()
            )
        ))
    )
)"""  # noqa: S608
MESSAGES = {
    "seen": f"SELECT USING ({SYSTEM} OR {OF_A_REFERRAL})",
    "written": f"INSERT WITH CHECK ({SYSTEM} OR (by_id = {ME} AND {OF_A_REFERRAL}))",
}
"""Without a policy for changing or deleting; and the trigger refuses both aloud, whoever asks."""
MINE = f"{SYSTEM} OR (person_id = {ME} AND {OF_A_REFERRAL})"
APPEND_ONLY = """
    CREATE FUNCTION messages_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'messages are append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(12), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(80), nullable=False),
        sa.Column("side", sa.String(10), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('clinic', 'referrer')", name=op.f("ck_messages_known_side")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_messages_says_something")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_messages_by_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_messages_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("public_id", name=op.f("uq_messages_public_id")),
        sa.UniqueConstraint("referral_id", "by_id", "token", name=op.f("uq_messages_referral_id_by_id_token")),
    )
    op.create_index(op.f("ix_messages_referral_id_id"), "messages", ["referral_id", "id"])
    op.create_table(
        "message_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("last_read_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["last_read_id"], ["messages.id"], name=op.f("fk_message_marks_last_read_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_message_marks_person_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_message_marks_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_marks")),
        sa.UniqueConstraint("referral_id", "person_id", name=op.f("uq_message_marks_referral_id_person_id")),
    )
    _never_change_a_message()
    if op.get_bind().dialect.name == "postgresql":
        _raise_the_second_wall()


def _never_change_a_message() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER messages_no_{what.lower()} BEFORE {what} ON messages "
                "BEGIN SELECT RAISE(ABORT, 'messages are append-only'); END"
            )
        return
    op.execute(APPEND_ONLY)
    for name, what in (("change", "UPDATE OR DELETE"), ("truncate", "TRUNCATE")):
        op.execute(
            f"CREATE TRIGGER messages_no_{name} BEFORE {what} ON messages "
            "FOR EACH STATEMENT EXECUTE FUNCTION messages_append_only()"
        )


def _raise_the_second_wall() -> None:
    for table in ("messages", "message_marks"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for name, rule in MESSAGES.items():
        op.execute(f"CREATE POLICY {name} ON messages FOR {rule}")
    op.execute(f"CREATE POLICY seen_and_written ON message_marks USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"CREATE POLICY never_deleted ON message_marks AS RESTRICTIVE FOR DELETE USING ({SYSTEM})")


def downgrade() -> None:
    op.drop_table("message_marks")
    op.drop_table("messages")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION messages_append_only()")
