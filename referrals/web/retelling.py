"""Telling the clinical picture anew: to put it right, or to send a referral again that came back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from referrals import amendment, closing, sight
from referrals.clinical import PictureDetails, newest_picture
from referrals.comparison import compare
from referrals.referral import Referral
from referrals.staff import Person
from referrals.transition import Incomplete, Stale
from referrals.web.act import Answered, opened
from referrals.web.context import begin, me, reading, today
from referrals.web.errors import what_they_did
from referrals.web.intake_form import called
from referrals.web.pictures import drawn
from referrals.web.policy import allow
from referrals.web.preview import so_far
from referrals.web.reading import open_referral
from referrals.web.retelling_form import AmendingForm, ResubmittingForm, Retelling, as_answers
from referrals.workflow import possible

blueprint = Blueprint("retelling", __name__, url_prefix="/referrals")

Verb = Callable[[Session, Referral, Person, int, date, PictureDetails, str], None]


@dataclass(frozen=True)
class Page:
    """A page on which a picture is told anew: the action, its verb, its form, and what is said once it is done."""

    action: str
    verb: Verb
    form: type[AmendingForm]
    done: str

    @property
    def endpoint(self) -> str:
        return f"retelling.{self.action}"


AMEND = Page("amend", amendment.amend, AmendingForm, "Amended, and screened again.")
RESUBMIT = Page("resubmit", closing.resubmit, ResubmittingForm, "Sent again, and screened again.")


@blueprint.route("/<public_id>/amend", methods=["GET", "POST"])
@allow("read_referral")
def amend(public_id: str) -> Answered:
    """Put the picture right: the referrer until it is claimed, then the clinic."""
    return shown(AMEND, opened(public_id, "amend"))


@blueprint.route("/<public_id>/resubmit", methods=["GET", "POST"])
@allow("refer")
def resubmit(public_id: str) -> Answered:
    """Send it again with what has changed since."""
    return shown(RESUBMIT, opened(public_id, "resubmit"))


@blueprint.post("/picture/preview")
@allow("read_referral")
def preview() -> str:
    """The side panel for the answers so far."""
    retelling = Retelling(request.form, today())
    if retelling.strangers:
        abort(422)
    return render_template("intake/so_far.html", **judged(retelling), live=True)


def shown(page: Page, referral: Referral) -> Answered:
    """The page, and what its buttons do: send it, or show it again with verdicts, questions or rows added."""
    if request.method != "POST":
        return drawn_page(page, referral, begun(page, referral, as_answers(known(referral))))
    retelling = Retelling(request.form, today(), page.form)
    button = retelling.action.do.text or "send"
    if button != "send":
        return drawn_page(page, referral, retelling, added=button), 422 if retelling.mark_unreadable() else 200
    if not retelling.validate():
        return drawn_page(page, referral, retelling), 422
    return sent(page, referral, retelling)


def begun(page: Page, referral: Referral, answers: Any) -> Retelling:
    """The page with these answers, on the version that the referral has now."""
    answers["version"] = str(referral.version)
    return Retelling(answers, today(), page.form)


def known(referral: Referral) -> PictureDetails:
    return newest_picture(reading(), referral.id).details()


def sent(page: Page, referral: Referral, retelling: Retelling) -> Answered:
    """One transaction; whoever was faster is shown beside what was written here."""
    form = retelling.action
    try:
        with begin() as session:
            current = sight.find(session, referral.public_id, me())
            page.verb(session, current, me(), form.version.data, today(), retelling.picture(), form.comment.data or "")
    except Incomplete as missing:
        retelling.refuse(missing)
        return drawn_page(page, referral, retelling), 422
    except Stale:
        return too_late(page, open_referral(referral.public_id), retelling), 409
    flash(" ".join((page.done, *left_out(retelling))))
    return redirect(url_for("referral.show", public_id=referral.public_id), 303)


def left_out(retelling: Retelling) -> list[str]:
    """That what was told of some levels is not in the picture any more."""
    levels = ", ".join(called(level) for level in retelling.dropped)
    return [f"What was told of {levels} is not in the picture any more."] if levels else []


def too_late(page: Page, referral: Referral, retelling: Retelling) -> str:
    """What somebody else did, and where the picture as it is now differs from the one written here.

    The form goes on from there, on the new version, if it may still be sent.
    """
    theirs, mine = known(referral), retelling.picture()
    again = page.action in {action.name for action in possible(referral, me().role_names)}
    answers = request.form.copy()
    return drawn_page(
        page, referral, begun(page, referral, answers), theirs=what_they_did(referral), may_be_sent=again,
        **drawn(compare(theirs, mine)),
    )  # fmt: skip


def drawn_page(page: Page, referral: Referral, retelling: Retelling, **more: Any) -> str:
    return render_template(
        f"retelling/{page.action}.html",
        page=page,
        referral=referral,
        told=retelling,
        at_clinic=me().works_at_clinic,
        **retelling.drawn(),
        **judged(retelling),
        **more,
    )


def judged(retelling: Retelling) -> dict[str, Any]:
    """What the side panel shows: the verdict so far, and the levels whose answers do not count."""
    dropped = [called(level) for level in retelling.dropped]
    return {"so_far": so_far(reading(), retelling.picture(), retelling.chosen, today()), "dropped": dropped}
