"""My referrals: what a practice sent, what it owes, what was decided, and what it has not sent yet."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referrals import inbox, message
from referrals.db import now
from referrals.information import items_owed
from referrals.list_page import Page
from referrals.practice_list import PRACTICE_LISTS, practice_counts, practice_found, practice_page
from referrals.referral import Referral
from referrals.web.context import begin, me, reading, today
from referrals.web.inbox import SeenForm
from referrals.web.policy import allow
from referrals.web.reading import listed
from referrals.web.searched import asked_for, printable, remembered, search_anew, searched_for
from referrals.web.standing import standing
from referrals.web.words import capped

blueprint = Blueprint("practice", __name__)
NEWS = 10
"""How many of the newest notices the page shows; the inbox has them all."""


@blueprint.get("/referrals")
@blueprint.get("/referrals/list/<name>", endpoint="tab")
@allow("refer")
def show(name: str = "") -> str:
    """One tab of the practice's list; without a name the first that has something in it."""
    counts = practice_counts(reading(), me())
    tab = name or next((name for name in PRACTICE_LISTS if counts[name]), "sent")
    if tab not in PRACTICE_LISTS or set(request.args) - {"after"}:
        abort(404)
    page = practice_page(reading(), me(), tab, request.args.get("after", ""))
    return listing(page, counts, partial(url_for, "practice.tab", name=tab), tab)


@blueprint.post("/referrals/find")
@allow("refer")
def find() -> Response:
    """Look for a patient among all that the practice has sent."""
    words = printable(asked_for(request.form.copy(), ("words",)).get("words", "").strip())
    if not words:
        return redirect(url_for("practice.show"), 303)
    return redirect(url_for("practice.found", search=remembered(words)), 303)


@blueprint.get("/referrals/found")
@allow("refer")
def found() -> str | Response:
    """What was found, whichever tab it is on."""
    asked = asked_for(request.args.copy(), ("search", "after"))
    words = searched_for(asked.get("search", ""))
    if not words:
        return search_anew(url_for("practice.show"))
    page = practice_found(reading(), me(), words, printable(asked.get("after", "")))
    here = partial(url_for, "practice.found", search=asked["search"])
    return listing(page, practice_counts(reading(), me()), here, words=words)


def listing(
    page: Page[Referral], counts: Mapping[str, int], here: Callable[..., str], tab: str = "", words: str = ""
) -> str:
    """A page of a tab, or of what was found for these words; `here`: its address."""
    session, shown = reading(), [row.id for row in page.rows]
    listed(len(shown))
    return render_template(
        "practice/show.html",
        practice=me().practice,
        tab=tab,
        words=words,
        lists=PRACTICE_LISTS,
        tabs=tabs(tab, counts),
        page=page,
        owed=items_owed(session, shown) if tab in ("owed", "") else {},
        new_messages=message.unread_counts(session, me(), shown),
        standing=standing,
        draft_name=draft_name,
        news=inbox.by_referral(inbox.unread(session, me(), NEWS)) if tab else [],
        now=now(),
        after=request.args.get("after", ""),
        here=here,
    )


def tabs(here: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The practice's lists to change to."""
    return [
        {
            "label": entry.words,
            "url": url_for("practice.tab", name=name),
            "current": name == here,
            "count": capped(counts[name]),
            "alert": name == "owed" and counts["owed"] > 0,
        }
        for name, entry in PRACTICE_LISTS.items()
    ]


def draft_name(draft: Referral) -> str:
    """Whom a draft is about, as far as it says so."""
    answers = draft.draft_answers or {}
    parts = (" ".join(answers.get(name, [])).strip() for name in ("family_name", "given_name"))
    return ", ".join(part for part in parts if part)


@blueprint.post("/referrals/news")
@allow("refer")
def mark_read() -> Response:
    """What the page showed was seen; what came since was not."""
    form = SeenForm(request.form, today=today())
    if not form.validate():
        abort(422)
    with begin() as session:
        inbox.mark_read(session, me(), form.seen_at.data)
    flash("Marked as read.")
    return redirect(url_for("practice.show"), 303)
