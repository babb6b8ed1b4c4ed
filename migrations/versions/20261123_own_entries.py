"""Own entries: who is signed in writes in the log under no name but their own, also about no patient at all."""

from alembic import op

revision = "20261123_own_entries"
down_revision = "20261123_searches"
branch_labels = None
depends_on = None

PERSON = "nullif(current_setting('referrals.person', true), '')"
SYSTEM = "coalesce('system' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false)"
ABOUT_NO_PATIENT = "referral_id IS NULL AND patient_id IS NULL"
NAMES_WHO_ASKS = f"({PERSON} IS NULL OR by_id IS NULL OR by_id = {PERSON}::integer)"
"""Whoever is signing in is not signed in yet, and is named all the same."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        rule = f"NOT ({ABOUT_NO_PATIENT}) OR {NAMES_WHO_ASKS} OR {SYSTEM}"
        op.execute(f"CREATE POLICY own_entries ON events AS RESTRICTIVE FOR INSERT WITH CHECK ({rule})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP POLICY own_entries ON events")
