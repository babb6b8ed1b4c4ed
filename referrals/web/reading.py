"""Who read what: noted while a page is made, and written to the log before the page is sent."""

from typing import Any

from flask import Flask, Response, current_app, g, make_response, request
from sqlalchemy.exc import SQLAlchemyError

from referrals import events, sight
from referrals.entry import for_whom
from referrals.events import Entry, NotRecorded
from referrals.referral import Referral
from referrals.transition import NotAllowed
from referrals.web.context import begin, me, reading
from referrals.workflow import State

SHOWS_AS_ASKED, SHOWS_ALL_THE_SAME = 300, (409, 422)
"""Which answers show what was read: pages, and forms that come back. One that leads elsewhere shows nothing."""


def open_referral(public_id: str, details: dict[str, Any] | None = None) -> Referral:
    """The referral that this request is about, as its reader may see it; that it is read will be in the log.

    `details`: which part of it, where that is not said by the page. Of a draft that was discarded nothing is left to
    show: NotAllowed.
    """
    referral = sight.find(reading(), public_id, me())
    if referral.first_submitted_at is None and referral.status is not State.DRAFT:
        raise NotAllowed("open")
    note(
        "read",
        details,
        subject=referral.public_id,
        referral_id=referral.id,
        patient_id=referral.patient_id,
        practice_id=referral.practice_id,
        on_behalf_of_id=for_whom(referral, me()),
    )
    return referral


def listed(rows: int) -> None:
    """Rows with the names of patients are read; how many, but never the words that were searched for."""
    note("list_read", practice_id=me().practice_id, details={"rows": rows})


def note(action: str, details: dict[str, Any] | None = None, **said: Any) -> None:
    """Something is read in this request. The entry is written only if the answer shows it."""
    entry = Entry(action=action, by=me(), details={"page": request.endpoint, **(details or {})}, **said)
    g.setdefault("noted", []).append(entry)


def keep(response: Response) -> Response:
    """Write down what was read; where that cannot be, nothing of it leaves."""
    noted = g.pop("noted", [])
    if not noted or not (response.status_code < SHOWS_AS_ASKED or response.status_code in SHOWS_ALL_THE_SAME):
        return response
    try:
        with begin() as session:
            for entry in noted:
                events.record(session, entry)
    except (NotRecorded, SQLAlchemyError, OSError) as error:
        return away(error)
    return response


def away(error: Exception) -> Response:
    current_app.logger.error("A reading could not be recorded: %s", error)
    return make_response(current_app.handle_user_exception(NotRecorded()))


def register(app: Flask) -> None:
    app.after_request(keep)
