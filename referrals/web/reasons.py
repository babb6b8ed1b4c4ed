"""The reasons that whoever asks may give, as a form offers them."""

from collections.abc import Mapping

from referrals import reason
from referrals.reason import Reason
from referrals.web.context import me, reading, today
from referrals.web.fields import Choice


def reasons_for(action: str) -> dict[str, Reason]:
    """Those that this person may give for this action today, by their codes."""
    return {each.code: each for each in reason.reasons_for(reading(), action, me(), today())}


def words(reasons: Mapping[str, Reason]) -> dict[str, str]:
    return {code: each.words for code, each in reasons.items()}


def choice(reasons: Mapping[str, Reason], label: str = "Reason") -> Choice:
    """The field that asks for one of them."""
    return Choice(label, words(reasons), shape="select", required="Choose a reason.")
