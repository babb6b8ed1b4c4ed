"""Visits: appointments with what came of them, and records of what was done at which level."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_visits"
down_revision = "20261126_letters"
branch_labels = None
depends_on = None

LEVELS = (
    *(f"C{number}" for number in range(1, 8)),
    *(f"T{number}" for number in range(1, 13)),
    *(f"L{number}" for number in range(1, 6)),
    *(f"S{number}" for number in range(1, 6)),
)
OUTCOMES = ("proceed", "watch", "tests_needed", "not_indicated", "treated")


def sees(reach: str) -> str:
    return f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


SYSTEM, PRACTICE, CLINIC = sees("system"), sees("practice"), sees("clinic")
ME = "(SELECT nullif(current_setting('referrals.person', true), '')::integer)"
MY_PRACTICE = "(SELECT nullif(current_setting('referrals.practice', true), '')::integer)"
OPEN_TO_ME = f"""(
    NOT r.restricted OR {SYSTEM}
    OR (r.requester_id = {ME} AND r.practice_id = {MY_PRACTICE})
    OR ({CLINIC} AND (
        r.owner_id = {ME} OR r.ir_physician_id = {ME}
        OR EXISTS (
            SELECT FROM emergency_accesses e
            WHERE e.person_id = {ME} AND e.patient_id = r.patient_id AND e.ends_at > now()
        )
    ))
)"""
OF_A_REFERRAL = f"EXISTS (SELECT FROM referrals r WHERE r.id = referral_id AND {OPEN_TO_ME})"
OF_A_RECORD = "EXISTS (SELECT FROM procedure_records p WHERE p.id = record_id)"
RULES = {
    # Only the clinic books and says what came of a visit; a practice reads it.
    "appointments": {
        "seen": f"SELECT USING ({SYSTEM} OR {OF_A_REFERRAL})",
        "booked": f"INSERT WITH CHECK ({SYSTEM} OR ({CLINIC} AND {OF_A_REFERRAL}))",
        "closed": f"UPDATE USING ({SYSTEM} OR ({CLINIC} AND {OF_A_REFERRAL}))",
    },
    # A record is corrected by another: nobody changes one.
    "procedure_records": {
        "seen": f"SELECT USING ({SYSTEM} OR {OF_A_REFERRAL})",
        "recorded": f"INSERT WITH CHECK ({SYSTEM} OR ({CLINIC} AND {OF_A_REFERRAL}))",
        "never_changed": f"UPDATE USING ({SYSTEM})",
    },
    "treated_levels": {
        "seen": f"SELECT USING ({SYSTEM} OR {OF_A_RECORD})",
        "recorded": f"INSERT WITH CHECK ({SYSTEM} OR ({CLINIC} AND {OF_A_RECORD}))",
        "never_changed": f"UPDATE USING ({SYSTEM})",
    },
}
"""No rule lets anybody delete a row."""
# Whoever books has to know that a room is taken, also by a patient whose referral is restricted. The function runs with
# the rights of whoever calls it, and for one statement sees as the system does; it tells when and where, and not whom.
BOOKED_ON = f"""
    CREATE FUNCTION booked_on(day date, OUT referral_id integer, OUT starts_at timestamp with time zone,
        OUT minutes smallint, OUT place character varying) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE reach_of_caller text := coalesce(current_setting('referrals.reach', true), '');
    BEGIN
        IF NOT ({CLINIC} OR {SYSTEM}) THEN RETURN; END IF;
        PERFORM set_config('referrals.reach', 'system', true);
        RETURN QUERY SELECT a.referral_id, a.starts_at, a.minutes, a.place FROM appointments a
            WHERE a.starts_on = day AND a.status = 'booked';
        PERFORM set_config('referrals.reach', reach_of_caller, true);
    END $$
"""  # noqa: S608


def one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    _appointments()
    _procedure_records()
    _treated_levels()
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, rules in RULES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for name, rule in rules.items():
            op.execute(f"CREATE POLICY {name} ON {table} FOR {rule}")
    op.execute(BOOKED_ON)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION booked_on(date)")
    for table in ("treated_levels", "procedure_records", "appointments"):
        op.drop_table(table)


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("still_in_pain", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("booked_by_id", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=15), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.CheckConstraint(
            one_of("kind", "consultation", "procedure", "follow_up"), name=op.f("ck_appointments_known_kind")
        ),
        sa.CheckConstraint(
            one_of("status", "booked", "attended", "missed", "cancelled", "rebooked"),
            name=op.f("ck_appointments_known_status"),
        ),
        sa.CheckConstraint(
            one_of("still_in_pain", "yes", "less", "no", "not_asked"), name=op.f("ck_appointments_known_pain")
        ),
        sa.CheckConstraint(one_of("outcome", *OUTCOMES), name=op.f("ck_appointments_known_outcome")),
        sa.CheckConstraint("minutes BETWEEN 5 AND 480", name=op.f("ck_appointments_minutes")),
        sa.CheckConstraint("place <> ''", name=op.f("ck_appointments_somewhere")),
        sa.CheckConstraint(
            "(status = 'booked') = (closed_at IS NULL)", name=op.f("ck_appointments_closed_unless_booked")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_id IS NULL)", name=op.f("ck_appointments_closed_by_somebody")
        ),
        sa.CheckConstraint(
            "(status = 'attended') = (outcome IS NOT NULL)", name=op.f("ck_appointments_attended_with_an_outcome")
        ),
        sa.CheckConstraint(
            "status IN ('booked', 'attended') OR reason IS NOT NULL", name=op.f("ck_appointments_not_kept_for_a_reason")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_appointments_referral_id")),
        sa.ForeignKeyConstraint(["booked_by_id"], ["people.id"], name=op.f("fk_appointments_booked_by_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["people.id"], name=op.f("fk_appointments_closed_by_id")),
        sa.ForeignKeyConstraint(["reason"], ["reasons.code"], name=op.f("fk_appointments_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appointments_public_id")),
    )
    stands = sa.text("status = 'booked'")
    op.create_index("ix_appointments_referral_id", "appointments", ["referral_id"])
    op.create_index(
        "ix_appointments_one_booked",
        "appointments",
        ["referral_id"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    op.create_index(
        "ix_appointments_booked_on", "appointments", ["starts_on"], sqlite_where=stands, postgresql_where=stands
    )


def _procedure_records() -> None:
    op.create_table(
        "procedure_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("performed_by_id", sa.Integer(), nullable=False),
        sa.Column("guidance", sa.String(length=20), nullable=True),
        sa.Column("anesthesia", sa.String(length=20), nullable=True),
        sa.Column("complicated", sa.Boolean(), nullable=True),
        sa.Column("complications", sa.Text(), nullable=False),
        sa.CheckConstraint(
            one_of("guidance", "fluoroscopy", "ct", "both"), name=op.f("ck_procedure_records_known_guidance")
        ),
        sa.CheckConstraint(
            one_of("anesthesia", "local", "sedation", "general"), name=op.f("ck_procedure_records_known_anesthesia")
        ),
        sa.CheckConstraint(
            "complications = '' OR complicated", name=op.f("ck_procedure_records_complications_only_where_there_were")
        ),
        sa.CheckConstraint(
            "NOT complicated OR complications <> ''", name=op.f("ck_procedure_records_complications_in_words")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_procedure_records_referral_id")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_procedure_records_appointment_id")
        ),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["people.id"], name=op.f("fk_procedure_records_recorded_by_id")),
        sa.ForeignKeyConstraint(["performed_by_id"], ["people.id"], name=op.f("fk_procedure_records_performed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_records")),
        sa.UniqueConstraint("appointment_id", "number", name=op.f("uq_procedure_records_appointment_id_number")),
    )
    op.create_index("ix_procedure_records_referral_id", "procedure_records", ["referral_id"])


def _treated_levels() -> None:
    op.create_table(
        "treated_levels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=3), nullable=False),
        sa.Column("procedure", sa.String(length=20), nullable=False),
        sa.Column("approach", sa.String(length=20), nullable=True),
        sa.Column("balloon", sa.Boolean(), nullable=True),
        sa.Column("cement", sa.String(length=20), nullable=True),
        sa.Column("cement_ml", sa.Float(), nullable=True),
        sa.Column("leak", sa.String(length=20), nullable=True),
        sa.Column("leak_where", sa.String(length=200), nullable=False),
        sa.Column("cpt_code", sa.String(length=5), nullable=True),
        sa.CheckConstraint(one_of("level", *LEVELS), name=op.f("ck_treated_levels_known_level")),
        sa.CheckConstraint(
            one_of("procedure", "vertebroplasty", "kyphoplasty"), name=op.f("ck_treated_levels_known_procedure")
        ),
        sa.CheckConstraint(
            one_of("approach", "unipedicular", "bipedicular", "other"), name=op.f("ck_treated_levels_known_approach")
        ),
        sa.CheckConstraint(
            one_of("cement", "pmma", "pmma_high_viscosity", "other"), name=op.f("ck_treated_levels_known_cement")
        ),
        sa.CheckConstraint("cement_ml BETWEEN 0.1 AND 30", name=op.f("ck_treated_levels_cement_ml")),
        sa.CheckConstraint(
            one_of("leak", "none", "asymptomatic", "symptomatic"), name=op.f("ck_treated_levels_known_leak")
        ),
        sa.CheckConstraint("leak_where = '' OR leak <> 'none'", name=op.f("ck_treated_levels_leak_somewhere")),
        sa.CheckConstraint(
            one_of("cpt_code", "22510", "22511", "22512", "22513", "22514", "22515"),
            name=op.f("ck_treated_levels_known_code"),
        ),
        sa.CheckConstraint(
            "procedure = 'kyphoplasty' OR NOT balloon", name=op.f("ck_treated_levels_a_balloon_makes_a_kyphoplasty")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["procedure_records.id"], name=op.f("fk_treated_levels_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treated_levels")),
        sa.UniqueConstraint("record_id", "level", name=op.f("uq_treated_levels_record_id_level")),
        sa.UniqueConstraint("record_id", "position", name=op.f("uq_treated_levels_record_id_position")),
    )
