"""From which worklist somebody came to a referral, so that they can go on to the next of it."""

from typing import Any

from flask import request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from referrals.referral import Referral
from referrals.web.context import me
from referrals.worklist import CLINIC_LISTS

NEXT = "next"
"""What the button says that goes on to the next one when it is done."""


def came_from() -> str | None:
    """The worklist that the address names; None for whoever came otherwise."""
    name = request.args.get("list", "")
    return name if name in CLINIC_LISTS and me().works_at_clinic else None


def carried() -> dict[str, Any]:
    """What goes along into the addresses of this referral's other pages."""
    name = came_from()
    return {"list": name} if name else {}


def next_of(referral: Referral) -> dict[str, Any] | None:
    """The worklist to go on with: its words, and the address that leads to the next of it."""
    name = came_from()
    if name is None:
        return None
    return {"words": CLINIC_LISTS[name].words, "url": url_for("queue.following", name=name, but=referral.public_id)}


def after(referral: Referral, then: str | None = None) -> Response:
    """Where to go once something was done: to the next of the list where that was asked for, else `then`.

    That is an address; as a rule the referral's.
    """
    going_on = next_of(referral)
    if going_on and request.form.get("submit") == NEXT:
        return redirect(going_on["url"], 303)
    return redirect(then or url_for("referral.show", public_id=referral.public_id, **carried()), 303)
