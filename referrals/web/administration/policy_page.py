"""Who may do what: the tables that the service itself goes by, as a page to read and print."""

from flask import Blueprint, render_template

from referrals import access
from referrals.access import OF_THE_PERSON, Condition
from referrals.policy import ROWS, Kind
from referrals.staff import SECOND_FACTOR_ROLES, RoleName
from referrals.web.policy import allow
from referrals.workflow import BACK, Action
from referrals.workflow import ROWS as ACTIONS

blueprint = Blueprint("policy_page", __name__)
GROUNDS = {
    "Knows that it is there": access.LISTS,
    "Opens it": access.OPENS,
    "Does what the table below gives their role": access.ACTS,
    "Claims it": access.CLAIMS,
    "Restricts it, or lifts that": access.RESTRICTS,
    "Reviews an emergency access": access.REVIEWS,
}
"""What somebody gets at, and on which grounds."""
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
        actions=ACTIONS,
        grounds=GROUNDS,
        asked_of=asked_of,
        leads_to=leads_to,
    )


def leads_to(action: Action) -> str:
    """The state after an action, in words."""
    if action.target is None:
        return "Stays as it is"
    if action.target == BACK:
        return "Back to where it was"
    return getattr(action.target, "words", str(action.target))


def asked_of(ground: access.Ground) -> tuple[str, str]:
    """What a ground asks of the person and of the referral, in words; that the person is active goes without saying."""
    conditions = [each for each in Condition if each in ground.conditions and each is not Condition.ACTIVE]
    person = [each.value for each in conditions if each in OF_THE_PERSON]
    return ", ".join(person), ", ".join(each.value for each in conditions if each not in OF_THE_PERSON)
