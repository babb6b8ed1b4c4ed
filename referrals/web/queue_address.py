"""What the address of a worklist may say, read strictly: which list, in which order, narrowed to what."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from flask import abort, request, url_for

from referrals import worklist
from referrals.eligibility.verdict import KINDS
from referrals.queue import Wanted
from referrals.web.searched import printable
from referrals.workflow import Urgency
from referrals.worklist import CLINIC_LISTS

FILTERS = ("search", *(field.name for field in fields(Wanted) if field.name not in ("worklist", "words")))
"""What the address may say. Not the words of a search, for they are of patients: they are sent, and kept."""
CHOSEN = ("urgency", "verdict", "practice", "owner", "sort")
URGENCIES = {urgency.name.lower(): urgency.words for urgency in Urgency}
OWNERS = {"me": "Mine", "nobody": "Nobody’s"}


def address(name: str, **changes: str) -> str:
    """The address of a worklist with what this one asks for, and some of it changed; "" takes it out."""
    return place(name, {**request.args.to_dict(), **changes})


def place(name: str, asked: Mapping[str, str]) -> str:
    """The address of a worklist, asked for so."""
    said: dict[str, Any] = {key: value for key, value in asked.items() if value}
    return url_for("queue.show", name=name, **said)


def wanted(name: str, asked: Mapping[str, str], words: str) -> Wanted:
    """What is asked for in our words; anything that we do not offer is refused with what we do."""
    if name not in CLINIC_LISTS:
        abort(404)
    return Wanted(
        worklist=name,
        sort=one_of("sort", asked.get("sort", CLINIC_LISTS[name].sort), worklist.sorts(name)),
        words=words,
        urgency=Urgency[one_of("urgency", asked["urgency"], URGENCIES).upper()] if "urgency" in asked else None,
        practice=printable(asked.get("practice", "")),
        owner=one_of("owner", asked.get("owner", ""), ("", *OWNERS)),
        verdict=one_of("verdict", asked.get("verdict", ""), ("", *KINDS)),
        after=printable(asked.get("after", "")),
    )


def one_of(name: str, value: str, allowed: Collection[str]) -> str:
    if value not in allowed:
        abort(400, f"“{name}” may be one of: {', '.join(word for word in allowed if word)}.")
    return value
