"""Letters: which documents are letters that somebody signed and sent, and what kind of letter each is."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_letters"
down_revision = "20261126_documents"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT coalesce('system' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
OF_A_DOCUMENT = f"{SYSTEM} OR EXISTS (SELECT FROM documents d WHERE d.id = document_id)"


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('acknowledgement', 'request', 'decision', 'appointment', 'outcome')",
            name=op.f("ck_letters_known_kind"),
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_letters_referral_id")),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_letters_document_id")),
        sa.ForeignKeyConstraint(["signed_by_id"], ["people.id"], name=op.f("fk_letters_signed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("document_id", name=op.f("uq_letters_document_id")),
    )
    op.create_index(op.f("ix_letters_referral_id"), "letters", ["referral_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE letters ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE letters FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen_and_written ON letters USING ({OF_A_DOCUMENT}) WITH CHECK ({OF_A_DOCUMENT})")
        op.execute(f"CREATE POLICY never_deleted ON letters AS RESTRICTIVE FOR DELETE USING ({SYSTEM})")


def downgrade() -> None:
    op.drop_table("letters")
