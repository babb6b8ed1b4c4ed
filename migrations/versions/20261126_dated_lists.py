"""Lists that are sorted by a date: their indexes are on an expression that row-level security lets PostgreSQL look up.

COALESCE is not among those of which it knows that they tell nothing (contain_leaked_vars); CASE is.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_dated_lists"
down_revision = "20261126_notices"
branch_labels = None
depends_on = None

COLUMNS = {
    "conservative": "conservative_management_started_on",
    "onset": "onset_on",
    "due": "due_on",
    "eligible": "becomes_eligible_on",
    "appointment": "appointment_on",
}
OF_THE_OPEN = ("eligible", "onset")
DATED = "CASE WHEN ({0} IS NULL) THEN '9999-12-31' ELSE {0} END"
WAS_DATED = "coalesce({0}, '9999-12-31')"


def upgrade() -> None:
    _made_anew(DATED)


def downgrade() -> None:
    _made_anew(WAS_DATED)


def _made_anew(dated: str) -> None:
    for name, column in COLUMNS.items():
        _index(f"ix_referrals_worklist_{name}", "worklist", f"({dated.format(column)})")
        if name in OF_THE_OPEN:
            _index(f"ix_referrals_open_{name}", f"({dated.format(column)})", of="worklist IS NOT NULL")


def _index(name: str, *columns: str, of: str = "") -> None:
    where = sa.text(of) if of else None
    op.drop_index(name, "referrals")
    op.create_index(
        name, "referrals", [sa.text(column) for column in (*columns, "id")], sqlite_where=where, postgresql_where=where
    )
