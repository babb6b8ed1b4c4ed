"""What becomes of a referral after it was sent: the columns that say so, and the rules that they keep."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from referrals.db import UTCDateTime
from referrals.desk import Desk
from referrals.workflow import ENDED, OPEN, State

OUTCOMES = {
    "proceed": "Proceed to the procedure",
    "watch": "Watch and wait",
    "tests_needed": "Tests are needed first",
    "not_indicated": "The procedure is not indicated",
    "treated": "Treated",
}
"""What came of a visit."""
BONE_HEALTH = {
    "referred": "Referred to a bone-health service",
    "in_treatment": "In treatment for osteoporosis already",
    "asked_of_referrer": "Left to the referring physician, as the letter says",
    "not_needed": "Not needed: the fracture is not from osteoporosis",
}
"""Who looks after the bones from now on."""
SOURCES = {"page": "This service", "fax": "Fax", "telephone": "Telephone"}
"""How a referral came."""


def _in(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Course:
    """Columns of a referral beside those of its request and its decision."""

    source: Mapped[str] = mapped_column(String(10), default="page", server_default="page")
    worklist: Mapped[str | None] = mapped_column(String(12))
    needs_rebooking: Mapped[bool] = mapped_column(default=False, server_default=false())
    appointment_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    appointment_on: Mapped[date | None]
    appointment_kind: Mapped[str | None] = mapped_column(String(12))
    outcome: Mapped[str | None] = mapped_column(String(15))
    withdrawal_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawal_reason: Mapped[str | None] = mapped_column(ForeignKey("reasons.code"))
    service: Mapped[str] = mapped_column(String(200), default="", server_default="")
    letter_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    no_letter_because: Mapped[str] = mapped_column(Text, default="", server_default="")
    bone_health: Mapped[str | None] = mapped_column(String(20))


S = State
REVIEWED = (S.IN_REVIEW, S.ACCEPTED, S.SCHEDULED, S.ATTENDED)
FOR_A_REASON = (S.DECLINED, S.WITHDRAWN, S.REDIRECTED, S.CLOSED_INCOMPLETE, S.ENTERED_IN_ERROR)
RULES = {
    "known_state": _in("state", *State),
    "known_urgency": "urgency BETWEEN 1 AND 3",
    "known_source": _in("source", *SOURCES),
    "known_outcome": _in("outcome", *OUTCOMES),
    "known_bone_health": _in("bone_health", *BONE_HEALTH),
    "known_worklist": _in("worklist", *Desk),
    "on_one_worklist_while_open": f"({_in('state', *OPEN)}) = (worklist IS NOT NULL)",
    "sent_with_a_patient": f"{_in('state', S.DRAFT, S.ENTERED_IN_ERROR)}"
    " OR (patient_id IS NOT NULL AND first_submitted_at IS NOT NULL)",
    "reviewed_by_somebody": f"NOT ({_in('state', *REVIEWED)}) OR owner_id IS NOT NULL",
    "scheduled_for_a_time": f"state <> '{S.SCHEDULED}' OR"
    " (appointment_at IS NOT NULL AND appointment_on IS NOT NULL AND appointment_kind IS NOT NULL)",
    "attended_with_an_outcome": f"state <> '{S.ATTENDED}' OR outcome IS NOT NULL",
    "ended_by_somebody": f"NOT ({_in('state', *ENDED)}) OR (decided_by_id IS NOT NULL AND decided_at IS NOT NULL)",
    "ended_for_a_reason": f"NOT ({_in('state', *FOR_A_REASON)}) OR decision_reason IS NOT NULL",
    "declined_with_what_would_change_it": f"state <> '{S.DECLINED}' OR (decision_comment <> '' AND would_change <> '')",
    "returned_with_advice_in_words": f"state <> '{S.RETURNED_WITH_ADVICE}' OR decision_comment <> ''",
    "redirected_to_a_service": f"state <> '{S.REDIRECTED}' OR service <> ''",
    "completed_with_an_outcome": f"state <> '{S.COMPLETED}' OR (outcome IS NOT NULL AND bone_health IS NOT NULL)",
    "completed_with_a_letter": f"state <> '{S.COMPLETED}' OR letter_sent_at IS NOT NULL OR no_letter_because <> ''",
}
"""Rules of the states, as the database keeps them: {name: condition}."""


def rules() -> tuple[CheckConstraint, ...]:
    return tuple(CheckConstraint(condition, name=name) for name, condition in RULES.items())
