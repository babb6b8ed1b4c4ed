"""The outline of a restricted referral: what may be known of it without opening it, and nothing of the patient."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from referrals.staff import Person, Practice
from referrals.workflow import OPEN, State, Urgency


@dataclass(frozen=True)
class Outline:
    """A line of the queue that is not lost: whose it is, how urgent, since when, what is next.

    A red flag says to telephone at once; it is told, because a patient may lose the use of their legs meanwhile.
    """

    public_id: str
    version: int
    state: str
    worklist: str | None
    urgency: int
    practice: Practice
    owner_id: int | None
    owner: Person | None
    ir_physician_id: int | None
    first_submitted_at: datetime
    changed_at: datetime
    due_on: date | None
    appointment_on: date | None
    red_flag: bool
    decision_asked_at: datetime | None
    decision_holds: list[list[str | None]]

    @property
    def status(self) -> State:
        return State(self.state)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def asked_urgency(self) -> Urgency:
        return Urgency(self.urgency)


def outlined(referral: Any) -> Outline:
    """What may be known of a referral by somebody who does not open it."""
    return Outline(**{field.name: getattr(referral, field.name) for field in fields(Outline)})
