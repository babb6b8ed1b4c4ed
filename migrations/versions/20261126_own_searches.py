"""Own searches: a practice looks for its patients too; what somebody searched for stays theirs alone."""

from alembic import op

revision = "20261126_own_searches"
down_revision = "20261126_plain_names"
branch_labels = None
depends_on = None

CLINIC = "(SELECT coalesce('clinic' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
MINE = "person_id = (SELECT nullif(current_setting('referrals.person', true), '')::integer)"
PRACTICE = "(SELECT coalesce('practice' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
SYSTEM = "(SELECT coalesce('system' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


def upgrade() -> None:
    _alter(f"{SYSTEM} OR (({CLINIC} OR {PRACTICE}) AND {MINE})")


def downgrade() -> None:
    _alter(f"{SYSTEM} OR ({CLINIC} AND {MINE})")


def _alter(rule: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER POLICY searched_for ON searches USING ({rule}) WITH CHECK ({rule})")
