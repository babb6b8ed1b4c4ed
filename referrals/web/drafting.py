"""Drafts of editions: those that there are, one with all that it changes and whom it would move, and giving it up."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import drafting, prover
from referrals.edition_draft import EditionDraft, drafts, open_draft
from referrals.edition_signing import OVERTAKEN
from referrals.eligibility import english
from referrals.eligibility.edition import Edition
from referrals.eligibility.revision import Change, compared
from referrals.policy import may
from referrals.screening import CRITERIA_SET
from referrals.web import strict
from referrals.web.act import Answered, answers
from referrals.web.administration.carry import asked_once
from referrals.web.context import begin, me, reading, today
from referrals.web.draft_form import PARTS, STAGES, DraftForm, opened, step
from referrals.web.edition_effect import LISTED, effect
from referrals.web.policy import allow

blueprint = Blueprint("drafting", __name__, url_prefix="/criteria/drafts")

FARTHEST = timedelta(366)
"""How far ahead one can look."""


@blueprint.get("")
@allow("draft_edition")
def show() -> str:
    session = reading()
    current = open_draft(session, CRITERIA_SET)
    closed = [draft for draft in drafts(session) if not draft.is_open]
    newest = drafting.newest(session, CRITERIA_SET)
    return render_template("criteria/drafts.html", current=current, closed=closed, newest=newest, stages=STAGES)


@blueprint.post("")
@allow("draft_edition")
def start() -> Response:
    """Begin one; where there is one, go on with that."""
    with begin() as session:
        draft = drafting.start(session, me(), CRITERIA_SET, today())
    return redirect(url_for("drafting.one", public_id=draft.public_id), 303)


@blueprint.get("/<public_id>")
@allow("draft_edition")
def one(public_id: str) -> str:
    """What it changes, whom it would move, and who has signed."""
    asked = asked_once("on", "prove")
    draft = opened(public_id)
    base, edition = drafting.base_of(reading(), draft), draft.edition
    on = day_asked(asked.get("on", ""), draft, base)
    changes = compared(base, edition)
    return render_template(
        "criteria/draft.html",
        draft=draft,
        base=base,
        edition=edition,
        changed=[each for each in changes if each.kind != "same"],
        same=[each for each in changes if each.kind == "same"],
        outline=english.outline,
        lines=lines,
        old_reading=old_reading,
        effect=effect(base, edition, on) if draft.is_open else None,
        most=LISTED,
        proof=prover.who_could_move(base, edition, on) if "prove" in asked else None,
        stages=STAGES,
        parts_in_words=PARTS,
        overtaken=OVERTAKEN if draft.is_open and drafting.is_overtaken(reading(), draft) else "",
        may_sign=may(me(), "sign_edition") and me().id != draft.first_signer_id,
        may_withdraw=may(me(), "sign_edition") and draft.is_still_to_count(today()),
        earliest=drafting.earliest(base, today()),
    )


def day_asked(text: str, draft: EditionDraft, base: Edition) -> date:
    """The day on which both editions are compared: as asked for, else the first day of the draft."""
    first = draft.in_force_from or drafting.earliest(base, today())
    if not text:
        return max(first, today())
    try:
        return strict.date_between(text, today(), today() + FARTHEST)
    except ValueError as wrong:
        abort(400, str(wrong))


def lines(line: Any) -> set[str]:
    """Every line of an outline, to find those that the other has not."""
    return {line.words, *(words for part in line.parts for words in lines(part))}


def old_reading(change: Change) -> bool:
    """Whether the rule is another and what is said of it is not."""
    before, after = change.before, change.after
    return bool(before and after and change.rule_differs and before.reading == after.reading)


@blueprint.route("/<public_id>/discard", methods=["GET", "POST"])
@allow("draft_edition")
def discard(public_id: str) -> Answered:
    draft = opened(public_id)
    form = DraftForm(answers(), today=today(), version=draft.version)

    def verb(session: Session) -> None:
        drafting.discard(session, me(), public_id, form.version.data)

    def page() -> str:
        return render_template("criteria/discard.html", draft=draft, form=form)

    done = "Discarded. The edition in force stays in force."
    return step(form, draft, verb, done, page, then=url_for("drafting.show"))
