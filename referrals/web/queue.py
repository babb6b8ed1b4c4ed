"""The clinic's queue: its worklists, filtered and sorted by the address, a page at a time."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referrals import search, worklist
from referrals.eligibility.verdict import KINDS
from referrals.staff import Practice
from referrals.web.context import begin, me, reading, today
from referrals.web.policy import allow
from referrals.web.reading import listed
from referrals.web.standing import next_action
from referrals.web.words import capped
from referrals.workflow import Urgency
from referrals.worklist import CLINIC_LISTS, Wanted

blueprint = Blueprint("queue", __name__, url_prefix="/queue")

FILTERS = ("search", *(field.name for field in fields(Wanted) if field.name not in ("worklist", "words")))
"""What the address may say. Not the words of a search, for they are of patients: they are sent, and kept."""
CHOSEN = ("urgency", "verdict", "practice", "owner", "sort")
URGENCIES = {urgency.name.lower(): urgency.words for urgency in Urgency}
OWNERS = {"me": "Mine", "nobody": "Nobody’s"}


@blueprint.get("/")
@blueprint.get("/<name>")
@allow("work_queue")
def show(name: str = "new") -> str:
    asked, session = _asked(request.args.copy(), FILTERS), reading()
    wanted = _wanted(name, asked, _searched_for(asked.get("search", "")))
    page = worklist.page(session, me(), wanted, today())
    listed(len(page.rows))
    return render_template(
        "queue/show.html",
        wanted=wanted,
        lists=CLINIC_LISTS,
        tabs=tabs(name, worklist.counts(session, me(), today())),
        page=page,
        practices=session.execute(
            select(Practice.public_id, Practice.name).where(~Practice.is_clinic).order_by(Practice.name)
        ).all(),
        sorts=worklist.sorts(name),
        urgencies=URGENCIES,
        owners=OWNERS,
        next_action=partial(next_action, person=me()),
        address=address,
    )


@blueprint.post("/<name>")
@allow("work_queue")
def narrow(name: str) -> Response:
    """Narrow a worklist by what the form says. The words of a search stay here, an id goes for them."""
    asked = _asked(request.form.copy(), (*CHOSEN, "words"))
    words = _words(asked.pop("words", "").strip())
    _wanted(name, asked, words)
    if words:
        with begin() as session:
            asked["search"] = search.remember(session, me(), words)
    return redirect(_address(name, asked), 303)


def tabs(here: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The worklists to change to. Each begins afresh, so that its count says what it holds."""
    return [
        {
            "label": entry.words,
            "url": url_for("queue.show", name=entry.name),
            "current": entry.name == here,
            "count": capped(counts[entry.name]) if entry.name in counts else None,
            "alert": entry.name == "red_flags" and counts["red_flags"] > 0,
        }
        for entry in CLINIC_LISTS.values()
    ]


def address(name: str, **changes: str) -> str:
    """The address of a worklist with what this one asks for, and some of it changed; "" takes it out."""
    return _address(name, {**request.args.to_dict(), **changes})


def _address(name: str, asked: Mapping[str, str]) -> str:
    said: dict[str, Any] = {key: value for key, value in asked.items() if value}
    return url_for("queue.show", name=name, **said)


def _wanted(name: str, asked: Mapping[str, str], words: str) -> Wanted:
    """What is asked for in our words; anything that we do not offer is refused with what we do."""
    if name not in CLINIC_LISTS:
        abort(404)
    return Wanted(
        worklist=name,
        sort=_one_of("sort", asked.get("sort", CLINIC_LISTS[name].sort), worklist.sorts(name)),
        words=words,
        urgency=Urgency[_one_of("urgency", asked["urgency"], URGENCIES).upper()] if "urgency" in asked else None,
        practice=_words(asked.get("practice", "")),
        owner=_one_of("owner", asked.get("owner", ""), ("", *OWNERS)),
        verdict=_one_of("verdict", asked.get("verdict", ""), ("", *KINDS)),
        after=_words(asked.get("after", "")),
    )


def _asked(said: MultiDict[str, str], fields: Collection[str]) -> dict[str, str]:
    """What an address or a form asks for: only what there is to ask for, each once."""
    said.pop("csrf_token", "")
    if set(said) - set(fields) or any(len(values) > 1 for values in said.to_dict(flat=False).values()):
        abort(400, f"Ask for each of these once: {', '.join(fields)}.")
    return {key: value for key, value in said.items() if value}


def _searched_for(search_id: str) -> str:
    """The words of an own search; of another's, or one of long ago, there are none to be found."""
    if not search_id:
        return ""
    words = search.recall(reading(), me(), _words(search_id))
    return words if words is not None else abort(404)


def _one_of(name: str, value: str, allowed: Collection[str]) -> str:
    if value not in allowed:
        abort(400, f"“{name}” may be one of: {', '.join(word for word in allowed if word)}.")
    return value


def _words(text: str) -> str:
    """Words to look for: no control characters, and no more than a name needs."""
    if len(text) > 100 or not text.isprintable():
        abort(400, "Search for a name, a record number or a referral id of at most 100 characters.")
    return text
