"""How every action on a referral is worked through: form valid, one transaction, one verb, and on to the referral."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referrals import sight
from referrals.referral import Referral
from referrals.transition import Incomplete, NotAllowed
from referrals.web import strict
from referrals.web.context import begin, me, today
from referrals.web.fields import Area, StrictField
from referrals.web.form import StrictForm
from referrals.web.going_on import after, next_of
from referrals.web.reading import open_referral
from referrals.workflow import State, possible

Answered = str | Response | tuple[str, int]
Verb = Callable[[Session, Referral], str | None]
"""What it gives back is said beside what was done: something to look at again."""
Then = Callable[[], str]
"""The address to go on to once it is done."""


@dataclass(frozen=True)
class Words:
    """What a short form about a referral says: its heading, what comes of it, its button, what is said when done."""

    what: str
    lead: str
    do: str
    done: str


class Version(StrictField):
    """The version of the referral that the page was opened with."""

    shape = "hidden"

    def parse(self, text: str) -> int:
        return strict.whole_number(text)


class ActionForm(StrictForm):
    """What every action carries: the version, and a comment."""

    COMMENT = "The other side reads this, with your name."
    version = Version("Version", required="Open the page again: it does not say which version it shows.")
    comment = Area("Comment", 2000, hint=COMMENT)
    of_the_whole = "comment"  # the field that shows what is missing of the form as a whole

    def refuse(self, error: Incomplete) -> None:
        """Show what a verb found missing at the field that it names."""
        self[error.field if error.field in self else self.of_the_whole].errors = [error.what_to_do]

    @property
    def asked(self) -> list[StrictField]:
        """What the page asks, the comment last."""
        asked = [field for field in self if field.shape != "hidden"]
        return sorted(asked, key=lambda field: field.short_name == "comment")


def opened(public_id: str, action: str) -> Referral:
    """The referral that an action is about. Who opens its page must be able to do it now; a draft has no such page."""
    referral = open_referral(public_id)
    now = {action.name for action in possible(referral, me().role_names)}
    if referral.status is State.DRAFT or (action not in now and request.method == "GET"):
        raise NotAllowed(action)
    return referral


def answers() -> MultiDict[str, str] | None:
    return request.form if request.method == "POST" else None


def act(
    form: ActionForm, referral: Referral, verb: Verb, done: str, template: str, then: Then | None = None, **shown: Any
) -> Answered:
    """Show the form; when it comes back right, do the verb in one transaction and go on, as a rule to the referral."""
    if request.method == "POST" and form.validate():
        try:
            with begin() as session:
                beside = verb(session, sight.find(session, referral.public_id, me()))
        except Incomplete as missing:
            form.refuse(missing)
        else:
            flash(done)
            if beside:
                flash(beside, "warning")
            return after(referral, then() if then else None)
    going_on = next_of(referral)
    page = render_template(template, form=form, referral=referral, today=today(), going_on=going_on, **shown)
    return (page, 422) if request.method == "POST" else page


def short(form: ActionForm, referral: Referral, verb: Verb, words: Words, **shown: Any) -> Answered:
    """A short form that asks its fields one after the other, in words of its own."""
    return act(form, referral, verb, words.done, "referral/act.html", words=words, **shown)
