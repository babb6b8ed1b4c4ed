"""What somebody is mailed: their own choice for each kind of notice, except for what cannot be switched off."""

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for

from referrals import mail, preference
from referrals.events import Entry, record
from referrals.web.act import Answered, answers
from referrals.web.context import begin, me, reading, today
from referrals.web.fields import Ticks
from referrals.web.form import StrictForm
from referrals.web.policy import allow

blueprint = Blueprint("mail_preferences", __name__)


@blueprint.route("/account/mails", methods=["GET", "POST"])
@allow("read_inbox")
def show() -> Answered:
    """Each kind of notice that the person may get, by mail or not."""
    kinds = preference.kinds_for(me())
    optional = {kind.name: kind.subject for kind in kinds if kind.optional}

    class MailForm(StrictForm):
        by_mail = Ticks("By mail", optional)

    form = MailForm(answers(), today=today(), by_mail=preference.mailed(reading(), me()))
    if request.method == "POST" and form.validate():
        with begin() as session:
            preference.choose(session, me(), form.by_mail.data)
            record(session, Entry(action="mails_chosen", by=me(), subject=me().public_id, practice_id=me().practice_id))
        flash("Your mails are chosen.", "success")
        return redirect(url_for("own_account.show"), 303)
    groups = [(group, list(rows)) for group, rows in groupby(kinds, lambda kind: kind.group)]
    page = render_template("inbox/mails.html", form=form, groups=groups, is_set_up=mail.is_set_up(), person=me())
    return (page, 422) if request.method == "POST" else page
