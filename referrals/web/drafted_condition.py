"""Joining a condition to a criterion of a draft, and taking one out."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy.orm import Session

from referrals import drafting
from referrals.administration import Refused
from referrals.eligibility import branch, english
from referrals.eligibility.branch import Branch, Path
from referrals.eligibility.edition import Edition
from referrals.eligibility.fact import Fact
from referrals.eligibility.language import Node
from referrals.web.act import Answered, answers
from referrals.web.condition_form import CHOOSE, AskingForm, asking, fields_of, in_words
from referrals.web.context import me, today
from referrals.web.criterion_form import placed
from referrals.web.draft_form import DraftForm, opened, step
from referrals.web.drafted_criterion import asked_of, change_of, current
from referrals.web.fields import Choice, Hidden
from referrals.web.policy import allow
from referrals.web.vocabulary import asked, asked_about, chooser

blueprint = Blueprint("drafted_condition", __name__, url_prefix="/criteria/drafts/<public_id>")

IN, AND, OR = "in", "and", "or"


@blueprint.route("/criteria/<name>/condition", methods=["GET", "POST"])
@allow("draft_edition")
def join(public_id: str, name: str) -> Answered:
    """One condition more in a criterion: in a group of it, or beside what stands at a place."""
    draft, fact, path = opened(public_id), asked_about(), place_in(request.args.get("at", ""))
    criterion = current(asked_of(draft, name))
    there = at(criterion.rule, path)
    if fact is None:
        here = partial(url_for, ".join", public_id=public_id, name=name, at=request.args.get("at", ""))
        return chooser(draft, "Add a condition", lambda chosen: here(fact=chosen), criterion)
    form = join_form(fact, there)(answers(), today=today(), version=draft.version)

    def verb(session: Session) -> None:
        drafting.change(session, me(), public_id, form.version.data, on_rule(name, grown))

    def grown(rule: Node) -> Node:
        return branch.added(rule, path, asked(form, fact), form["joined"].data)

    def page() -> str:
        return render_template(
            "criteria/condition.html", draft=draft, criterion=criterion, fact=fact, form=form, there=there,
            outline=english.outline,
        )  # fmt: skip

    then = url_for("drafted_criterion.edit", public_id=public_id, name=name)
    return step(form, draft, verb, "The condition is added.", page, then=then, about=name)


def join_form(fact: Fact, there: Branch) -> type[AskingForm]:
    """What is asked of the fact, and how that is joined to what stands there."""
    more = {IN: f"One more of them: {english.outline(there.node).words}"} if there.parts else {}
    how = more | {AND: "Both have to be so (and)", OR: "Either is enough (or)"}
    joined = Choice("How is it joined?", how, required=CHOOSE, default=IN if more else None)
    return asking(AskingForm, {**fields_of(fact, "q"), "joined": joined, "of_the_whole": "joined"}, {"q": fact})


class PlaceForm(DraftForm):
    """Which place of a rule."""

    at = Hidden("Place", 60, required="Open the page again: it does not say which condition.")


@blueprint.post("/criteria/<name>/without")
@allow("draft_edition")
def take_out(public_id: str, name: str) -> Answered:
    """Take a condition out of a criterion."""
    draft = opened(public_id)
    asked_of(draft, name)
    form = PlaceForm(answers(), today=today())

    def verb(session: Session) -> None:
        path = place_in(form["at"].data)
        drafting.change(
            session, me(), public_id, form.version.data, on_rule(name, lambda rule: branch.without(rule, path))
        )

    def page() -> Answered:
        abort(422)

    then = url_for("drafted_criterion.edit", public_id=public_id, name=name)
    return step(form, draft, verb, "The condition is taken out.", page, then=then, about=name)


def on_rule(name: str, edit: Callable[[Node], Node]) -> drafting.Revise:
    """A step that changes the rule of one criterion; from then on it is our reading."""

    def revise(edition: Edition, base: Edition) -> Edition:
        change = change_of(base, edition, name)
        criterion = current(change)
        try:
            rule = edit(criterion.rule)
        except ValueError as wrong:
            raise Refused("joined", in_words(wrong)) from None
        ours = criterion.ours or rule != criterion.rule
        return placed(edition, base, replace(criterion, rule=rule, ours=ours), change.becomes)

    return revise


def place_in(text: str) -> Path:
    """A place as a page of ours writes it: "", "0", "0-2"."""
    steps = text.split("-") if text else []
    if len(steps) > 8 or not all(step.isascii() and step.isdecimal() and len(step) < 3 for step in steps):
        abort(400, "The address does not say which condition. Open the criterion again.")
    return tuple(map(int, steps))


def at(rule: Node, path: Path) -> Branch:
    """What stands at a place. A form comes back for one that is gone too: it is told that somebody was faster."""
    whole = branch.tree(rule)
    try:
        return branch.at(whole, path)
    except ValueError:
        return whole if request.method == "POST" else abort(404)
