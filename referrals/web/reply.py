"""What the referrer does after sending: answer what the clinic asks."""

from typing import Any

from flask import Blueprint
from sqlalchemy.orm import Session

from referrals import inquiry
from referrals.eligibility import facts
from referrals.information import InformationItem, open_request
from referrals.inquiry import Answer
from referrals.referral import Referral
from referrals.transition import NotAllowed
from referrals.web.act import ActionForm, Answered, act, answers, opened
from referrals.web.context import me, reading, today
from referrals.web.fact_fields import fact_field, spoken
from referrals.web.fields import Area, StrictField
from referrals.web.policy import allow

blueprint = Blueprint("reply", __name__, url_prefix="/referrals")


@blueprint.route("/<public_id>/answer", methods=["GET", "POST"])
@allow("read_referral")
def answer(public_id: str) -> Answered:
    """One short page with only the questions that the clinic asked; a coordinator may fill it in for the referrer."""
    referral = opened(public_id, "answer")
    information = open_request(reading(), referral.id)
    if information is None:
        raise NotAllowed("answer")
    questions = {f"item{item.position}": item for item in information.items}
    asked = {name: field_of(item) for name, item in questions.items()}
    answer_form = type("AnswerForm", (ActionForm,), {**asked, "of_the_whole": next(iter(asked))})
    form = answer_form(answers(), today=today(), version=referral.version)
    for name, item in questions.items():
        form[name].label.text = item.question

    def verb(session: Session, current: Referral) -> None:
        said = {item.position: answered(item, form[name]) for name, item in questions.items()}
        given = {position: answer for position, answer in said.items() if answer}
        inquiry.answer(session, current, me(), form.version.data, today(), given, form.comment.data or "")

    return act(
        form, referral, verb, "Your answers were sent, and the referral was screened again.", "reply/answer.html",
        information=information, questions=questions, on_behalf=me().works_at_clinic,
    )  # fmt: skip


def field_of(item: InformationItem) -> Any:
    """The form field of an item: the fact's own question, or lines to write in."""
    if item.fact:
        return fact_field(facts.BY_NAME[item.fact])
    return Area(item.question, 2000)


def answered(item: InformationItem, field: StrictField) -> Answer | None:
    """What was said to an item; None where nothing was."""
    if not item.fact:
        return Answer(field.data) if field.data else None
    return Answer(spoken(facts.BY_NAME[item.fact], field.data), field.data) if field.answered else None
