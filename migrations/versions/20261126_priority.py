"""Priority: how pressing a referral is, for the order of the queue, and since when its decision is owed."""

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "20261126_priority"
down_revision = "20261126_life"
branch_labels = None
depends_on = None

# One by one, each with its rule: SQLite adds them without making the table anew, which would lose what else is on it.
COLUMNS = {
    "priority": "SMALLINT DEFAULT 0 NOT NULL",
    "priority_in_outline": (
        "SMALLINT DEFAULT 0 NOT NULL CONSTRAINT ck_referrals_known_priority"
        " CHECK (priority BETWEEN 0 AND 100 AND priority_in_outline BETWEEN 0 AND 100)"
    ),
    "priority_changes_on": "DATE",
    "priority_override": "SMALLINT",
    "priority_reason": "TEXT",
    "priority_set_by_id": (
        "INTEGER CONSTRAINT fk_referrals_priority_set_by_id REFERENCES people (id)"
        " CONSTRAINT ck_referrals_overridden_by_somebody_for_a_reason CHECK ("
        "(priority_override IS NULL AND priority_reason IS NULL AND priority_set_by_id IS NULL)"
        " OR (priority_override BETWEEN 0 AND 100 AND priority_reason <> '' AND priority_set_by_id IS NOT NULL))"
    ),
    # SQLite adds none that it would have to store; of one that is indexed it keeps the values in the index.
    "pressing": (
        "SMALLINT GENERATED ALWAYS AS"
        " (-coalesce(priority_override, CASE WHEN restricted THEN priority_in_outline ELSE priority END)) {kept} NOT NULL"
    ),
    "decision_asked_at": "{moment}",
    "decision_holds": "JSON DEFAULT '[]' NOT NULL",
}
IS_OPEN = "state IN ('submitted', 'in_review', 'awaiting_information', 'accepted', 'scheduled', 'attended')"

# The points as they were when this revision was written. Which day it is changes them: the next refresh, at the latest
# tomorrow's, scores all open referrals anew.
IN_OUTLINE = "(CASE urgency WHEN 1 THEN 45 WHEN 2 THEN 20 ELSE 0 END + CASE WHEN red_flag THEN 40 ELSE 0 END)"
NEWEST = "p.referral_id = referrals.id ORDER BY p.number DESC LIMIT 1"
BEDRIDDEN = (
    f"coalesce((SELECT CASE WHEN p.bedridden_risk THEN 8 ELSE 0 END FROM clinical_pictures p WHERE {NEWEST}), 0)"  # noqa: S608
)
FRACTURES = f"""
    FROM vertebrae v WHERE v.picture_id = (SELECT p.id FROM clinical_pictures p WHERE {NEWEST})
    AND (v.injury IS NULL OR v.injury <> 'none')
"""  # noqa: S608
ONSET = f"""coalesce((SELECT CASE
    WHEN max(v.onset_on) >= :days_13 THEN 7 WHEN max(v.onset_on) >= :days_27 THEN 5
    WHEN max(v.onset_on) >= :days_41 THEN 3 WHEN max(v.onset_on) >= :days_84 THEN 1 ELSE 0 END {FRACTURES}), 0)"""
WINDOW = f"""CASE WHEN EXISTS (
    SELECT 1 {FRACTURES} AND v.cause = 'osteoporosis' AND v.onset_on BETWEEN :days_84 AND :days_63
) THEN 4 ELSE 0 END"""
SCORE = f"""
    UPDATE referrals SET priority = {IN_OUTLINE} + {BEDRIDDEN} + {ONSET} + {WINDOW},
    priority_in_outline = {IN_OUTLINE}, priority_changes_on = :tomorrow, decision_asked_at = first_submitted_at
    WHERE state <> 'draft'
"""  # noqa: S608
REQUESTS = sa.table(
    "information_requests",
    sa.column("id", sa.Integer()),
    sa.column("referral_id", sa.Integer()),
    sa.column("came_from", sa.String()),
    sa.column("asked_at", sa.DateTime(timezone=True)),
    sa.column("answered_at", sa.DateTime(timezone=True)),
)
REFERRALS = sa.table("referrals", sa.column("id", sa.Integer()), sa.column("decision_holds", sa.JSON()))


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    moment, kept = ("DATETIME", "VIRTUAL") if on_sqlite else ("TIMESTAMP WITH TIME ZONE", "STORED")
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE referrals ADD COLUMN {name} {kind.format(moment=moment, kept=kept)}")
    _score()
    _keep_holds()
    _index()


def _score() -> None:
    today = datetime.now(UTC).date()
    days: dict[str, date] = {f"days_{days}": today - timedelta(days) for days in (13, 27, 41, 63, 84)}
    statement = sa.text(SCORE).bindparams(*(sa.bindparam(name, type_=sa.Date()) for name in (*days, "tomorrow")))
    op.get_bind().execute(statement, {**days, "tomorrow": today + timedelta(1)})


def _keep_holds() -> None:
    """When each undecided referral had to wait for its referrer; until now, no referral was ever sent twice."""
    connection = op.get_bind()
    holds: dict[int, list[list[str | None]]] = {}
    asked = sa.select(REQUESTS).where(REQUESTS.c.came_from == "in_review").order_by(REQUESTS.c.id)
    for request in connection.execute(asked):
        holds.setdefault(request.referral_id, []).append([_text(request.asked_at), _text(request.answered_at)])
    for referral_id, each in holds.items():
        connection.execute(REFERRALS.update().where(REFERRALS.c.id == referral_id).values(decision_holds=each))


def _text(moment: datetime | None) -> str | None:
    """In UTC; SQLite gives it back without saying so."""
    if moment is None:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _index() -> None:
    op.create_index("ix_referrals_state_pressing", "referrals", ["state", "pressing", "first_submitted_at", "id"])
    is_open = sa.text(IS_OPEN)
    op.create_index(
        "ix_referrals_open_priority_changes", "referrals", ["priority_changes_on"],
        sqlite_where=is_open, postgresql_where=is_open,
    )  # fmt: skip


def downgrade() -> None:
    for name in ("ix_referrals_open_priority_changes", "ix_referrals_state_pressing"):
        op.drop_index(name, "referrals")
    for name in reversed(COLUMNS):
        op.drop_column("referrals", name)
