"""The whole life of a referral: what becomes of it after it was sent, on which worklist it stands, and more reasons."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "20261126_life"
down_revision = "20261123_own_entries"
branch_labels = None
depends_on = None

IR, STAFF, REFERRER = ["ir_physician"], ["coordinator", "ir_physician"], ["physician", "delegate"]
CLINIC_OR_PRACTICE = [*REFERRER, "administrator"]
REASONS = (
    ("patient-asked", "The patient asked for another time", ["rebook"], STAFF),
    ("clinic-asked", "The clinic has to change the time", ["rebook"], STAFF),
    ("earlier-slot", "An earlier time became free", ["rebook"], STAFF),
    ("preparation-incomplete", "The patient is not prepared yet", ["rebook"], STAFF),
    ("condition-worsened", "The patient is worse", ["prioritise"], STAFF),
    ("condition-improved", "The patient is better", ["prioritise"], STAFF),
    ("referrer-asked", "The referrer asked for it", ["prioritise"], STAFF),
    ("new-findings", "New findings", ["prioritise"], STAFF),
    ("wrong-patient", "It is about the wrong patient", ["mark_error"], CLINIC_OR_PRACTICE),
    ("sent-by-mistake", "It was made by mistake", ["mark_error"], CLINIC_OR_PRACTICE),
    ("made-for-trial", "It was made to try the service", ["mark_error"], CLINIC_OR_PRACTICE),
)
OPEN = ("submitted", "in_review", "awaiting_information", "accepted", "scheduled", "attended")
ENDED = (
    "completed", "returned_with_advice", "declined", "redirected", "closed_incomplete", "withdrawn", "entered_in_error",
)  # fmt: skip
OUTCOMES = ("proceed", "watch", "tests_needed", "not_indicated", "treated")
WORKLISTS = ("new", "undecided", "needs_ir", "waiting", "to_book", "to_rebook", "booked", "letters", "withdrawals")


def one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


RULES = {
    "known_state": one_of("state", "draft", *OPEN, *ENDED),
    "known_urgency": "urgency BETWEEN 1 AND 3",
    "known_source": one_of("source", "page", "fax", "telephone"),
    "known_outcome": one_of("outcome", *OUTCOMES),
    "known_bone_health": one_of("bone_health", "referred", "in_treatment", "asked_of_referrer", "not_needed"),
    "known_worklist": one_of("worklist", *WORKLISTS),
    "on_one_worklist_while_open": f"({one_of('state', *OPEN)}) = (worklist IS NOT NULL)",
    "sent_with_a_patient": "state IN ('draft', 'entered_in_error')"
    " OR (patient_id IS NOT NULL AND first_submitted_at IS NOT NULL)",
    "reviewed_by_somebody": "NOT (state IN ('in_review', 'accepted', 'scheduled', 'attended')) OR owner_id IS NOT NULL",
    "scheduled_for_a_time": "state <> 'scheduled' OR"
    " (appointment_at IS NOT NULL AND appointment_on IS NOT NULL AND appointment_kind IS NOT NULL)",
    "attended_with_an_outcome": "state <> 'attended' OR outcome IS NOT NULL",
    "ended_by_somebody": f"NOT ({one_of('state', *ENDED)}) OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL)",
    "ended_for_a_reason": "NOT (state IN ('declined', 'withdrawn', 'redirected', 'closed_incomplete', 'entered_in_error'))"
    " OR decision_reason IS NOT NULL",
    "declined_with_what_would_change_it": "state <> 'declined' OR (decision_comment <> '' AND would_change <> '')",
    "returned_with_advice_in_words": "state <> 'returned_with_advice' OR decision_comment <> ''",
    "redirected_to_a_service": "state <> 'redirected' OR service <> ''",
    "completed_with_an_outcome": "state <> 'completed' OR (outcome IS NOT NULL AND bone_health IS NOT NULL)",
    "completed_with_a_letter": "state <> 'completed' OR letter_sent_at IS NOT NULL OR no_letter_because <> ''",
}
OLD_RULES = {
    "known_state": RULES["known_state"],
    "known_urgency": RULES["known_urgency"],
    "sent_with_a_patient": RULES["sent_with_a_patient"],
    "reviewed_by_somebody": "state NOT IN ('in_review', 'accepted') OR owner_id IS NOT NULL",
    "ended_by_somebody_for_a_reason": "state NOT IN ('declined', 'withdrawn')"
    " OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL AND decision_reason IS NOT NULL)",
    "declined_with_what_would_change_it": RULES["declined_with_what_would_change_it"],
}
COLUMNS = (
    "source VARCHAR(10) DEFAULT 'page' NOT NULL",
    "worklist VARCHAR(12)",
    "needs_rebooking BOOLEAN DEFAULT FALSE NOT NULL",
    "appointment_at TIMESTAMP WITH TIME ZONE",
    "appointment_on DATE",
    "appointment_kind VARCHAR(12)",
    "outcome VARCHAR(15)",
    "withdrawal_asked_at TIMESTAMP WITH TIME ZONE",
    "withdrawal_reason VARCHAR(60) CONSTRAINT fk_referrals_withdrawal_reason REFERENCES reasons (code)",
    "service VARCHAR(200) DEFAULT '' NOT NULL",
    "letter_sent_at TIMESTAMP WITH TIME ZONE",
    "no_letter_because TEXT DEFAULT '' NOT NULL",
    "bone_health VARCHAR(20)",
)
"""Each by itself: to make the table anew, SQLite would have to read indexes that it cannot."""


def upgrade() -> None:
    for column in COLUMNS:
        op.execute(f"ALTER TABLE referrals ADD COLUMN {_written(column)}")
    op.execute(
        "UPDATE referrals SET worklist = CASE state WHEN 'submitted' THEN 'new' WHEN 'awaiting_information' THEN 'waiting'"
        " WHEN 'accepted' THEN 'to_book' WHEN 'in_review' THEN"
        " CASE WHEN ir_physician_id = owner_id THEN 'needs_ir' ELSE 'undecided' END END"
    )
    _rules(OLD_RULES, RULES)
    op.add_column("information_requests", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE information_requests SET closed_at = asked_at WHERE answered_at IS NULL AND EXISTS"
        " (SELECT 1 FROM referrals r WHERE r.id = referral_id AND r.state <> 'awaiting_information')"
    )
    op.bulk_insert(
        _reasons(),
        [
            {"code": code, "words": words, "actions": actions, "roles": roles, "comment_required": False,
             "valid_from": date(2000, 1, 1)}
            for code, words, actions, roles in REASONS
        ],
    )  # fmt: skip


def downgrade() -> None:
    _without_reasons()
    op.drop_column("information_requests", "closed_at")
    _rules(RULES, OLD_RULES)
    for column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE referrals DROP COLUMN {column.split()[0]}")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _written(column: str) -> str:
    return column.replace("TIMESTAMP WITH TIME ZONE", "DATETIME") if _on_sqlite() else column


def _reasons() -> sa.TableClause:
    return sa.table(
        "reasons",
        sa.column("code", sa.String),
        sa.column("words", sa.String),
        sa.column("actions", sa.JSON),
        sa.column("roles", sa.JSON),
        sa.column("comment_required", sa.Boolean),
        sa.column("valid_from", sa.Date),
    )


def _without_reasons() -> None:
    """The log keeps what was said; a reason that somebody gave stays."""
    given = "SELECT reason FROM events WHERE reason IS NOT NULL"
    given += " UNION SELECT decision_reason FROM referrals WHERE decision_reason IS NOT NULL"
    codes = ", ".join(f"'{code}'" for code, *_ in REASONS)
    op.execute(f"DELETE FROM reasons WHERE code IN ({codes}) AND code NOT IN ({given})")  # noqa: S608


def _rules(old: dict[str, str], new: dict[str, str]) -> None:
    if _on_sqlite():
        _table_anew(old, new)
        return
    for name in old:
        op.execute(f"ALTER TABLE referrals DROP CONSTRAINT ck_referrals_{name}")
    for name, rule in new.items():
        op.execute(f"ALTER TABLE referrals ADD CONSTRAINT ck_referrals_{name} CHECK ({rule})")


def _table_anew(old: dict[str, str], new: dict[str, str]) -> None:
    """SQLite changes no rule of a table: the table is made anew by its own words, with other rules in them."""
    words, *indexes = (
        op.get_bind()
        .exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'referrals' AND sql IS NOT NULL AND type IN ('table', 'index')"
            " ORDER BY type = 'index'"
        )
        .scalars()
    )
    for name in old:
        words = _without_rule(words, f"CONSTRAINT ck_referrals_{name} CHECK (")
    rules = "".join(f", CONSTRAINT ck_referrals_{name} CHECK ({rule})" for name, rule in new.items())
    words = words.rstrip().removesuffix(")").rstrip() + f"{rules})"
    op.execute(words.replace("referrals", "referrals_anew", 1))
    op.execute("INSERT INTO referrals_anew SELECT * FROM referrals")
    op.execute("DROP TABLE referrals")
    op.execute("ALTER TABLE referrals_anew RENAME TO referrals")
    for index in indexes:
        op.execute(index)


def _without_rule(words: str, begins: str) -> str:
    """The words of a table without this rule, to its last bracket, and without the comma before it."""
    start = words.index(begins)
    end, depth = start + len(begins), 1
    while depth:
        depth += {"(": 1, ")": -1}.get(words[end], 0)
        end += 1
    return words[:start].rstrip().removesuffix(",") + words[end:]
