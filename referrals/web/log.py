"""The log for whoever audits: filtered by the address, exported as CSV, and who looked at one patient."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from referrals import audit
from referrals.audit import Wanted
from referrals.db import PUBLIC_ID_LENGTH, Database
from referrals.events import canonical
from referrals.web import log_words
from referrals.web.context import database, me, reading, settings, today
from referrals.web.fields import Choice, Day, Line, StrictField
from referrals.web.form import StrictForm
from referrals.web.policy import allow
from referrals.web.reading import note

blueprint = Blueprint("log", __name__, url_prefix="/log")

SEQUENCE = re.compile(r"[0-9]{1,18}", re.ASCII)
ACTION = re.compile(r"[a-z_]{1,40}", re.ASCII)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would work out."""
COLUMNS = (
    "sequence", "happened_at", "recorded_at", "action", "who", "person", "role", "on_behalf_of", "practice", "subject",
    "address", "why", "details", "hash",
)  # fmt: skip


class Listed(Choice):
    """One of a list that is too long to be repeated when something else is chosen."""

    def parse(self, text: str) -> str:
        if text not in self.options:
            raise ValueError("Choose from the list.")
        return text


class Spoken(Line):
    """A public id, written or as it is spoken: in capitals and groups."""

    def parse(self, text: str) -> str:
        spoken = (super().parse(text) or "").lower().replace(" ", "").replace("-", "")
        if len(spoken) != PUBLIC_ID_LENGTH or not spoken.isalnum():
            raise ValueError(f"An id has {PUBLIC_ID_LENGTH} letters and digits.")
        return spoken


class Sequence(StrictField):
    """The number of an entry."""

    def parse(self, text: str) -> int:
        if not SEQUENCE.fullmatch(text):
            raise ValueError("Follow the links of the page.")
        return int(text)


class FilterForm(StrictForm):
    """What the address asks for; the lists to choose from are added to it."""

    subject = Spoken("Id of a referral", 20)
    since = Day("From")
    until = Day("To")
    before = Sequence("Before entry")

    @property
    def wanted(self) -> Wanted:
        until: date | None = self["until"].data
        return Wanted(
            **{name: self[name].data or "" for name in ("person", "action", "practice", "subject")},
            since=midnight(self["since"].data),
            until=midnight(until + timedelta(days=1)) if until else None,
            before=self["before"].data,
        )


def midnight(day: date | None) -> datetime | None:
    """When a day of the clinic begins."""
    return datetime.combine(day, time(), ZoneInfo(settings().time_zone)) if day else None


def asked() -> FilterForm:
    """The address as a form, with everybody and everything that there is to choose from."""
    session = reading()
    known = log_words.ACTIONS.keys() | audit.recent_actions(session)
    known |= {name for name in request.args.getlist("action") if ACTION.fullmatch(name)}
    actions = {name: log_words.said(name) for name in known}

    class Filters(FilterForm):
        person = Listed("Person", audit.people(session), shape="select")
        action = Listed("What", dict(sorted(actions.items(), key=lambda each: each[1])), shape="select")
        practice = Listed("Practice", audit.practices(session), shape="select")

    return Filters(request.args or None, today=today())


@blueprint.get("")
@allow("read_log")
def show() -> str | tuple[str, int]:
    """A page of the log, the newest first."""
    form = asked()
    if not form.validate():
        return render_template("log/show.html", form=form, page=None, **WORDS), 422
    page = audit.page(reading(), form.wanted)
    note("log_read", practice_id=me().practice_id, details={"rows": len(page.rows), **filters()})
    return render_template("log/show.html", form=form, page=page, address=address, filtered=filters(), **WORDS)


@blueprint.get("/export.csv")
@allow("read_log")
def export() -> Response:
    """Everything that the address asks for, for a spreadsheet; moments in UTC."""
    form = asked()
    if not form.validate():
        abort(400, "The address asks for what there is not: filter on the page of the log, and export from there.")
    note("log_exported", practice_id=me().practice_id, details=filters())
    answer = Response(lines(database().within(g.scope), form.wanted), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="log-{today().isoformat()}.csv"'
    return answer


@blueprint.get("/patients/<public_id>")
@allow("read_log")
def patient(public_id: str) -> str:
    """Who looked at the patient of this referral, or did something for them, over all of their referrals."""
    session, before = reading(), request.args.get("before", "")
    if set(request.args) - {"before"} or (before and not SEQUENCE.fullmatch(before)):
        abort(400, "Follow the links of the page.")
    whose = audit.patient_of(session, public_id)
    page = audit.of_patient(session, public_id, whose, int(before) if before else None)
    if not page.rows:
        abort(404)
    note(
        "log_read", subject=public_id, patient_id=whose, practice_id=me().practice_id, details={"rows": len(page.rows)}
    )
    return render_template("log/patient.html", public_id=public_id, page=page, before=before, **WORDS)


WORDS: dict[str, Any] = {
    "said": log_words.said,
    "who": log_words.who,
    "detail": log_words.detail,
    "roles": log_words.roles,
    "late": audit.late,
}


def filters() -> dict[str, str]:
    """What the address narrows the log by."""
    return {name: text for name, text in request.args.items() if text and name != "before"}


def address(endpoint: str = "log.show", **changes: Any) -> str:
    return url_for(endpoint, **{**filters(), **changes})


def lines(of: Database, wanted: Wanted) -> Iterator[str]:
    """The CSV, as it is sent, from a session of its own: the request's has ended by then."""
    yield "\ufeff" + line(COLUMNS)
    with of.reading() as session:
        for entry in audit.everything(session, wanted):
            yield line(cell(getattr(entry, name)) for name in COLUMNS)


def line(cells: Any) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def cell(value: Any) -> str:
    """A value as a spreadsheet shows it; one that it would take for a formula is text."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    text = canonical(value) if isinstance(value, dict) else str(value if value is not None else "")
    return f"'{text}" if text.startswith(FORMULA) else text
