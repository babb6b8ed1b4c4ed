"""The own account: who one is here, how one signs in, and where one is signed in."""

import re
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response

from referrals import account, user_session
from referrals.db import now
from referrals.policy import may
from referrals.user_session import UserSession
from referrals.web import signed_in
from referrals.web.context import begin, me, reading
from referrals.web.policy import allow
from referrals.web.words import clock

blueprint = Blueprint("own_account", __name__)

BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrom": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Place:
    """One browser in which the person is signed in."""

    public_id: str
    browser: str
    address: str | None
    started_at: datetime
    seen_at: datetime
    is_this_one: bool


@blueprint.get("/account")
@allow("be_signed_in")
def show() -> str:
    """The person's own page."""
    places = [place(each) for each in sessions()]
    return render_template("account/show.html", person=me(), places=places, may_choose_mails=may(me(), "read_inbox"))


@blueprint.post("/account/sessions/<public_id>/end")
@allow("be_signed_in")
def end(public_id: str) -> Response:
    """Sign out of one browser."""
    if public_id not in {each.public_id for each in sessions()}:
        abort(404)
    with begin() as session:
        account.end_one(session, me(), public_id)
    g.signed_out_here = public_id == signed_in.current().public_id
    flash("You are signed out." if g.signed_out_here else "That browser is signed out.", "success")
    return redirect(url_for(".show"), 303)


@blueprint.post("/account/sessions/end")
@allow("be_signed_in")
def end_everywhere() -> Response:
    """Sign out of every browser, this one too."""
    with begin() as session:
        account.end_everywhere(session, me())
    g.signed_out_here = True
    flash("You are signed out everywhere.", "success")
    return redirect(url_for("security.login"), 303)


@blueprint.get("/account/session")
@allow("be_signed_in")
def lasts() -> Response:
    """How long this session goes on, for the pages that are open in it: see session.js."""
    found, limits = signed_in.current(), signed_in.limits()
    ends = found.ends_at(limits)
    return jsonify(
        person=me().public_id,
        left=signed_in.seconds_left(),
        ends=clock(ends),
        can_stay=ends < found.ends_for_good_at(limits),
    )


@blueprint.get("/signed-in")
@allow("be_signed_in")
def again() -> str:
    """Where somebody ends who signed in beside a page that is still open."""
    return render_template("account/again.html")


def sessions() -> list[UserSession]:
    return list(user_session.living(reading(), me(), signed_in.limits(), now()))


def place(session: UserSession) -> Place:
    return Place(
        session.public_id,
        in_words(session.browser),
        session.address,
        session.started_at,
        session.seen_at,
        session.id == signed_in.current().id,
    )


def in_words(browser: str) -> str:
    """What a browser says it is, as its owner calls it: "Firefox, Windows"."""
    program = next((words for mark, words in BROWSERS.items() if mark in browser), "")
    system = next((words for mark, words in SYSTEMS.items() if mark in browser), "")
    known = ", ".join(filter(None, (program, system)))
    return known or re.sub(r"[^ -~]", "", browser)[:40] or "A browser that does not say its name"
