"""Duplicates: records that look like one patient are linked, and an administrator merges two of one practice.

Links are seen by the practice where both records are its own, by the clinic where it may open a referral of each, and by
administrators while the clinic says that two records of one practice are the same patient: only then do they see who
those two are, and nothing else of anybody. Only the clinic decides; what else is written here, the installation writes.

referrals < emergency_accesses < patient_links, merges < patients: none of these leans back.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_duplicates"
down_revision = "20261126_messages"
branch_labels = None
depends_on = None


def sees(reach: str) -> str:
    return f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


SYSTEM, PRACTICE, CLINIC, ADMINISTRATION = (sees(each) for each in ("system", "practice", "clinic", "administration"))
ME = "(SELECT nullif(current_setting('referrals.person', true), '')::integer)"
OF_MY_PRACTICE = (
    f"({PRACTICE} AND practice_id = (SELECT nullif(current_setting('referrals.practice', true), '')::integer))"
)


def opens(record: str) -> str:
    """Whether somebody of the clinic opens a referral of this record."""
    return f"""EXISTS (
        SELECT FROM referrals r WHERE r.patient_id = {record} AND r.state <> 'draft' AND (
            NOT r.restricted OR r.owner_id = {ME} OR r.ir_physician_id = {ME} OR EXISTS (
                SELECT FROM emergency_accesses e
                WHERE e.person_id = {ME} AND e.patient_id = r.patient_id AND e.ends_at > now()
            )
        )
    )"""  # noqa: S608


OF_THE_CLINIC = f"({CLINIC} AND {opens('patient_links.patient_id')} AND {opens('patient_links.other_id')})"
TO_BE_MERGED = f"({ADMINISTRATION} AND practice_id IS NOT NULL AND decision = 'same')"
POLICIES = {
    "patient_links": {
        "seen": ("SELECT USING", f"{SYSTEM} OR {OF_MY_PRACTICE} OR {OF_THE_CLINIC} OR {TO_BE_MERGED}"),
        "found": ("INSERT WITH CHECK", SYSTEM),
        "decided": ("UPDATE USING", f"{SYSTEM} OR {OF_THE_CLINIC}"),
        "never_deleted": ("DELETE USING", "false"),
    },
    "merges": {
        "seen": ("SELECT USING", f"{SYSTEM} OR {ADMINISTRATION}"),
        "merged": ("INSERT WITH CHECK", f"{SYSTEM} OR ({ADMINISTRATION} AND merged_by_id = {ME})"),
        "undone": ("UPDATE USING", f"{SYSTEM} OR {ADMINISTRATION}"),
        "never_deleted": ("DELETE USING", "false"),
    },
    # A referral that moved takes its emergency accesses along, for those who were to see them.
    "emergency_accesses": {
        "seen_with_the_referral": (
            "SELECT USING",
            f"""{CLINIC} AND EXISTS (
                SELECT FROM referrals r
                WHERE r.id = emergency_accesses.referral_id AND (r.owner_id = {ME} OR r.ir_physician_id = {ME})
            )""",
        ),
    },
    "patients": {
        "identified_to_be_merged": (
            "SELECT USING",
            f"""{ADMINISTRATION} AND (EXISTS (
                SELECT FROM patient_links l
                WHERE patients.id IN (l.patient_id, l.other_id) AND l.practice_id IS NOT NULL AND l.decision = 'same'
            ) OR EXISTS (
                SELECT FROM merges m WHERE patients.id IN (m.kept_id, m.merged_id) AND m.undone_at IS NULL
            ))""",  # noqa: S608
        ),
        # Who was merged away has no referrals, and is seen with the record that they were merged into.
        "known_by_another_name": (
            "SELECT USING",
            f"{CLINIC} AND merged_into_id IS NOT NULL AND {opens('patients.merged_into_id')}",
        ),
    },
}
WALLED = ("patient_links", "merges")


def upgrade() -> None:
    op.execute(
        "ALTER TABLE patients ADD COLUMN merged_into_id INTEGER "
        "CONSTRAINT fk_patients_merged_into_id REFERENCES patients (id) "
        "CONSTRAINT ck_patients_merged_into_another CHECK (merged_into_id <> id)"
    )
    op.create_index("ix_patients_born_on", "patients", ["born_on"])
    op.create_index("ix_patients_merged_into_id", "patients", ["merged_into_id"])
    _links()
    _merges()
    if op.get_bind().dialect.name == "postgresql":
        _wall()


def _links() -> None:
    op.create_table(
        "patient_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("patient_id < other_id", name=op.f("ck_patient_links_the_older_first")),
        sa.CheckConstraint("decision IN ('same', 'different')", name=op.f("ck_patient_links_known_decision")),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by_id IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_patient_links_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_patient_links_patient_id")),
        sa.ForeignKeyConstraint(["other_id"], ["patients.id"], name=op.f("fk_patient_links_other_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_patient_links_practice_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_patient_links_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_links")),
        sa.UniqueConstraint("public_id", name=op.f("uq_patient_links_public_id")),
        sa.UniqueConstraint("patient_id", "other_id", name=op.f("uq_patient_links_patient_id_other_id")),
    )
    for column in ("other_id", "practice_id"):
        op.create_index(op.f(f"ix_patient_links_{column}"), "patient_links", [column])


def _merges() -> None:
    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("merged_by_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kept_id <> merged_id", name=op.f("ck_merges_of_two")),
        sa.CheckConstraint("(undone_by_id IS NULL) = (undone_at IS NULL)", name=op.f("ck_merges_undone_by_somebody")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_merges_practice_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["patients.id"], name=op.f("fk_merges_kept_id")),
        sa.ForeignKeyConstraint(["merged_id"], ["patients.id"], name=op.f("fk_merges_merged_id")),
        sa.ForeignKeyConstraint(["merged_by_id"], ["people.id"], name=op.f("fk_merges_merged_by_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["people.id"], name=op.f("fk_merges_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        sa.UniqueConstraint("public_id", name=op.f("uq_merges_public_id")),
    )
    for column in ("kept_id", "merged_id"):
        op.create_index(op.f(f"ix_merges_{column}"), "merges", [column])


def _wall() -> None:
    for table in WALLED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table, rules in POLICIES.items():
        for name, (what, rule) in rules.items():
            op.execute(f"CREATE POLICY {name} ON {table} FOR {what} ({rule})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in POLICIES.keys() - set(WALLED):
            for name in POLICIES[table]:
                op.execute(f"DROP POLICY {name} ON {table}")
    op.drop_table("merges")
    op.drop_table("patient_links")
    op.drop_index("ix_patients_merged_into_id", "patients")
    op.drop_index("ix_patients_born_on", "patients")
    op.drop_column("patients", "merged_into_id")
