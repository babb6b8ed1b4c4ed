"""Editions kept for good, and the day on which the days or an edition turned a referral's verdict."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_editions"
down_revision = "20261126_notices"
branch_labels = None
depends_on = None

TURNED_FIRST = "(CASE WHEN (turned_on IS NULL) THEN '9999-12-31' ELSE turned_on END)"
TURNED = "turned_on IS NOT NULL AND worklist IS NOT NULL"


def upgrade() -> None:
    op.add_column("referrals", sa.Column("turned_on", sa.Date(), nullable=True))
    where = sa.text(TURNED)
    columns = [sa.text(TURNED_FIRST), sa.text("id")]
    op.create_index("ix_referrals_open_turned", "referrals", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "kept_editions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("criteria_set", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("english", sa.Text(), nullable=False),
        sa.Column("cql", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_kept_editions_named")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_kept_editions")),
    )
    op.create_index(
        op.f("ix_kept_editions_criteria_set_adopted_in_force_from"),
        "kept_editions",
        ["criteria_set", "adopted", "in_force_from"],
    )


def downgrade() -> None:
    op.drop_table("kept_editions")
    op.drop_index("ix_referrals_open_turned", "referrals")
    op.drop_column("referrals", "turned_on")
