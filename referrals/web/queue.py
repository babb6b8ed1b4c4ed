"""The clinic's queue: its worklists, filtered and sorted by the address, a page at a time."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referrals import queue, turning, worklist
from referrals.offer import Offered, offer
from referrals.outline import Outline
from referrals.referral import Referral
from referrals.web.context import me, reading, today
from referrals.web.policy import allow
from referrals.web.queue_address import CHOSEN, FILTERS, OWNERS, URGENCIES, address, place, wanted
from referrals.web.reading import listed
from referrals.web.searched import asked_for, printable, remembered, search_anew, searched_for
from referrals.web.standing import next_action
from referrals.web.words import capped
from referrals.worklist import CLINIC_LISTS

blueprint = Blueprint("queue", __name__, url_prefix="/queue")


@blueprint.get("/")
@blueprint.get("/<name>")
@allow("work_queue")
def show(name: str = "new") -> str | Response:
    asked = asked_for(request.args.copy(), FILTERS)
    words = searched_for(asked.get("search", ""))
    if words is None:
        return search_anew(place(name, {**asked, "search": ""}))
    return listing(wanted(name, asked, words))


def listing(sought: queue.Wanted) -> str:
    """A page of a worklist, as it is wanted."""
    session, name = reading(), sought.worklist
    page = queue.page(session, me(), sought, today())
    listed(len(page.rows))
    offered = offer(session, me())
    return render_template(
        "queue/show.html",
        wanted=sought,
        lists=CLINIC_LISTS,
        groups=groups(name, queue.counts(session, me(), today())),
        views=views(offered.views),
        page=page,
        turned=turned(page.rows) if name == "turned" else {},
        newest=queue.newest_of(page.rows) if sought == wanted(name, {}, "") else None,
        practices=[(practice.public_id, practice.name) for practice in offered.practices],
        staff=offered.staff,
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
    asked = asked_for(request.form.copy(), (*CHOSEN, "words"))
    words = printable(asked.pop("words", "").strip())
    wanted(name, asked, words)
    return redirect(place(name, {**asked, "search": remembered(words)}), 303)


@blueprint.get("/<name>/pulse")
@allow("work_queue")
def pulse(name: str) -> Response:
    """What an open page asks every while: the counts of the lists, and whether anything on its own list is different.

    It reads nothing of a patient, and does not count as somebody using their session.
    """
    if name not in CLINIC_LISTS:
        abort(404)
    session = reading()
    counts = {key: capped(count) for key, count in queue.counts(session, me(), today()).items()}
    return jsonify(counts=counts, newest=queue.newest_change(session, me(), name, today()))


@blueprint.get("/<name>/next")
@allow("work_queue")
def following(name: str) -> Response:
    """On to the first referral of a worklist, other than the one that was just worked on."""
    if name not in CLINIC_LISTS:
        abort(404)
    first = queue.first_of(reading(), me(), name, today(), printable(request.args.get("but", "")))
    if first is None:
        return redirect(url_for("queue.show", name=name), 303)
    return redirect(url_for("referral.show", public_id=first, list=name), 303)


@blueprint.get("/shortcuts")
@allow("work_queue")
def shortcuts() -> str:
    """The keys."""
    return render_template("queue/shortcuts.html")


def groups(here: str, counts: Mapping[str, int]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The worklists to change to, under their headings. Each begins afresh, so that its count says what it holds."""
    return [
        (heading, [tab(entry, here, counts) for entry in entries])
        for heading, entries in groupby(CLINIC_LISTS.values(), key=lambda entry: entry.group)
    ]


def tab(entry: worklist.Worklist, here: str, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": entry.name,
        "label": entry.words,
        "url": url_for("queue.show", name=entry.name),
        "current": entry.name == here,
        "count": capped(counts[entry.name]) if entry.name in counts else None,
        "alert": entry.name in ("red_flags", "overdue") and counts[entry.name] > 0,
    }


def turned(rows: Sequence[Referral | Outline]) -> dict[int, list[tuple[str, str, str]]]:
    """What each turned from and to, for each procedure: {id of the referral: [(procedure, before, after)]}."""
    details = turning.turns(reading(), rows)
    return {
        number: [
            (name, said["before"][name], after)
            for name, after in said["after"].items()
            if said["before"][name] != after
        ]
        for number, said in details.items()
    }


def views(kept: Sequence[Offered]) -> list[dict[str, Any]]:
    """Kept views as links."""
    return [
        {
            "id": view.public_id,
            "label": view.name,
            "of": "" if view.person_id == me().id else view.of,
            "shared": view.shared,
            "url": place(view.worklist, dict(parse_qsl(view.asked))),
        }
        for view in kept
    ]
