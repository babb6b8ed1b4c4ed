"""Open lists: an index of the open referrals alone, in the order in which they become eligible."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_open_lists"
down_revision = "20261122_main_job"
branch_labels = None
depends_on = None

NAME = "ix_referrals_open_eligible"
COLUMNS = ("coalesce(becomes_eligible_on, '9999-12-31')", "id")
IS_OPEN = sa.text("state IN ('submitted', 'in_review', 'awaiting_information', 'accepted', 'scheduled', 'attended')")


def upgrade() -> None:
    op.create_index(
        NAME, "referrals", [sa.text(column) for column in COLUMNS], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN
    )


def downgrade() -> None:
    op.drop_index(NAME, "referrals")
