"""Searches: what somebody looked for stands in a row of their own, not in an address."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_searches"
down_revision = "20261122_row_security"
branch_labels = None
depends_on = None

CLINIC = "(SELECT coalesce('clinic' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
MINE = "person_id = (SELECT nullif(current_setting('referrals.person', true), '')::integer)"
SYSTEM = "(SELECT coalesce('system' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


def upgrade() -> None:
    op.create_table(
        "searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_searches_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_searches"),
        sa.UniqueConstraint("public_id", name="uq_searches_public_id"),
    )
    op.create_index("ix_searches_person_id", "searches", ["person_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE searches ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE searches FORCE ROW LEVEL SECURITY")
        rule = f"{SYSTEM} OR ({CLINIC} AND {MINE})"
        op.execute(f"CREATE POLICY searched_for ON searches USING ({rule}) WITH CHECK ({rule})")


def downgrade() -> None:
    op.drop_table("searches")
