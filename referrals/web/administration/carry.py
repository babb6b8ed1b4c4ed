"""How every act of an administrator is worked through: form valid, one transaction, one verb, and on from there."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import abort, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from referrals.administration import ChangedMeanwhile, NoSuch, NotPermitted, Refused
from referrals.web.act import Answered as Answered
from referrals.web.context import begin
from referrals.web.fields import Hidden, StrictField, Tick, Ticks
from referrals.web.form import StrictForm


class AdministrationForm(StrictForm):
    """A form that shows what a rule refuses at the field that the rule names."""

    of_the_whole = ""
    order: tuple[str, ...] = ()
    """The fields as the page has them, where they were not made in that order."""

    def __iter__(self) -> Iterator[StrictField]:
        return iter(sorted(super().__iter__(), key=lambda field: ((*self.order, field.name)).index(field.name)))

    def refuse(self, refused: Refused) -> None:
        name = refused.field if refused.field in self else self.of_the_whole
        if name:
            self[name].errors = [refused.what_to_do]
        else:
            self.refused = refused.what_to_do

    refused = ""

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [*super().problems, *([("", self.refused)] if self.refused else [])]


class SeenForm(AdministrationForm):
    """A form about something that is there already: it carries what was seen of it."""

    seen = Hidden("Seen", 64, required="Open the page again: it does not say what you have seen.")


def answers() -> MultiDict[str, str] | None:
    return request.form if request.method == "POST" else None


def carry_out(
    form: StrictForm,
    verb: Callable[[Session], str],
    done: str,
    page: Callable[[], Answered],
    faster: Callable[[], Answered] | None = None,
) -> Answered:
    """Show the page; when its form comes back right, do the verb in one transaction and go on to where it says.

    `faster`: what to answer where somebody else changed it meanwhile, if more can be shown than that.
    """
    if request.method == "POST" and form.validate():
        try:
            if address := _carried(form, verb):
                if done:
                    flash(done)
                return redirect(address, 303)
        except ChangedMeanwhile:
            return faster() if faster else stale(form)
    shown = page()
    return (shown, 422) if request.method == "POST" and isinstance(shown, str) else shown


def _carried(form: StrictForm, verb: Callable[[Session], str]) -> str | None:
    """Where it goes on once the verb is done; None where a rule refused it, which the form then says."""
    try:
        with begin() as session:
            return verb(session)
    except Refused as refused:
        assert isinstance(form, AdministrationForm)
        form.refuse(refused)
        return None
    except NotPermitted:
        abort(403)
    except NoSuch:
        abort(404)


def stale(form: StrictForm) -> tuple[str, int]:
    return render_template("administration/stale.html", mine=written(form), again=request.path), 409


def written(form: StrictForm) -> list[tuple[str, Any]]:
    """What somebody was about to send, as the form shows it: to be copied from a page that cannot show the form."""
    return [(field.label.text, said(field)) for field in form if field.shape != "hidden" and said(field)]


def said(field: Any) -> str:
    if isinstance(field, Ticks):
        return ", ".join(field.options.get(name, name) for name in field.chosen)
    if isinstance(field, Tick):
        return "Yes" if field.data else ""
    return str(getattr(field, "options", {}).get(field.text, field.text))


def found(look: Callable[..., Any], *about: Any) -> Any:
    """What an address names, or the page not found."""
    try:
        return look(*about)
    except NoSuch:
        abort(404)


def asked_once(*names: str) -> dict[str, Any]:
    """What the address asks for, each at most once and nothing else; blank is not asked."""
    unknown = set(request.args) - set(names)
    if unknown or any(len(values) > 1 for values in request.args.to_dict(flat=False).values()):
        abort(400, f"The address may say each of these once: {', '.join(names)}.")
    asked = {name: value for name, value in request.args.items() if value}
    if any(len(value) > 100 or not value.isprintable() for value in asked.values()):
        abort(400, "Search for a name or an address of at most 100 characters.")
    return asked
