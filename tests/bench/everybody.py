"""Half-known patients by the million in a database, each with what was said of them the day before."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from referrals.db import Database
from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import assess
from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import PATIENT, VERTEBRA
from referrals.eligibility.truth import Truth, truth
from referrals.eligibility.verdict import PROCEDURES
from referrals.scope import SYSTEM
from tests import clinic
from tests.bench.databases import Databases
from tests.bench.loading import loading
from tests.bench.made_up import patient

TODAY = date(2026, 11, 22)
YESTERDAY = TODAY - timedelta(1)
UNKNOWN = 0.3
AT_ONCE = 10_000
EDITION = in_force("clinic", TODAY)
SENT = {
    "practice_id": 1, "requester_id": 1, "state": "in_review", "version": 1, "restricted": False, "urgency": 3,
    "owner_id": 1, "reason": "", "call_back": "", "requester_npi": "", "red_flag": False, "levels": "L1",
    "worklist": "undecided", "needs_rebooking": False, "service": "", "no_letter_because": "", "source": "page",
    "priority": 0, "priority_in_outline": 0,
}  # fmt: skip
TOLD = dict.fromkeys(("allergies", "medication", "anticoagulant", "mobility_before", "mobility_now", "narrative"), "")

Known = dict[str, Any]
"""All that is known of one vertebra and its patient, every fact by its name."""


def everybody(count: int) -> Iterator[list[Known]]:
    """Made up, some thousands at a time, and the same each time: of every fact three in ten do not know the value."""
    chance = random.Random(7)  # noqa: S311
    for first in range(0, count, AT_ONCE):
        few = min(AT_ONCE, count - first)
        facts = [fact for fact in (*PATIENT, *VERTEBRA) if fact.name != "level"]
        columns = [_some(fact, few, chance) for fact in facts]
        names = [fact.name for fact in facts]
        yield [{**dict(zip(names, row, strict=True)), "level": "L1"} for row in zip(*columns, strict=True)]


def _some(fact: Fact, count: int, chance: random.Random) -> list[Any]:
    values = _values(fact)
    shares = [(1 - UNKNOWN) / len(values)] * len(values)
    return chance.choices([None, *values], [UNKNOWN, *shares], k=count)


def _values(fact: Fact) -> Sequence[Any]:
    if fact.kind == "flag":
        return (True, False)
    if fact.kind == "coded":
        return list(fact.codes)
    if fact.kind == "date":
        return [TODAY - timedelta(days) for days in range(1, 121)]
    return range(ceil(fact.low or 0), int(fact.high or 1) + 1)


def settle(made: Databases, url: str, count: int) -> None:
    """A referral of each into a database at head, with the verdicts of YESTERDAY by Python."""
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    at = dict.fromkeys(("authored_at", "first_submitted_at", "changed_at"), moment)
    number = 0
    database = Database(url, SYSTEM)
    with database.begin() as session:
        clinic.everybody(session)
    database.engine.dispose()
    with loading(made.past_the_wall(url)) as into:
        for some in everybody(count):
            numbered = list(enumerate(some, start=number + 1))
            number += len(some)
            for table, rows in {
                "referrals": [{**_referral(n), **SENT, **at, **_said(known)} for n, known in numbered],
                "clinical_pictures": [
                    {"id": n, "referral_id": n, "number": 1, "told_by_id": 1, "told_at": moment, **TOLD}
                    | {fact.name: known[fact.name] for fact in PATIENT}
                    for n, known in numbered
                ],
                "vertebrae": [
                    {"id": n, "picture_id": n, "position": 0} | {fact.name: known[fact.name] for fact in VERTEBRA}
                    for n, known in numbered
                ],
            }.items():
                into.add(table, list(rows[0]), [list(row.values()) for row in rows])
        one_for_all = patient({"id": 1, "public_id": "0" * 12, "practice_id": 1, "authored_at": moment})
        into.add("patients", list(one_for_all), [list(one_for_all.values())])
        into.number_on("patients", "referrals", "clinical_pictures", "vertebrae")
    made.analyze(url)


def _referral(number: int) -> Known:
    return {
        "id": number,
        "public_id": f"{number:012d}",
        "submission_token": f"token-{number}",
        "patient_id": 1,
        "picture_id": number,
    }


def _said(known: Known) -> Known:
    said: Known = {}
    for name, verdict in assess(EDITION, known, [known], YESTERDAY).verdicts.items():
        said |= {name: verdict.kind, f"{name}_from": verdict.starts_on}
    starts = [said[f"{name}_from"] for name in PROCEDURES if said[f"{name}_from"]]
    return said | {"becomes_eligible_on": min(starts, default=None)}


def truths(known: Known) -> list[Truth]:
    """What Python says of each criterion."""
    return [truth(criterion.rule, known, TODAY) for criterion in EDITION.criteria]
