"""The second wall: PostgreSQL itself keeps the rows of one practice from another. SQLite has nothing of the kind.

The policies read what a transaction says of itself (`referrals.scope.Scope`): who asks, of which practice, and how far that
person sees. A transaction that says nothing sees nothing and writes nothing. FORCE, so that the owner is no exception.

They lean on one another in one direction only (PostgreSQL refuses a circle):
referrals < emergency_accesses < patients, clinical_pictures, information_requests, events < what is below those.
"""

from alembic import op

revision = "20261122_row_security"
down_revision = "20261122_access"
branch_labels = None
depends_on = None


def sees(reach: str) -> str:
    """Whether this transaction sees so far; unset is no.

    As a SELECT of its own it is asked once a statement, not once a row, and the planner takes it for a coin, not a rarity.
    """
    return f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


SYSTEM, PRACTICE, CLINIC = sees("system"), sees("practice"), sees("clinic")
ADMINISTRATION, LOG = sees("administration"), sees("log")
SAYS_SOMETHING = "current_setting('referrals.reach', true) <> ''"
ME = "(SELECT nullif(current_setting('referrals.person', true), '')::integer)"
MY_PRACTICE = "(SELECT nullif(current_setting('referrals.practice', true), '')::integer)"
OF_MY_PRACTICE = f"({PRACTICE} AND practice_id = {MY_PRACTICE})"

# The row of a referral that is restricted is seen by all of its practice and by the clinic, whose queue keeps it, without
# the patient, so that it is not lost; what is below it is for those who may open it. The pages leave out of the row what
# tells of the patient.
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
OF_A_REFERRAL = f"{SYSTEM} OR EXISTS (SELECT FROM referrals r WHERE r.id = referral_id AND {OPEN_TO_ME})"
OF_A_PICTURE = f"{SYSTEM} OR EXISTS (SELECT FROM clinical_pictures p WHERE p.id = picture_id)"
OF_A_REQUEST = f"{SYSTEM} OR EXISTS (SELECT FROM information_requests q WHERE q.id = request_id)"

SEEN_AND_WRITTEN = {
    "referrals": f"{SYSTEM} OR {OF_MY_PRACTICE} OR ({CLINIC} AND state <> 'draft')",
    "patients": f"""{SYSTEM} OR {OF_MY_PRACTICE} OR ({CLINIC} AND EXISTS (
        SELECT FROM referrals r WHERE r.patient_id = patients.id AND r.state <> 'draft' AND {OPEN_TO_ME}
    ))""",
    "clinical_pictures": OF_A_REFERRAL,
    "information_requests": OF_A_REFERRAL,
    "vertebrae": OF_A_PICTURE,
    "treatments": OF_A_PICTURE,
    "imaging_studies": OF_A_PICTURE,
    "screenings": OF_A_PICTURE,
    "information_items": OF_A_REQUEST,
    "notices": f"{SYSTEM} OR {CLINIC} OR {OF_MY_PRACTICE}",
}
"""One rule for both: nobody writes what they could not see, nor changes a row into one that they could not."""

ABOUT_NO_PATIENT = "referral_id IS NULL AND patient_id IS NULL"
EVENTS = {
    "seen": (
        "SELECT USING",
        f"""{SYSTEM} OR {LOG}
        OR ({ABOUT_NO_PATIENT} AND (by_id = {ME} OR {ADMINISTRATION}))
        OR EXISTS (SELECT FROM referrals r WHERE r.id = referral_id AND {OPEN_TO_ME})
        OR ({ADMINISTRATION} AND EXISTS (
            SELECT FROM emergency_accesses e
            WHERE e.patient_id = events.patient_id AND e.person_id = events.by_id
            AND events.recorded_at BETWEEN e.opened_at AND e.ends_at
        ))""",  # noqa: S608
    ),
    "recorded": (
        "INSERT WITH CHECK",
        f"""{SYSTEM} OR ({ABOUT_NO_PATIENT} AND {SAYS_SOMETHING})
        OR (by_id = {ME} AND (
            {ADMINISTRATION} OR {LOG}
            OR EXISTS (SELECT FROM referrals r WHERE r.id = referral_id)
            OR (referral_id IS NULL AND EXISTS (SELECT FROM patients p WHERE p.id = events.patient_id))
        ))""",  # noqa: S608
    ),
    # Let through, so that the log's own triggers refuse aloud what would else change nothing in silence.
    "never_changed": ("UPDATE USING", SYSTEM),
    "never_deleted": ("DELETE USING", SYSTEM),
}
EMERGENCY_ACCESSES = {
    "seen": (
        "SELECT USING",
        f"""{SYSTEM} OR {ADMINISTRATION} OR person_id = {ME} OR ({CLINIC} AND EXISTS (
            SELECT FROM referrals r WHERE r.patient_id = emergency_accesses.patient_id
            AND (r.owner_id = {ME} OR r.ir_physician_id = {ME})
        ))""",
    ),
    "opened": (
        "INSERT WITH CHECK",
        f"""{SYSTEM} OR ({CLINIC} AND person_id = {ME} AND EXISTS (
            SELECT FROM referrals r WHERE r.id = referral_id AND r.patient_id = emergency_accesses.patient_id
        ))""",
    ),
    "ended": ("UPDATE USING", f"{SYSTEM} OR ({CLINIC} AND person_id = {ME} AND reviewed_at IS NULL)"),
    "reviewed": ("UPDATE USING", f"{ADMINISTRATION} AND person_id <> {ME}"),
}
WITH_RULES_APART = {"events": EVENTS, "emergency_accesses": EMERGENCY_ACCESSES}
TABLES = (*SEEN_AND_WRITTEN, *WITH_RULES_APART)

# The chain needs the newest entry whoever writes, and gets its number and hash alone: they tell nothing of a patient.
# The function runs with the rights of whoever calls it, and for one statement sees as the system does. It is volatile:
# that statement sees what was committed while the first one waited for its turn.
NEWEST_ENTRY = """
    CREATE FUNCTION newest_entry(OUT id integer, OUT hash character varying) RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE reach_of_caller text := coalesce(current_setting('referrals.reach', true), '');
    BEGIN
        PERFORM pg_advisory_xact_lock(268);
        PERFORM set_config('referrals.reach', 'system', true);
        RETURN QUERY SELECT e.id, e.hash FROM events e ORDER BY e.id DESC LIMIT 1;
        PERFORM set_config('referrals.reach', reach_of_caller, true);
    END $$
"""
# The clinic may change a referral that was sent, but not whose it is; no policy compares a row with what it was.
BELONG_TO_A_PRACTICE = ("patients", "referrals", "notices")
STAYS = """
    CREATE FUNCTION stays_in_its_practice() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a row stays in its practice' USING ERRCODE = 'insufficient_privilege'; END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table, rule in SEEN_AND_WRITTEN.items():
        op.execute(f"CREATE POLICY seen_and_written ON {table} USING ({rule}) WITH CHECK ({rule})")
        op.execute(f"CREATE POLICY never_deleted ON {table} AS RESTRICTIVE FOR DELETE USING ({SYSTEM})")
    for table, rules in WITH_RULES_APART.items():
        for name, (what, rule) in rules.items():
            op.execute(f"CREATE POLICY {name} ON {table} FOR {what} ({rule})")
    op.execute(NEWEST_ENTRY)
    op.execute(STAYS)
    for table in BELONG_TO_A_PRACTICE:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OF practice_id ON {table} FOR EACH ROW "
            "WHEN (OLD.practice_id <> NEW.practice_id) EXECUTE FUNCTION stays_in_its_practice()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in BELONG_TO_A_PRACTICE:
        op.execute(f"DROP TRIGGER {table}_stay ON {table}")
    op.execute("DROP FUNCTION stays_in_its_practice()")
    op.execute("DROP FUNCTION newest_entry()")
    for table, rules in WITH_RULES_APART.items():
        for name in rules:
            op.execute(f"DROP POLICY {name} ON {table}")
    for table in SEEN_AND_WRITTEN:
        op.execute(f"DROP POLICY seen_and_written ON {table}")
        op.execute(f"DROP POLICY never_deleted ON {table}")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
