"""What the clinic does with a referral: claim it, ask for what is missing, accept, decline."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session

from referrals import advice, inquiry, sight, triage
from referrals.advice import Needed
from referrals.clinical import newest_picture
from referrals.eligibility import verdict
from referrals.eligibility.evaluate import Assessment
from referrals.inquiry import Item
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.screening import assess_picture
from referrals.staff import RoleName
from referrals.transition import Incomplete, Said
from referrals.web.act import ActionForm, Answered, act, answers, opened
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Area, Choice, Day, Ticks
from referrals.web.going_on import carried
from referrals.web.policy import allow
from referrals.web.reasons import choice, reasons_for, words

blueprint = Blueprint("triage", __name__, url_prefix="/referrals")

DAYS_TO_ANSWER = timedelta(days=7)
LATEST_ANSWER = timedelta(days=90)
OWN_QUESTIONS = 5
LONGEST_QUESTION = 300


@blueprint.post("/<public_id>/claim")
@allow("work_queue")
def claim(public_id: str) -> Answered:
    """Take it into review, also a restricted one, which opens to its owner. A stale button is told who was first."""
    form = ActionForm(request.form, today=today())
    if not form.validate():
        abort(400, "The button did not say which version it was on. Open the referral and claim it there.")
    with begin() as session:
        triage.claim(session, sight.find_known(session, public_id, me()), me(), form.version.data, today())
    flash("It is yours to review.")
    return redirect(url_for("referral.show", public_id=public_id, **carried()), 303)


@blueprint.route("/<public_id>/ask", methods=["GET", "POST"])
@allow("work_queue")
def ask(public_id: str) -> Answered:
    """Ask the referrer for named items: what can still change a verdict is offered, the most telling first."""
    referral = opened(public_id, "ask_information")
    assessment = assessment_of(referral)
    offers = {needed.key: needed for needed in advice.telling_first(assessment)}

    form = ask_form(offers)(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        asked = [offers[key].item for key in form.items.data or ()] + own_questions(form.own.data)
        due_on, comment = form.due_on.data, form.comment.data or ""
        inquiry.ask(session, current, me(), form.version.data, today(), asked, due_on, comment)

    return act(
        form, referral, verb, f"Asked {referral.requester.name}.", "triage/ask.html",
        offers=offers, assessment=assessment,
    )  # fmt: skip


def ask_form(offers: dict[str, Needed]) -> Any:
    """The form with what can be asked: what presses is ticked already."""

    class AskForm(ActionForm):
        items = Ticks(
            "What is missing", {key: needed.item.question for key, needed in offers.items()},
            default=[key for key, needed in offers.items() if needed.pressing],
        )  # fmt: skip
        own = Area("Your own questions, one a line", 1500, hint=f"At most {OWN_QUESTIONS}.")
        due_on = Day(
            "Needed by", earliest=today(), future=today() + LATEST_ANSWER, default=today() + DAYS_TO_ANSWER,
            required="Say by when you need the answer.",
        )  # fmt: skip

    return AskForm


def own_questions(text: str | None) -> list[Item]:
    """A question a line, as it was typed; Incomplete when there are too many or one is too long."""
    questions = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if len(questions) > OWN_QUESTIONS or any(len(question) > LONGEST_QUESTION for question in questions):
        raise Incomplete("own", f"Ask at most {OWN_QUESTIONS} questions of at most {LONGEST_QUESTION} characters.")
    return [Item(question) for question in questions]


@blueprint.route("/<public_id>/accept", methods=["GET", "POST"])
@allow("work_queue")
def accept(public_id: str) -> Answered:
    """Accept it; against the verdict only an IR physician may, and says why."""
    referral = opened(public_id, "accept")
    assessment, reasons = assessment_of(referral), reasons_for("accept")
    candidate = verdict.CANDIDATE in assessment.kinds().values()
    may_accept = candidate or RoleName.IR_PHYSICIAN in me().role_names

    class AcceptForm(ActionForm):
        reason = Choice(
            "Why, against the verdict", words(reasons), shape="select",
            required="Choose why you accept it all the same." if may_accept and not candidate else "",
        )  # fmt: skip

    form = AcceptForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        said = Said(reasons.get(form.reason.data), form.comment.data or "")
        triage.accept(session, current, me(), form.version.data, today(), said)

    return act(
        form, referral, verb, "Accepted. The referrer has been told.", "triage/accept.html",
        candidate=candidate, may_accept=may_accept, assessment=assessment, needed=advice.still_needed(assessment),
    )  # fmt: skip


OFFERED = "Offered by the checker; put it in your own words."
NOTHING_OFFERED = "No criterion speaks against it, so the checker has nothing to offer: say it in your own words."


@blueprint.route("/<public_id>/decline", methods=["GET", "POST"])
@allow("work_queue")
def decline(public_id: str) -> Answered:
    """Decline with a coded reason, a comment, and what would change the decision."""
    referral = opened(public_id, "decline")
    reasons, assessment = reasons_for("decline"), assessment_of(referral)
    offered = advice.what_would_change(assessment)

    class DeclineForm(ActionForm):
        reason = choice(reasons)
        comment = Area("Comment", 2000, hint=ActionForm.COMMENT, required="Say why, in a sentence or two.")
        would_change = Area(
            "What would change this", 2000, hint=OFFERED if offered else NOTHING_OFFERED,
            required="Say what would change this decision, or that nothing would.", default=offered,
        )  # fmt: skip

    form = DeclineForm(answers(), today=today(), version=referral.version)

    def verb(session: Session, current: Referral) -> None:
        said = Said(reasons.get(form.reason.data), form.comment.data or "")
        triage.decline(session, current, me(), form.version.data, today(), said, form.would_change.data)

    return act(
        form, referral, verb, "Declined. The referrer has been told why, and what would change it.",
        "triage/decline.html", assessment=assessment, needed=advice.still_needed(assessment), groups=grouped(reasons),
    )  # fmt: skip


def grouped(reasons: dict[str, Reason]) -> dict[str, dict[str, str]]:
    """The reasons under what they are: those that only an IR physician may give are clinical."""
    groups: dict[str, dict[str, str]] = {"Clinical": {}, "Administrative": {}}
    for code, reason in reasons.items():
        kind = "Administrative" if RoleName.COORDINATOR in reason.roles else "Clinical"
        groups[kind][code] = reason.words
    return {kind: offered for kind, offered in groups.items() if offered}


def assessment_of(referral: Referral) -> Assessment:
    return assess_picture(reading(), newest_picture(reading(), referral.id), today())
