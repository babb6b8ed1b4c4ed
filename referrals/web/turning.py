"""A verdict that turned by itself: why, at the top of the referral, and saying that it was seen."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from referrals import sight, turning
from referrals.comparison import Told
from referrals.eligibility.verdict import PROCEDURES
from referrals.referral import Referral
from referrals.screening_history import Said, last_turn
from referrals.web.act import ActionForm
from referrals.web.context import begin, me, reading, today
from referrals.web.going_on import carried
from referrals.web.policy import allow

blueprint = Blueprint("turning", __name__, url_prefix="/referrals")


def shown(referral: Referral) -> dict[str, Any]:
    """What the notice at the top of the referral is drawn from; nothing where nobody has to see it."""
    if not turning.may_acknowledge(me(), referral):
        return {"turn": None}
    said = last_turn(reading(), referral.id)
    return {"turn": said, "turned": turned(said) if said else []}


def turned(said: Said) -> list[dict[str, Any]]:
    """For each procedure of which something else is said: before, after, and the criteria that turned, by cause."""
    assert said.before is not None
    was, now = (each.explanation["verdicts"] for each in (said.before, said.screening))
    return [
        {"procedure": procedure, "before": was[procedure], "after": now[procedure], "why": why(said, procedure)}
        for procedure in PROCEDURES
        if was[procedure] != now[procedure]
    ]


def why(said: Said, procedure: str) -> dict[str, list[Told]]:
    """The findings that turned, each once however many levels it was found on: {kind of cause: findings}."""
    return {
        cause.kind: list(
            {
                finding["criterion"]: finding
                for each in cause.turned
                if each.procedure == procedure
                for _, finding in each.criteria
            }.values()
        )
        for cause in said.causes
    }


@blueprint.post("/<public_id>/seen")
@allow("work_queue")
def acknowledge(public_id: str) -> Response:
    """Take it off the list of those whose verdict changed. A stale button is told what happened meanwhile."""
    form = ActionForm(request.form, today=today())
    if not form.validate():
        abort(400, "The button did not say which version it was on. Open the referral and say it there.")
    with begin() as session:
        turning.acknowledge(session, sight.find(session, public_id, me()), me(), form.version.data)
    flash("Off the list “Verdict changed”.")
    return redirect(url_for("referral.show", public_id=public_id, **carried()), 303)
