"""What a referral keeps for the order of a list: how pressing it is, and since when its decision is owed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Computed, ForeignKey, SmallInteger, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from referrals.db import UTCDateTime
from referrals.priority import HIGHEST, Score
from referrals.staff import Person

PRESSING = "-coalesce(priority_override, CASE WHEN restricted THEN priority_in_outline ELSE priority END)"
"""The key of the order "most pressing": the smaller, the sooner.

A restricted referral stands where its outline puts it, for everybody: its place would tell the rest.
"""


class Ordered:
    """Columns of a referral. `priority` is the score of its newest picture, until the day `priority_changes_on`.

    `priority_override` is what an IR physician set in its place, with a reason; `pressing` the database works out by
    itself, and no page reads it. `decision_asked_at` and `decision_holds` keep `clock.Question`, which only a
    transition changes.
    """

    priority: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    priority_in_outline: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    priority_changes_on: Mapped[date | None]
    priority_override: Mapped[int | None] = mapped_column(SmallInteger)
    priority_reason: Mapped[str | None] = mapped_column(Text)
    priority_set_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    pressing: Mapped[int] = mapped_column(SmallInteger, Computed(PRESSING), deferred=True)
    decision_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decision_holds: Mapped[list[list[str | None]]] = mapped_column(JSON, default=list, server_default="[]")

    @declared_attr
    def priority_set_by(cls) -> Mapped[Person | None]:  # noqa: N805  SQLAlchemy calls it on the class
        return relationship(foreign_keys=f"{cls.__name__}.priority_set_by_id")  # type: ignore[attr-defined]


def rules() -> tuple[CheckConstraint, ...]:
    """What holds below the code too."""
    score = f"BETWEEN 0 AND {HIGHEST}"
    return (
        CheckConstraint(f"priority {score} AND priority_in_outline {score}", name="known_priority"),
        CheckConstraint(
            f"(priority_override IS NULL AND priority_reason IS NULL AND priority_set_by_id IS NULL)"
            f" OR (priority_override {score} AND priority_reason <> '' AND priority_set_by_id IS NOT NULL)",
            name="overridden_by_somebody_for_a_reason",
        ),
    )


def kept(score: Score) -> dict[str, Any]:
    """The columns that keep a score."""
    return {
        "priority": score.points,
        "priority_in_outline": score.in_outline,
        "priority_changes_on": score.changes_on,
    }
