"""Adding a criterion to a draft that the edition before does not have, beginning with one question."""

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from referrals import drafting
from referrals.administration import Refused
from referrals.eligibility.edition import Edition
from referrals.eligibility.language import Node
from referrals.eligibility.revision import compared
from referrals.web.act import Answered, answers
from referrals.web.condition_form import asking, fields_of
from referrals.web.context import me, today
from referrals.web.criterion_form import CriterionForm, asked_in, new_name, placed
from referrals.web.draft_form import opened, step
from referrals.web.drafted_criterion import current
from referrals.web.policy import allow
from referrals.web.vocabulary import asked, asked_about, chooser

blueprint = Blueprint("new_criterion", __name__, url_prefix="/criteria/drafts/<public_id>")


@blueprint.route("/add", methods=["GET", "POST"])
@allow("draft_edition")
def add(public_id: str) -> Answered:
    """A criterion that the edition before does not have, beginning with one question."""
    draft, fact = opened(public_id), asked_about()
    if fact is None:
        return chooser(draft, "Add a criterion", lambda name: url_for(".add", public_id=public_id, fact=name))
    made = asking(CriterionForm, {**fields_of(fact, "q"), **asked_in()}, {"q": fact})
    form = made(answers(), today=today(), version=draft.version)

    def revise(edition: Edition, base: Edition) -> Edition:
        rule = asked(form, fact)
        if not any(form.places.values()):
            raise Refused("in-vertebroplasty", "Choose a procedure that asks for it, or that it rules out.")
        return with_new(form, edition, base, rule)

    def verb(session: Session) -> None:
        drafting.change(session, me(), public_id, form.version.data, revise)

    def page() -> str:
        return render_template("criteria/add.html", draft=draft, fact=fact, form=form)

    return step(form, draft, verb, "Added. More conditions can be joined to it.", page)


def with_new(form: CriterionForm, edition: Edition, base: Edition, rule: Node) -> Edition:
    """The edition with one criterion more; the same where it has it already. Refused where its title is taken."""
    known = {current(each).title.casefold(): current(each) for each in compared(base, edition)}
    there = known.get((form["title"].data or "").casefold())
    name = there.name if there else new_name(form["title"].data, {each.name for each in known.values()})
    made = form.criterion(name, rule, addition=True)
    if there is None:
        return placed(edition, base, made, form.places)
    if (there.rule, there.reading, there.source) != (made.rule, made.reading, made.source):
        raise Refused("title", "Another criterion has this title.")
    return edition
