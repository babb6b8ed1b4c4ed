"""Current pictures: a referral says which of its clinical pictures is the newest, so that nobody has to look for it."""

from alembic import op

revision = "20261126_current_pictures"
down_revision = "20261126_own_searches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE referrals ADD COLUMN picture_id INTEGER "
        "CONSTRAINT fk_referrals_picture_id REFERENCES clinical_pictures (id)"
    )
    op.execute(
        "UPDATE referrals SET picture_id = (SELECT id FROM clinical_pictures "
        "WHERE referral_id = referrals.id ORDER BY number DESC LIMIT 1)"
    )


def downgrade() -> None:
    op.drop_column("referrals", "picture_id")
