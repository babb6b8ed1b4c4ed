"""Signing a drafted edition by name, taking the first signature back, and withdrawing what was adopted."""

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session

from referrals import drafting, edition_signing, kept_edition
from referrals.edition_draft import EditionDraft, Stage
from referrals.edition_signing import Signature
from referrals.eligibility.revision import compared
from referrals.web import edition_mails
from referrals.web.act import Answered, answers
from referrals.web.context import me, reading, today
from referrals.web.draft_form import DraftForm, opened, step
from referrals.web.drafting import FARTHEST
from referrals.web.fields import Area, Day, Line
from referrals.web.policy import allow

blueprint = Blueprint("edition_signing", __name__, url_prefix="/criteria/drafts/<public_id>")

NOTHING_TO_WITHDRAW = "There is nothing to withdraw: only an adopted edition is, until its first day."


class SignForm(DraftForm):
    """What the second person says who signs."""

    of_the_whole = "name"
    name = Line("Your name, to sign", 100, required="Type your name as it stands here to sign.")


@blueprint.route("/sign", methods=["GET", "POST"])
@allow("sign_edition")
def sign(public_id: str) -> Answered:
    """The first person gives the reason and the first day; the second signs just that."""
    draft = opened(public_id)
    base = drafting.base_of(reading(), draft)
    form = _form(draft)

    def verb(session: Session) -> None:
        said = Signature(
            form["name"].data or "", *(form[name].data for name in ("reason", "in_force_from") if name in form)
        )
        if signed := edition_signing.sign(session, me(), public_id, form.version.data, today(), said):
            edition_mails.tell_of_signature(session, signed)

    def page() -> str:
        changed = [each for each in compared(base, draft.edition) if each.kind != "same"]
        return render_template("criteria/sign.html", draft=draft, base=base, form=form, changed=changed)

    done = (
        "Signed. It is adopted, and counts from its first day."
        if _is_second(draft)
        else "Signed. Another person signs with you."
    )
    return step(form, draft, verb, done, page)


@blueprint.post("/take-back")
@allow("sign_edition")
def take_back(public_id: str) -> Answered:
    """Take the first signature off: the draft is as it was before it."""
    draft = opened(public_id)
    form = DraftForm(answers(), today=today())

    def verb(session: Session) -> None:
        edition_signing.take_back(session, me(), public_id, form.version.data)

    def page() -> Answered:
        abort(422)

    return step(form, draft, verb, "The signature is taken back.", page)


class WithdrawForm(DraftForm):
    """Why an adopted edition is not to count."""

    reason = Area(
        "Why it is withdrawn", 1000, required="Say why, in a sentence.",
        hint="Stands on the page of the draft, with your name.",
    )  # fmt: skip


@blueprint.route("/withdraw", methods=["GET", "POST"])
@allow("sign_edition")
def withdraw(public_id: str) -> Answered:
    """Until its first day: nobody is judged by it yet, and the edition in force stays in force."""
    draft = opened(public_id)
    form = WithdrawForm(answers(), today=today(), version=draft.version)

    def verb(session: Session) -> None:
        because = form.reason.data or ""
        if gone := edition_signing.withdraw(session, me(), public_id, form.version.data, today(), because):
            edition_mails.tell_of_withdrawal(session, gone)

    def page() -> str:
        in_force = kept_edition.in_force(reading(), draft.criteria_set, today())
        return render_template("criteria/withdraw.html", draft=draft, form=form, in_force=in_force)

    over = "" if draft.is_still_to_count(today()) else NOTHING_TO_WITHDRAW
    return step(form, draft, verb, "Withdrawn. It counts for nobody.", page, over=over)


def _is_second(draft: EditionDraft) -> bool:
    return draft.state == Stage.SIGNED_ONCE


def _form(draft: EditionDraft) -> SignForm:
    if _is_second(draft):
        return SignForm(answers(), today=today(), version=draft.version)
    earliest = drafting.earliest(drafting.base_of(reading(), draft), today())

    class FirstForm(SignForm):
        reason = Area(
            "Why this edition", 1000, required="Say why, in a sentence.",
            hint="Stands on the criteria page with both names, for everybody who reads the criteria.",
        )  # fmt: skip
        in_force_from = Day(
            "Its first day", earliest=earliest, future=earliest + FARTHEST,
            required="Give the day from which it counts.", hint="Until then the edition in force counts.",
        )  # fmt: skip
        order = ("reason", "in_force_from", "name")

    proposed = max(draft.in_force_from, earliest) if draft.in_force_from else None
    return FirstForm(
        answers(), today=today(), version=draft.version, reason=draft.reason or None, in_force_from=proposed
    )
