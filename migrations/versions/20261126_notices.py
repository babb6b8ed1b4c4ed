"""Notices: a copy for each person, the outbox of mails, who wants which, reminders, and what the worker does by the clock.

A notice was read by one side; now each person reads their own copy. What was unread at a practice stays so for the
referring physician. The clinic had no page of its notices: it begins with an empty one.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_notices"
down_revision = "20261126_duplicates"
branch_labels = None
depends_on = None


def sees(reach: str) -> str:
    return f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


SYSTEM, ADMINISTRATION = sees("system"), sees("administration")
SAYS_SOMETHING = "current_setting('referrals.reach', true) <> ''"
OF_A_NOTICE = f"{SYSTEM} OR EXISTS (SELECT FROM notices n WHERE n.id = notice_id)"
OF_A_REQUEST = f"{SYSTEM} OR EXISTS (SELECT FROM information_requests q WHERE q.id = request_id)"
LOOKED_AFTER = f"{SYSTEM} OR {ADMINISTRATION}"
RULES = {
    "notice_copies": {
        "seen_and_written": f"USING ({OF_A_NOTICE}) WITH CHECK ({OF_A_NOTICE})",
        "never_deleted": f"AS RESTRICTIVE FOR DELETE USING ({SYSTEM})",
    },
    "reminders": {
        "seen_and_written": f"USING ({OF_A_REQUEST}) WITH CHECK ({OF_A_REQUEST})",
        "never_deleted": f"AS RESTRICTIVE FOR DELETE USING ({SYSTEM})",
    },
    # Anybody's transaction may owe a mail; only the worker and who looks after it see which there are.
    "mails": {
        "owed": f"FOR INSERT WITH CHECK ({SYSTEM} OR {SAYS_SOMETHING})",
        "seen": f"FOR SELECT USING ({LOOKED_AFTER})",
        "sent": f"FOR UPDATE USING ({LOOKED_AFTER})",
        "forgotten": f"FOR DELETE USING ({SYSTEM})",
    },
}
ALONE = {"resolve_fks": False}
"""On SQLite the table is made anew; the tables that it refers to are nothing to look at."""
UNREAD = sa.text("read_at IS NULL")
OPEN = sa.text("state IN ('waiting', 'leased')")
COPIED = """
    INSERT INTO notice_copies (notice_id, person_id, shared, read_at)
    SELECT n.id, r.requester_id, false, n.read_at FROM notices n JOIN referrals r ON r.id = n.referral_id
    WHERE n.audience = 'referrer'
"""
TAKEN_BACK = """
    UPDATE notices SET (read_at, read_by_id) = (
        SELECT c.read_at, CASE WHEN c.read_at IS NULL THEN NULL ELSE c.person_id END
        FROM notice_copies c WHERE c.notice_id = notices.id ORDER BY c.id LIMIT 1
    )
"""


def upgrade() -> None:
    _tables()
    op.execute(COPIED)
    with op.batch_alter_table("notices", reflect_kwargs=ALONE) as notices:
        notices.drop_index("ix_notices_practice_id_audience_read_at")
        notices.drop_constraint(op.f("ck_notices_read_by_somebody"), type_="check")
        notices.drop_constraint("fk_notices_read_by_id", type_="foreignkey")
        notices.drop_column("read_by_id")
        notices.drop_column("read_at")
    if op.get_bind().dialect.name == "postgresql":
        for table, rules in RULES.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            for name, rule in rules.items():
                op.execute(f"CREATE POLICY {name} ON {table} {rule}")


def _tables() -> None:
    op.create_table(
        "notice_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_copies_notice_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_notice_copies_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_copies"),
        sa.UniqueConstraint("notice_id", "person_id", name="uq_notice_copies_notice_id_person_id"),
    )
    op.create_index("ix_notice_copies_person", "notice_copies", ["person_id", "id"])
    op.create_index(
        "ix_notice_copies_unread", "notice_copies", ["person_id", "id"], sqlite_where=UNREAD, postgresql_where=UNREAD
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(length=16), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'leased', 'sent', 'dead', 'void')", name=op.f("ck_mails_known_state")),
        sa.CheckConstraint("(state = 'leased') = (lease IS NOT NULL)", name=op.f("ck_mails_leased_by_somebody")),
        sa.CheckConstraint("(state IN ('waiting', 'leased')) = (ended_at IS NULL)", name=op.f("ck_mails_ends_once")),
        sa.CheckConstraint("state NOT IN ('sent', 'void') OR sealed IS NULL", name=op.f("ck_mails_blank_once_sent")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_mails_person_id"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_mails_notice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("public_id", name="uq_mails_public_id"),
        sa.UniqueConstraint("notice_id", "person_id", name="uq_mails_notice_id_person_id"),
    )
    op.create_index("ix_mails_person_id", "mails", ["person_id"])
    op.create_index("ix_mails_state_ended_at", "mails", ["state", "ended_at"])
    op.create_index("ix_mails_open", "mails", ["due_at", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "mail_preferences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_mail_preferences_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_preferences"),
        sa.UniqueConstraint("person_id", "kind", name="uq_mail_preferences_person_id_kind"),
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["information_requests.id"], name="fk_reminders_request_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reminders"),
        sa.UniqueConstraint("request_id", "days", name="uq_reminders_request_id_days"),
    )
    op.create_table(
        "errands",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_errands"),
    )


def downgrade() -> None:
    with op.batch_alter_table("notices", reflect_kwargs=ALONE) as notices:
        notices.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
        notices.add_column(sa.Column("read_by_id", sa.Integer(), nullable=True))
    op.execute(TAKEN_BACK)
    with op.batch_alter_table("notices", reflect_kwargs=ALONE) as notices:
        notices.create_foreign_key("fk_notices_read_by_id", "people", ["read_by_id"], ["id"])
        notices.create_check_constraint(op.f("ck_notices_read_by_somebody"), "(read_at IS NULL) = (read_by_id IS NULL)")
        notices.create_index("ix_notices_practice_id_audience_read_at", ["practice_id", "audience", "read_at"])
    for table in ("errands", "reminders", "mail_preferences", "mails", "notice_copies"):
        op.drop_table(table)
