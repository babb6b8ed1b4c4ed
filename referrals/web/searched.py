"""What somebody asks of a list: read strictly; words of a patient are sent and stay here, an id goes for them."""

from collections.abc import Collection

from flask import abort, flash, redirect
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from referrals import search
from referrals.web.context import begin, me, reading


def asked_for(said: MultiDict[str, str], fields: Collection[str]) -> dict[str, str]:
    """What an address or a form asks for: only what there is to ask for, each once."""
    said.pop("csrf_token", "")
    if set(said) - set(fields) or any(len(values) > 1 for values in said.to_dict(flat=False).values()):
        abort(400, f"Ask for each of these once: {', '.join(fields)}.")
    return {key: value for key, value in said.items() if value}


def printable(text: str) -> str:
    """Words to look for: no control characters, and no more than a name needs."""
    if len(text) > search.LONGEST or not text.isprintable():
        abort(400, f"Search for a name, a record number or a referral id of at most {search.LONGEST} characters.")
    return text


def remembered(words: str) -> str:
    """The id that goes into the address for these words; "" for none."""
    if not words:
        return ""
    with begin() as session:
        return search.remember(session, me(), words)


def searched_for(search_id: str) -> str | None:
    """The words of an own search, "" for none; None where there are none to be found: of another's, or long ago."""
    return search.recall(reading(), me(), printable(search_id)) if search_id else ""


def search_anew(address: str) -> Response:
    """To this list without a search, saying why: whoever left a page open overnight comes back to it."""
    flash("That search is forgotten by now: type it again.", "warning")
    return redirect(address, 303)
