"""Editions that are being drafted, and who signed them."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_edition_drafts"
down_revision = "20261126_dated_lists"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('drafted', 'signed_once')")
SIGNED = "state IN ('signed_once', 'adopted')"
RULES = {
    "known_state": "state IN ('drafted', 'signed_once', 'adopted', 'discarded')",
    "two_people_sign": "second_signer_id <> first_signer_id",
    "signed_by_somebody": f"({SIGNED}) = "
    "(first_signer_id IS NOT NULL AND first_signed_at IS NOT NULL AND signed_digest IS NOT NULL)",
    "signed_with_reason_and_day": f"NOT ({SIGNED}) OR (reason <> '' AND in_force_from IS NOT NULL)",
    "adopted_by_two": "(state = 'adopted') = "
    "(second_signer_id IS NOT NULL AND second_signed_at IS NOT NULL AND edition_digest IS NOT NULL)",
}
PEOPLE = ("drafted_by_id", "changed_by_id", "first_signer_id", "second_signer_id")


def upgrade() -> None:
    op.create_table(
        "edition_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("criteria_set", sa.String(length=40), nullable=False),
        sa.Column("based_on", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("drafted_by_id", sa.Integer(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("signed_digest", sa.String(length=64), nullable=True),
        sa.Column("first_signer_id", sa.Integer(), nullable=True),
        sa.Column("first_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_signer_id", sa.Integer(), nullable=True),
        sa.Column("second_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edition_digest", sa.String(length=64), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_edition_drafts_{name}")) for name, rule in RULES.items()),
        sa.ForeignKeyConstraint(
            ["based_on"], ["kept_editions.digest"], name=op.f("fk_edition_drafts_based_on_kept_editions")
        ),
        *(
            sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_edition_drafts_{column}_people"))
            for column in PEOPLE
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_drafts")),
        sa.UniqueConstraint("public_id", name=op.f("uq_edition_drafts_public_id")),
    )
    op.create_index(
        "uq_edition_drafts_one_open",
        "edition_drafts",
        ["criteria_set"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("edition_drafts")
