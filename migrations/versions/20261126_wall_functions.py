"""What a policy of the second wall asks of another table it asks by a function, planned once a connection.

Written into one another, the policies made up to 650 subplans of one INSERT into the log: 20 ms to plan it, and 3 to run it.
The rules stay what they were. Each function runs with the rights of whoever calls it, behind the wall itself, and sees
what the statement sees that asks (STABLE). It names its tables with their schema: a temporary table of the same name,
which anybody may make, is not asked.

referrals < emergency_accesses < patient_links, merges < patients, clinical_pictures, … as before: none leans back.
"""

from collections.abc import Callable

from alembic import op

revision = "20261126_wall_functions"
down_revision = "20261126_edition_drafts"
branch_labels = None
depends_on = None


def sees(reach: str) -> str:
    return f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"


SYSTEM, PRACTICE, CLINIC = sees("system"), sees("practice"), sees("clinic")
ADMINISTRATION, LOG = sees("administration"), sees("log")
SAYS_SOMETHING = "current_setting('referrals.reach', true) <> ''"
ME = "(SELECT nullif(current_setting('referrals.person', true), '')::integer)"
MY_PRACTICE = "(SELECT nullif(current_setting('referrals.practice', true), '')::integer)"
OF_MY_PRACTICE = f"({PRACTICE} AND practice_id = {MY_PRACTICE})"
ABOUT_NO_PATIENT = "referral_id IS NULL AND patient_id IS NULL"

Asks = Callable[..., str]
"""asks(name, *columns): a question, as a call of its function or written out."""

HAS_EMERGENCY_ACCESS = f"""EXISTS (
    SELECT FROM {{of}}emergency_accesses e
    WHERE e.person_id = {ME} AND e.patient_id = {{0}} AND e.ends_at > now()
)"""
# Whether a referral `r` that this transaction sees may be opened: a restricted one is for few.
OPEN_TO_ME = f"""(
    NOT r.restricted
    OR (r.requester_id = {ME} AND r.practice_id = {MY_PRACTICE})
    OR ({CLINIC} AND (r.owner_id = {ME} OR r.ir_physician_id = {ME} OR {{emergency}}))
)"""
IS_THERE = "EXISTS (SELECT FROM {{of}}{} x WHERE x.id = {{0}})"
QUESTIONS = {
    "has_emergency_access": HAS_EMERGENCY_ACCESS,
    "had_emergency_access": """EXISTS (
        SELECT FROM {of}emergency_accesses e
        WHERE e.patient_id = {0} AND e.person_id = {1} AND {2} BETWEEN e.opened_at AND e.ends_at
    )""",
    "opens_referral": f"EXISTS (SELECT FROM {{of}}referrals r WHERE r.id = {{0}} AND {OPEN_TO_ME})",
    "opens_patient": f"""EXISTS (
        SELECT FROM {{of}}referrals r WHERE r.patient_id = {{0}} AND r.state <> 'draft' AND {OPEN_TO_ME}
    )""",
    "is_to_be_merged": """(EXISTS (
        SELECT FROM {of}patient_links l
        WHERE {0} IN (l.patient_id, l.other_id) AND l.practice_id IS NOT NULL AND l.decision = 'same'
    ) OR EXISTS (
        SELECT FROM {of}merges m WHERE {0} IN (m.kept_id, m.merged_id) AND m.undone_at IS NULL
    ))""",
    "sees_patient": IS_THERE.format("patients"),
    "sees_picture": IS_THERE.format("clinical_pictures"),
    "sees_request": IS_THERE.format("information_requests"),
    "sees_document": IS_THERE.format("documents"),
    "sees_record": IS_THERE.format("procedure_records"),
}
"""{0}, {1} … is what is asked about, {of} the schema of the tables, {emergency} the first question of r.patient_id."""
ABOUT = {"had_emergency_access": ("integer", "integer", "timestamp with time zone")}
"""The types of what is asked about, where that is not one number of a row."""


def of_a_referral(asks: Asks) -> str:
    return f"{SYSTEM} OR {asks('opens_referral', 'referral_id')}"


def policies(asks: Asks) -> dict[tuple[str, str], str]:
    """Each policy that asks something of another table, by table and name, as ALTER POLICY takes it."""
    both, rules = "USING ({0}) WITH CHECK ({0})", {}
    for table in ("clinical_pictures", "information_requests", "documents"):
        rules[table, "seen_and_written"] = both.format(of_a_referral(asks))
    for tables, question, column in (
        (("vertebrae", "treatments", "imaging_studies", "screenings"), "sees_picture", "picture_id"),
        (("information_items", "reminders"), "sees_request", "request_id"),
        (("document_supports", "letters"), "sees_document", "document_id"),
    ):
        for table in tables:
            rules[table, "seen_and_written"] = both.format(f"{SYSTEM} OR {asks(question, column)}")
    return rules | _of_patients(asks) | _of_visits(asks) | _of_messages(asks) | _of_the_log(asks)


def _of_patients(asks: Asks) -> dict[tuple[str, str], str]:
    # Lists and searches read many patients: for them alone the question stays a part of the statement.
    emergency = asks("has_emergency_access", "r.patient_id")
    opened = f"({CLINIC} AND {QUESTIONS['opens_patient'].format('patients.id', of='', emergency=emergency)})"
    either = (asks("opens_patient", f"patient_links.{column}") for column in ("patient_id", "other_id"))
    of_both = f"({CLINIC} AND {' AND '.join(either)})"
    merged = asks("is_to_be_merged", "patients.id")
    to_be_merged = f"({ADMINISTRATION} AND practice_id IS NOT NULL AND decision = 'same')"
    another_name = f"{CLINIC} AND merged_into_id IS NOT NULL AND {asks('opens_patient', 'patients.merged_into_id')}"
    rule = f"{SYSTEM} OR {OF_MY_PRACTICE} OR {opened}"
    return {
        ("patients", "seen_and_written"): f"USING ({rule}) WITH CHECK ({rule})",
        ("patients", "identified_to_be_merged"): f"USING ({ADMINISTRATION} AND {merged})",
        ("patients", "known_by_another_name"): f"USING ({another_name})",
        ("patient_links", "seen"): f"USING ({SYSTEM} OR {OF_MY_PRACTICE} OR {of_both} OR {to_be_merged})",
        ("patient_links", "decided"): f"USING ({SYSTEM} OR {of_both})",
    }


def _of_visits(asks: Asks) -> dict[tuple[str, str], str]:
    opened, recorded = asks("opens_referral", "referral_id"), asks("sees_record", "record_id")
    by_clinic = f"({SYSTEM} OR ({CLINIC} AND {opened}))"
    return {
        ("appointments", "seen"): f"USING ({of_a_referral(asks)})",
        ("appointments", "booked"): f"WITH CHECK {by_clinic}",
        ("appointments", "closed"): f"USING {by_clinic}",
        ("procedure_records", "seen"): f"USING ({of_a_referral(asks)})",
        ("procedure_records", "recorded"): f"WITH CHECK {by_clinic}",
        ("treated_levels", "seen"): f"USING ({SYSTEM} OR {recorded})",
        ("treated_levels", "recorded"): f"WITH CHECK ({SYSTEM} OR ({CLINIC} AND {recorded}))",
    }


def _of_messages(asks: Asks) -> dict[tuple[str, str], str]:
    opened = asks("opens_referral", "referral_id")
    mine = f"({SYSTEM} OR (person_id = {ME} AND {opened}))"
    return {
        ("messages", "seen"): f"USING ({of_a_referral(asks)})",
        ("messages", "written"): f"WITH CHECK ({SYSTEM} OR (by_id = {ME} AND {opened}))",
        ("message_marks", "seen_and_written"): f"USING {mine} WITH CHECK {mine}",
    }


def _of_the_log(asks: Asks) -> dict[tuple[str, str], str]:
    emergency = asks("had_emergency_access", "events.patient_id", "events.by_id", "events.recorded_at")
    return {
        ("events", "seen"): f"""USING (
            {SYSTEM} OR {LOG}
            OR ({ABOUT_NO_PATIENT} AND (by_id = {ME} OR {ADMINISTRATION}))
            OR {asks("opens_referral", "referral_id")}
            OR ({ADMINISTRATION} AND {emergency})
        )""",
        ("events", "recorded"): f"""WITH CHECK (
            {SYSTEM} OR ({ABOUT_NO_PATIENT} AND {SAYS_SOMETHING})
            OR (by_id = {ME} AND (
                {ADMINISTRATION} OR {LOG}
                OR EXISTS (SELECT FROM referrals r WHERE r.id = referral_id)
                OR (referral_id IS NULL AND {asks("sees_patient", "events.patient_id")})
            ))
        )""",
    }


def called(name: str, *columns: str) -> str:
    return f"{name}({', '.join(columns)})"


def written_out(name: str, *columns: str) -> str:
    return QUESTIONS[name].format(*columns, of="", emergency=HAS_EMERGENCY_ACCESS.format("r.patient_id", of=""))


def about(name: str) -> tuple[str, ...]:
    return ABOUT.get(name, ("integer",))


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    of = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema()) || '.'").scalar_one()
    emergency = of + called("has_emergency_access", "r.patient_id")
    for name, question in QUESTIONS.items():
        numbers = [f"${number}" for number, _ in enumerate(about(name), start=1)]
        op.execute(
            f"CREATE FUNCTION {called(name, *about(name))} RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS "
            f"$$ BEGIN RETURN {question.format(*numbers, of=of, emergency=emergency)}; END $$"
        )
    _alter(called)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _alter(written_out)
    for name in QUESTIONS:
        op.execute(f"DROP FUNCTION {called(name, *about(name))}")


def _alter(asks: Asks) -> None:
    for (table, name), rule in policies(asks).items():
        op.execute(f"ALTER POLICY {name} ON {table} {rule}")
