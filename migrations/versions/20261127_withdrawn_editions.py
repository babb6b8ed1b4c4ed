"""Withdrawn editions: one that was adopted can be withdrawn until its first day, by whom and why."""

import sqlalchemy as sa
from alembic import op

revision = "20261127_withdrawn_editions"
down_revision = "20261126_current_pictures"
branch_labels = None
depends_on = None

ALONE = {"resolve_fks": False}
"""On SQLite the table is made anew; the tables that it refers to are nothing to look at."""


def upgrade() -> None:
    with op.batch_alter_table("edition_drafts", reflect_kwargs=ALONE) as drafts:
        drafts.add_column(sa.Column("withdrawn_because", sa.String(length=1000), server_default="", nullable=False))
    _states("'adopted', 'withdrawn'")
    with op.batch_alter_table("edition_drafts", reflect_kwargs=ALONE) as drafts:
        drafts.alter_column("withdrawn_because", existing_type=sa.String(length=1000), server_default=None)
        drafts.create_check_constraint(
            op.f("ck_edition_drafts_withdrawn_for_a_reason"), "(state = 'withdrawn') = (withdrawn_because <> '')"
        )


def downgrade() -> None:
    """A withdrawn edition becomes a discarded draft: it counts for nobody, and who had signed it stays in the log."""
    with op.batch_alter_table("edition_drafts", reflect_kwargs=ALONE) as drafts:
        drafts.drop_constraint(op.f("ck_edition_drafts_withdrawn_for_a_reason"), type_="check")
    op.execute(
        "UPDATE edition_drafts SET state = 'discarded', signed_digest = NULL, first_signer_id = NULL, "
        "first_signed_at = NULL, second_signer_id = NULL, second_signed_at = NULL, edition_digest = NULL "
        "WHERE state = 'withdrawn'"
    )
    _states("'adopted'")
    with op.batch_alter_table("edition_drafts", reflect_kwargs=ALONE) as drafts:
        drafts.drop_column("withdrawn_because")


def _states(signed_twice: str) -> None:
    """The rules that name the states, with these as those that two people have signed."""
    signed = f"state IN ('signed_once', {signed_twice})"
    rules = {
        "known_state": f"state IN ('drafted', 'signed_once', {signed_twice}, 'discarded')",
        "signed_by_somebody": f"({signed}) = "
        "(first_signer_id IS NOT NULL AND first_signed_at IS NOT NULL AND signed_digest IS NOT NULL)",
        "signed_with_reason_and_day": f"NOT ({signed}) OR (reason <> '' AND in_force_from IS NOT NULL)",
        "adopted_by_two": f"(state IN ({signed_twice})) = "
        "(second_signer_id IS NOT NULL AND second_signed_at IS NOT NULL AND edition_digest IS NOT NULL)",
    }
    with op.batch_alter_table("edition_drafts", reflect_kwargs=ALONE) as drafts:
        for name, rule in rules.items():
            drafts.drop_constraint(op.f(f"ck_edition_drafts_{name}"), type_="check")
            drafts.create_check_constraint(op.f(f"ck_edition_drafts_{name}"), rule)
