"""The messages of a referral: the thread, what is new in it, and the form to write to the other side."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from referrals import message, sight
from referrals.message import Message
from referrals.referral import Referral
from referrals.web import log_words
from referrals.web.act import Answered, answers
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Area, Hidden
from referrals.web.form import StrictForm
from referrals.web.part import part, sent_referral
from referrals.web.policy import allow
from referrals.web.token import BadToken, issue_token, read_token

blueprint = Blueprint("messages", __name__, url_prefix="/referrals")


class MessageForm(StrictForm):
    """What somebody writes, and the token by which a second click is known."""

    token = Hidden("Token", 300)
    text = Area(
        "Write a message", message.LONGEST, required="Write something before you send it.",
        hint="The other side reads it, with your name. Nothing can be taken back.",
    )  # fmt: skip


@blueprint.route("/<public_id>/messages", methods=["GET", "POST"])
@allow("read_referral")
def show(public_id: str) -> Answered:
    """The thread, which is read by being opened; what is written goes to its end."""
    referral = sent_referral(public_id)
    form = MessageForm(answers(), today=today(), token=issue_token(me()))
    thread, until = message.thread(reading(), referral.id), message.last_read(reading(), me(), referral.id)
    if request.method != "POST":
        return read(referral, form, thread, until)
    if not form.validate():
        return page(referral, form, thread, until), 422
    return sent(public_id, form.text.data, own_token(form))


def sent(public_id: str, text: str, token: str) -> Response:
    with begin() as session:
        message.post(session, sight.find(session, public_id, me()), me(), text, token)
    flash("Sent.", "success")
    return redirect(url_for("messages.show", public_id=public_id, _anchor="newest"), 303)


def own_token(form: MessageForm) -> str:
    try:
        return read_token(form.token.text, me())
    except BadToken:
        abort(400, "This form was not made for you, or it was changed. Open the messages again.")


def read(referral: Referral, form: MessageForm, thread: Sequence[Message], until: int) -> str:
    """The page; who opens it has read what it shows, and nothing that came since."""
    said = page(referral, form, thread, until)
    if thread and thread[-1].id > until:
        with begin() as session:
            message.mark_read(session, me(), thread[-1])
    return said


def page(referral: Referral, form: MessageForm, thread: Sequence[Message], until: int) -> str:
    return part(
        "message/thread.html",
        referral,
        form=form,
        thread=thread,
        read_until=until,
        person=me(),
        roles=log_words.roles,
    )
