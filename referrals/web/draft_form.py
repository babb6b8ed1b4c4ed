"""How every step on a draft is worked through: form valid, one transaction, one verb, and on from there."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from referrals.administration import Refused
from referrals.edition_draft import EditionDraft, find
from referrals.eligibility import english
from referrals.eligibility.revision import places_of
from referrals.web.act import Answered, Version
from referrals.web.administration.carry import AdministrationForm, carry_out, found, written
from referrals.web.context import reading
from referrals.web.errors import kept
from referrals.web.words import moment

STAGES = {
    "drafted": "Being drafted",
    "signed_once": "Signed once, waits for a second signature",
    "adopted": "Adopted",
    "withdrawn": "Withdrawn before its first day",
    "discarded": "Discarded",
}
CLOSED = "This draft is closed: nothing of it changes any more."
PARTS = {
    "none": "Not asked",
    "inclusion": "It asks for this",
    "exclusion": "This rules it out",
    "documentation": "The record must hold it",
}
"""Where a procedure has a criterion."""


class DraftForm(AdministrationForm):
    """A form about a draft: it carries the version that the page shows."""

    version = Version("Version", required="Open the page again: it does not say which version it shows.")

    def wrong(self) -> Iterator[Refused]:
        """What no single field can see."""
        return iter(())

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        refused = list(self.wrong())
        for each in refused:
            if not self[each.field].errors:
                self.refuse(each)
        return valid and not refused


def refusals(check: Callable[[], object]) -> Iterator[Refused]:
    """What a check refuses, if it does."""
    try:
        check()
    except Refused as refused:
        yield refused


def opened(public_id: str) -> EditionDraft:
    """The draft that an address names, or the page not found."""
    return found(find, reading(), public_id)  # type: ignore[no-any-return]


def step(
    form: DraftForm,
    draft: EditionDraft,
    verb: Callable[[Session], object],
    done: str,
    page: Callable[[], Answered],
    then: str = "",
    about: str = "",
    over: str | None = None,
) -> Answered:
    """Show the page; when its form comes back right, do the verb and go on, as a rule to the draft.

    `about`: the name of the criterion that it is about, if of one. `over`: why there is nothing to be done any more, if
    so; as a rule that the draft is closed. Where somebody was faster: both versions, 409.
    """
    address = then or url_for("drafting.one", public_id=draft.public_id)
    over = ("" if draft.is_open else CLOSED) if over is None else over
    if request.method == "GET" and over:
        flash(over, "warning")
        return redirect(address, 303)
    faster = partial(stale, form, draft.public_id, about)
    if request.method == "POST" and form.version.data not in (None, draft.version) and not form.validate():
        return faster()

    def act(session: Session) -> str:
        verb(session)
        return address

    return carry_out(form, act, done, page, faster)


def stale(form: DraftForm, public_id: str, about: str = "") -> tuple[str, int]:
    """What the other one made of it, beside what was about to be done."""
    draft = opened(public_id)
    again = url_for("drafting.one", public_id=public_id)
    page = render_template(
        "criteria/stale.html", mine=written(form) or kept(), theirs=as_it_is(draft, about), again=again
    )
    return page, 409


def as_it_is(draft: EditionDraft, about: str) -> list[tuple[str, Any]]:
    """Where a draft stands, who changed it last, and what it says of a criterion: (what, words)."""
    edition = draft.edition
    rows: list[tuple[str, Any]] = [
        ("State", STAGES[draft.state]),
        ("Changed", f"by {draft.changed_by.name}, {moment(draft.changed_at)}"),
    ]
    criterion = next((each for each in edition.criteria if each.name == about), None)
    if criterion is not None:
        rows += [
            ("Criterion", criterion.title),
            ("Rule", english.sentence(criterion.rule)),
            ("Read as", criterion.reading),
        ]
        rows += [(name.capitalize(), PARTS[part or "none"]) for name, part in places_of(edition, about).items()]
    return rows
