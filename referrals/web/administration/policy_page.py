"""Who may do what: the tables that the service itself goes by, as a page to read and print."""

from flask import Blueprint, render_template

from referrals.policy import ROWS, Kind
from referrals.staff import SECOND_FACTOR_ROLES, RoleName
from referrals.web.policy import allow
from referrals.workflow import ACTIONS, BACK, Action

blueprint = Blueprint("policy_page", __name__)
KINDS = {Kind.ACTING: "Acting", Kind.AUDITING: "Auditing", Kind.HARMLESS: "Neither"}


@blueprint.get("/administration/policy")
@allow("read_policy")
def show() -> str:
    return render_template(
        "administration/policy.html",
        permissions=ROWS,
        kinds=KINDS,
        roles=list(RoleName),
        second_factor=[role for role in RoleName if role in SECOND_FACTOR_ROLES],
        actions=list(ACTIONS.values()),
        leads_to=leads_to,
    )


def leads_to(action: Action) -> str:
    """The state after an action, in words."""
    if action.target is None:
        return "Stays as it is"
    if action.target == BACK:
        return "Back to where it was"
    return getattr(action.target, "words", str(action.target))
