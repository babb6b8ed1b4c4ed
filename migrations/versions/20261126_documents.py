"""Documents: papers kept with a referral, what they support, and where the pictures of a study are."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_documents"
down_revision = "20261126_worklists"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT coalesce('system' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
CLINIC = "(SELECT coalesce('clinic' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
ME = "(SELECT nullif(current_setting('referrals.person', true), '')::integer)"
MY_PRACTICE = "(SELECT nullif(current_setting('referrals.practice', true), '')::integer)"
OPEN_TO_ME = f"""(
    NOT r.restricted
    OR (r.requester_id = {ME} AND r.practice_id = {MY_PRACTICE})
    OR ({CLINIC} AND (
        r.owner_id = {ME} OR r.ir_physician_id = {ME}
        OR EXISTS (
            SELECT FROM emergency_accesses e
            WHERE e.person_id = {ME} AND e.patient_id = r.patient_id AND e.ends_at > now()
        )
    ))
)"""
SEEN_AND_WRITTEN = {
    "documents": f"{SYSTEM} OR EXISTS (SELECT FROM referrals r WHERE r.id = referral_id AND {OPEN_TO_ME})",
    "document_supports": f"{SYSTEM} OR EXISTS (SELECT FROM documents d WHERE d.id = document_id)",
}
"""Whoever opens the referral, as for a clinical picture: the row of a referral is itself behind the wall."""

LEVELS = ", ".join(
    f"'{region}{number}'" for region, last in (("C", 7), ("T", 12), ("L", 5), ("S", 5)) for number in range(1, last + 1)
)
VALID, WAITING = sa.text("error_at IS NULL"), sa.text("scan = 'not_scanned'")


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("study_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=True),
        sa.Column("media_type", sa.String(length=20), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("stored_as", sa.String(length=32), nullable=True),
        sa.Column("pictures_at", sa.String(length=200), nullable=True),
        sa.Column("accession_number", sa.String(length=64), nullable=True),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan", sa.String(length=20), nullable=True),
        sa.Column("scan_found", sa.String(length=200), nullable=True),
        sa.Column("error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_by_id", sa.Integer(), nullable=True),
        sa.Column("error_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('mri_report', 'ct', 'x_ray', 'dxa', 'laboratory', 'letter', 'other')",
            name="ck_documents_known_kind",
        ),
        sa.CheckConstraint("scan IN ('not_scanned', 'clean', 'infected', 'made_here')", name="ck_documents_known_scan"),
        sa.CheckConstraint("(stored_as IS NULL) = (pictures_at IS NOT NULL)", name="ck_documents_a_file_or_a_place"),
        sa.CheckConstraint(
            "(stored_as IS NULL) = (file_name IS NULL) AND (stored_as IS NULL) = (media_type IS NULL)"
            " AND (stored_as IS NULL) = (size IS NULL) AND (stored_as IS NULL) = (pages IS NULL)"
            " AND (stored_as IS NULL) = (scan IS NULL)",
            name="ck_documents_a_file_is_known",
        ),
        sa.CheckConstraint(
            "(error_at IS NULL) = (error_by_id IS NULL) AND (error_at IS NULL) = (error_reason IS NULL)",
            name="ck_documents_in_error_by_somebody_for_a_reason",
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name="fk_documents_referral_id_referrals"),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["people.id"], name="fk_documents_uploaded_by_id_people"),
        sa.ForeignKeyConstraint(["error_by_id"], ["people.id"], name="fk_documents_error_by_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("public_id", name="uq_documents_public_id"),
        sa.UniqueConstraint("stored_as", name="uq_documents_stored_as"),
    )
    op.create_index("ix_documents_referral_id", "documents", ["referral_id"])
    op.create_index(
        "ix_documents_same",
        "documents",
        ["referral_id", "digest"],
        unique=True,
        sqlite_where=VALID,
        postgresql_where=VALID,
    )
    op.create_index("ix_documents_waiting", "documents", ["id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table(
        "document_supports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=3), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"level IN ({LEVELS})", name="ck_document_supports_known_level"),
        sa.CheckConstraint("page > 0", name="ck_document_supports_counts_from_one"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_document_supports_document_id_documents"),
        sa.PrimaryKeyConstraint("id", name="pk_document_supports"),
        sa.UniqueConstraint("document_id", "position", name="uq_document_supports_document_id_position"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, rule in SEEN_AND_WRITTEN.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY seen_and_written ON {table} USING ({rule}) WITH CHECK ({rule})")
            op.execute(f"CREATE POLICY never_deleted ON {table} AS RESTRICTIVE FOR DELETE USING ({SYSTEM})")


def downgrade() -> None:
    op.drop_table("document_supports")
    op.drop_table("documents")
