"""Made-up referrals and patients as rows: what a clinic has after years, the old ones ended and the newest open."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH
from referrals.desk import desk_of
from referrals.eligibility.verdict import PROCEDURES
from referrals.names import folded, in_one
from referrals.priority import HIGHEST
from referrals.workflow import State, Urgency

Row = dict[str, Any]
Kind = TypeVar("Kind")


class Spread(Generic[Kind]):
    """Kinds, and how many in a hundred are of each."""

    def __init__(self, shares: Mapping[Kind, int]) -> None:
        self.kinds, self.shares = list(shares), list(accumulate(shares.values()))

    def one(self, chance: random.Random) -> Kind:
        return chance.choices(self.kinds, cum_weights=self.shares)[0]


OPEN = Spread({
    State.SUBMITTED: 12, State.IN_REVIEW: 20, State.AWAITING_INFORMATION: 20, State.ACCEPTED: 20,
    State.SCHEDULED: 18, State.ATTENDED: 10,
})  # fmt: skip
ENDED = Spread({
    State.COMPLETED: 55, State.DECLINED: 14, State.RETURNED_WITH_ADVICE: 8, State.WITHDRAWN: 8,
    State.CLOSED_INCOMPLETE: 6, State.REDIRECTED: 5, State.ENTERED_IN_ERROR: 2, State.DRAFT: 2,
})  # fmt: skip
URGENCIES = Spread({Urgency.ROUTINE: 80, Urgency.URGENT: 17, Urgency.EMERGENCY: 3})
VERDICTS = Spread({"candidate": 30, "more_information": 35, "not_yet": 15, "not_indicated": 15, "contraindicated": 5})
LEVELS = ("L1", "T12", "T12 L1", "L2", "?")
UNKNOWN = 0.2
WITHDRAWN_LATER, MISSED, WITH_IR, TURNED = 0.15, 0.5, 0.5, 0.12
"""How many accepted ones are asked back, and have missed a visit; in review lie with an IR physician; have turned."""
YEARS = 3
FIRST_BIRTH, BIRTHS = date(1926, 1, 1), 18_000
GIVEN_NAMES, FAMILY_NAMES = 700, 9_000
AT_NINE = time(9)


@dataclass(frozen=True)
class Size:
    """How many referrals there are, how many of them (the newest) are still open, and how many in a hundred are red."""

    referrals: int
    still_open: int
    red_flags: int


@dataclass(frozen=True)
class Sender:
    """A physician by their row, and their practice."""

    id: int
    practice_id: int


@dataclass
class Registry:
    """All referrals of a size in the order in which they were sent; the same for the same size, but for the day."""

    size: Size
    senders: list[Sender]
    owners: list[int]

    def __post_init__(self) -> None:
        self.chance = random.Random(1)  # noqa: S311
        self.now = datetime.now(UTC)

    def referral(self, number: int) -> Row:
        """The number-th of all."""
        chance, sender, owner = self.chance, self.chance.choice(self.senders), self.chance.choice(self.owners)
        sent = self.now - timedelta(days=365 * YEARS * (1 - number / (self.size.referrals + 1)))
        state = (OPEN if self.size.referrals - number < self.size.still_open else ENDED).one(chance)
        row = {
            "id": number,
            "public_id": "".join(chance.choices(CROCKFORD, k=PUBLIC_ID_LENGTH)),
            "submission_token": f"token-{number}",
            "practice_id": sender.practice_id,
            "requester_id": sender.id,
            "patient_id": number,
            "state": state,
            "version": 1,
            "urgency": URGENCIES.one(chance),
            "reason": "Painful fracture",
            "call_back": "",
            "requester_npi": "",
            "authored_at": sent,
            "first_submitted_at": sent,
            "changed_at": sent + timedelta(days=chance.random()),
            "due_on": self._around_today() if state is State.AWAITING_INFORMATION else None,
            "owner_id": None if state is State.SUBMITTED else owner,
            **_decision(state, owner, sent),
            **self._course(state, owner, sent),
            "picture_id": number,
            "red_flag": chance.random() < self.size.red_flags / 100,
            **self._reflected(sent.date()),
        }
        return row | {"worklist": desk_of(SimpleNamespace(**row), {})}

    def _around_today(self) -> date:
        return self.now.date() + timedelta(self.chance.randint(-8, 9))

    def _course(self, state: State, by: int, sent: datetime) -> Row:
        """Visits, and what came of them, as far as the referral got."""
        chance = self.chance.random
        booked, seen = state is State.SCHEDULED, state in (State.ATTENDED, State.COMPLETED)
        accepted = state in (State.ACCEPTED, State.SCHEDULED, State.ATTENDED)
        day = self._around_today() if booked else sent.date() + timedelta(5)
        return {
            "ir_physician_id": by if state is State.IN_REVIEW and chance() < WITH_IR else None,
            "needs_rebooking": state is State.ACCEPTED and chance() < MISSED,
            "withdrawal_asked_at": sent if accepted and chance() < WITHDRAWN_LATER else None,
            "appointment_at": datetime.combine(day, AT_NINE, UTC) if booked or seen else None,
            "appointment_on": day if booked or seen else None,
            "appointment_kind": "procedure" if booked or seen else None,
            "outcome": "treated" if seen else None,
            "bone_health": "referred" if state is State.COMPLETED else None,
            "letter_sent_at": sent + timedelta(days=6) if state is State.COMPLETED else None,
            "service": "The spine surgeons" if state is State.REDIRECTED else "",
            "priority": int(chance() * (HIGHEST + 1)),
            "priority_in_outline": int(chance() * (HIGHEST + 1)),
        }

    def _reflected(self, sent_on: date) -> Row:
        """What a list shows of picture and screening."""
        chance = self.chance
        kinds = {procedure: VERDICTS.one(chance) for procedure in PROCEDURES}
        eligible_on = sent_on + timedelta(chance.randint(1, 28)) if "not_yet" in kinds.values() else None
        started_on = sent_on - timedelta(chance.randint(0, 80))
        return {
            **kinds,
            **{f"{procedure}_from": eligible_on if kind == "not_yet" else None for procedure, kind in kinds.items()},
            "becomes_eligible_on": eligible_on,
            "levels": chance.choice(LEVELS),
            "conservative_management_started_on": None if chance.random() < UNKNOWN else started_on,
            "turned_on": self._turned(),
            "onset_on": None if chance.random() < UNKNOWN else started_on - timedelta(chance.randint(0, 14)),
        }

    def _turned(self) -> date | None:
        return self.now.date() - timedelta(self.chance.randint(0, 9)) if self.chance.random() < TURNED else None


def _decision(state: State, by: int, sent: datetime) -> Row:
    ended = state not in OPEN.kinds and state is not State.DRAFT
    return {
        "decided_by_id": by if ended else None,
        "decided_at": sent + timedelta(days=3) if ended else None,
        "decision_reason": "duplicate" if ended else None,
        "decision_comment": "The same referral came twice" if ended else None,
        "would_change": "Nothing" if ended else None,
    }


def patient(referral: Row) -> Row:
    """The patient of a referral: every one another, with namesakes, and with others who were born on the same day."""
    number = referral["id"]
    given, family = f"Given{number % GIVEN_NAMES}", f"Family{number % FAMILY_NAMES}"
    return {
        "id": number,
        "public_id": referral["public_id"],
        "practice_id": referral["practice_id"],
        "given_name": given,
        "family_name": family,
        "born_on": FIRST_BIRTH + timedelta(number * 7919 % BIRTHS),
        "sex": "female",
        "mrn": f"MRN-{number:07}",
        "telephone": "555-0102",
        "language": "",
        "carer_name": "",
        "carer_telephone": "",
        "created_at": referral["authored_at"],
        "search_name": folded(f"{family} {given}"),
        "search_given_name": folded(f"{given} {family}"),
        "search_mrn": folded(f"MRN-{number:07}"),
        "plain_family_name": in_one(family),
        "plain_given_name": in_one(given),
    }
