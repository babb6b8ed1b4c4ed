"""What was refused to whom: written to the log, so that trying doors is seen. Nobody is in it who is not signed in."""

import re
from typing import Any

from flask import Flask, Response, g, request
from flask_security import current_user
from sqlalchemy.exc import SQLAlchemyError

from referrals import events
from referrals.db import CROCKFORD, PUBLIC_ID_LENGTH
from referrals.events import Entry, NotRecorded
from referrals.web.context import begin, me
from referrals.web.reading import away

DOORS = (403, 404)
"""Not this person's, or not there: the two are not told apart, and neither are they here."""
A_PUBLIC_ID = re.compile(f"[{CROCKFORD}]{{{PUBLIC_ID_LENGTH}}}")


def keep(response: Response) -> Response:
    """Write down that it was refused; where that cannot be, the answer is that the log is away."""
    of_a_page = request.endpoint is not None and "filename" not in (request.view_args or {})
    if not (of_a_page and (response.status_code in DOORS or "forged" in g) and current_user.is_authenticated):
        return response
    try:
        with begin() as session:
            events.record(session, _entry(response))
    except (NotRecorded, SQLAlchemyError, OSError) as error:
        return away(error)
    return response


def _entry(response: Response) -> Entry:
    """By the page's own name; of the address nothing but an id, and that only if it looks like one of ours."""
    asked_for = str((request.view_args or {}).get("public_id", ""))
    subject = asked_for if A_PUBLIC_ID.fullmatch(asked_for) else None
    details: dict[str, Any] = {"page": request.endpoint, "status": response.status_code}
    if "forged" in g:
        details["forged"] = True
    return Entry(action="refused", by=me(), subject=subject, practice_id=me().practice_id, details=details)


def register(app: Flask) -> None:
    app.after_request(keep)
