"""Worklists: an index for every list and order that the clinic is offered, and the views that people keep."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_worklists"
down_revision = "20261126_priority"
branch_labels = None
depends_on = None

FAR_AWAY = "coalesce({}, '9999-12-31')"
DATED = {
    "conservative": FAR_AWAY.format("conservative_management_started_on"),
    "onset": FAR_AWAY.format("onset_on"),
    "due": FAR_AWAY.format("due_on"),
    "eligible": FAR_AWAY.format("becomes_eligible_on"),
    "appointment": FAR_AWAY.format("appointment_on"),
}
OF_A_LIST = {
    "first_submitted_at": ("first_submitted_at",),
    "urgency": ("urgency", "first_submitted_at"),
    "pressing": ("pressing", "first_submitted_at"),
    **{name: (column,) for name, column in DATED.items()},
}
OF_THE_OPEN = {
    "eligible": (DATED["eligible"],),
    "onset": (DATED["onset"],),
    "owner": ("owner_id", "pressing", "first_submitted_at"),
    "red_flag": ("first_submitted_at",),
    "priority_changes": ("priority_changes_on",),
}
OF_A_STATE = {
    "first_submitted_at": ("first_submitted_at",),
    "urgency": ("urgency", "first_submitted_at"),
    "conservative": (DATED["conservative"],),
    "onset": (DATED["onset"],),
    "due": (DATED["due"],),
    "eligible": (DATED["eligible"],),
    "red_flag": ("red_flag",),
    "pressing": ("pressing", "first_submitted_at"),
}
"""What the lists were served by when each was of one state."""
WAS_OPEN = "state IN ('submitted', 'in_review', 'awaiting_information', 'accepted', 'scheduled', 'attended')"

SYSTEM, CLINIC = (
    f"(SELECT coalesce('{reach}' = ANY (string_to_array(current_setting('referrals.reach', true), ' ')), false))"
    for reach in ("system", "clinic")
)


def upgrade() -> None:
    for name in ("eligible", "priority_changes"):
        op.drop_index(f"ix_referrals_open_{name}", "referrals")
    for name in OF_A_STATE:
        op.drop_index(f"ix_referrals_state_{name}", "referrals")
    for name, columns in OF_A_LIST.items():
        _index(f"ix_referrals_worklist_{name}", "worklist", *columns)
    for name, columns in OF_THE_OPEN.items():
        _index(f"ix_referrals_open_{name}", *columns, where=_open(name))
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("worklist", sa.String(length=20), nullable=False),
        sa.Column("asked", sa.String(length=300), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_views_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_views_public_id")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_views_person_id_name")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE saved_views FORCE ROW LEVEL SECURITY")
        mine = "person_id = (SELECT nullif(current_setting('referrals.person', true), '')::integer)"
        seen, written = f"{SYSTEM} OR ({CLINIC} AND (shared OR {mine}))", f"{SYSTEM} OR ({CLINIC} AND {mine})"
        op.execute(f"CREATE POLICY kept_views ON saved_views USING ({seen}) WITH CHECK ({written})")
        op.execute(f"CREATE POLICY own_views ON saved_views AS RESTRICTIVE FOR DELETE USING ({written})")


def downgrade() -> None:
    op.drop_table("saved_views")
    for name in OF_THE_OPEN:
        op.drop_index(f"ix_referrals_open_{name}", "referrals")
    for name in OF_A_LIST:
        op.drop_index(f"ix_referrals_worklist_{name}", "referrals")
    for name, columns in OF_A_STATE.items():
        _index(f"ix_referrals_state_{name}", "state", *columns)
    _index("ix_referrals_open_eligible", DATED["eligible"], where=WAS_OPEN)
    of = sa.text(WAS_OPEN)
    op.create_index(
        "ix_referrals_open_priority_changes", "referrals", ["priority_changes_on"],
        sqlite_where=of, postgresql_where=of,
    )  # fmt: skip


def _index(name: str, *columns: str, where: str = "") -> None:
    of = sa.text(where) if where else None
    op.create_index(
        name, "referrals", [sa.text(column) for column in (*columns, "id")], sqlite_where=of, postgresql_where=of
    )


def _open(name: str) -> str:
    """Of the open ones, or of those among them with a red flag, as each database writes a yes."""
    yes = "red_flag" if op.get_bind().dialect.name == "postgresql" else "red_flag = 1"
    return f"{yes} AND worklist IS NOT NULL" if name == "red_flag" else "worklist IS NOT NULL"
