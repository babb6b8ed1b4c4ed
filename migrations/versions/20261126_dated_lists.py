"""Lists that are sorted by a date: their indexes are on an expression that row-level security lets PostgreSQL look up.

COALESCE is not among those of which it knows that they tell nothing (contain_leaked_vars); CASE is. And it is told which
days go with which list: it took the list of overdue answers for a hundredth of what it is, and sorted it whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_dated_lists"
down_revision = "20261126_editions"
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
OF_ONE_LIST = ("due", "appointment")
"""Dates that only the referrals of one list have."""


def upgrade() -> None:
    _made_anew(DATED)
    if op.get_bind().dialect.name == "postgresql":
        for name in OF_ONE_LIST:
            of = DATED.format(COLUMNS[name])
            op.execute(f"CREATE STATISTICS st_referrals_worklist_{name} (mcv) ON worklist, ({of}) FROM referrals")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in OF_ONE_LIST:
            op.execute(f"DROP STATISTICS st_referrals_worklist_{name}")
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
