"""One criterion of a draft: its thresholds, codes and words, where it is asked, and going back to how it was."""

from flask import Blueprint, abort, make_response, render_template, request
from sqlalchemy.orm import Session

from referrals import drafting
from referrals.edition_draft import EditionDraft
from referrals.eligibility import branch, english
from referrals.eligibility.edition import Criterion, Edition
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.revision import Change, compared
from referrals.web.act import Answered, answers
from referrals.web.context import me, reading, today
from referrals.web.criterion_form import form_of, placed, rule_of
from referrals.web.draft_form import DraftForm, opened, stale, step
from referrals.web.policy import allow

blueprint = Blueprint("drafted_criterion", __name__, url_prefix="/criteria/drafts/<public_id>/criteria/<name>")


def change_of(base: Edition, edition: Edition, name: str) -> Change:
    """What becomes of a criterion of either edition, or the page not found."""
    return next((each for each in compared(base, edition) if each.name == name), None) or abort(404)


def asked_of(draft: EditionDraft, name: str) -> Change:
    """What becomes of the criterion that the address names. A form about one that is gone is told so, with its text."""
    base = drafting.base_of(reading(), draft)
    there = any(each.name == name for each in compared(base, draft.edition))
    if request.method == "POST" and not there:
        abort(make_response(*stale(DraftForm(request.form, today=today()), draft.public_id)))
    return change_of(base, draft.edition, name)


def current(change: Change) -> Criterion:
    """As the draft has it; as it was where the draft has it not."""
    found = change.after or change.before
    assert found is not None
    return found


@blueprint.route("", methods=["GET", "POST"])
@allow("draft_edition")
def edit(public_id: str, name: str) -> Answered:
    draft = opened(public_id)
    change = asked_of(draft, name)
    criterion = current(change)
    form = form_of(criterion, change.becomes, answers(), today(), draft.version)

    def revise(edition: Edition, base: Edition) -> Edition:
        now = current(change_of(base, edition, name))
        rule = rule_of(form, now.rule)
        before = change.before
        made = form.criterion(name, rule, before, addition=now.addition)
        return placed(edition, base, made, form.places)

    def verb(session: Session) -> None:
        drafting.change(session, me(), public_id, form.version.data, revise)

    def page() -> str:
        return render_template(
            "criteria/criterion.html", draft=draft, change=change, criterion=criterion, form=form,
            whole=branch.tree(criterion.rule), facts=BY_NAME, sentence=english.sentence,
            base_name=drafting.base_of(reading(), draft).name,
        )  # fmt: skip

    return step(form, draft, verb, f"Changed: {criterion.title}.", page, about=name)


@blueprint.post("/restore")
@allow("draft_edition")
def restore(public_id: str, name: str) -> Answered:
    """As it is in the edition that the draft is based on: rule, words and places."""
    draft = opened(public_id)
    change = asked_of(draft, name)
    if change.before is None:
        abort(404)
    before, was = change.before, change.was
    form = DraftForm(answers(), today=today())

    def verb(session: Session) -> None:
        drafting.change(
            session, me(), public_id, form.version.data, lambda edition, base: placed(edition, base, before, was)
        )

    def page() -> Answered:
        abort(422)

    return step(form, draft, verb, f"As it was: {before.title}.", page, about=name)
