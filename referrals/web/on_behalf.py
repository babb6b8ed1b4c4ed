"""What a delegate is asked on the intake page before all else: for which physician of the practice."""

from collections.abc import Callable, Mapping, Sequence

from werkzeug.datastructures import MultiDict

from referrals.staff import Person
from referrals.web.fields import Choice
from referrals.web.form import StrictForm

CHOOSE = "Choose the physician for whom you send this."
GONE = "This physician can no longer be referred for. Choose another one."

Answers = MultiDict[str, str]
OWN: Mapping[str, Callable[[Person], str]] = {
    "requester_npi": lambda physician: physician.npi or "",
    "call_back": lambda physician: physician.call_back or physician.practice.telephone,
}
"""The boxes of the page that are filled in with what is known of the physician."""


def sender_form(physicians: Sequence[Person] | None) -> type[StrictForm]:
    """The form of that one question; without any where a physician sends their own (None)."""
    if physicians is None:
        return StrictForm
    options = {physician.public_id: physician.name for physician in physicians}
    question = Choice("Referring physician", options, shape="select", required=CHOOSE)
    return type("SenderForm", (StrictForm,), {"requester": question})


def begun_with(physicians: Sequence[Person], sender: Person) -> dict[str, str]:
    """What an empty page begins with: the sender, if they may refer themselves, or the only physician there is."""
    alone = physicians if len(physicians) == 1 else [each for each in physicians if each.id == sender.id]
    return {
        name: text
        for physician in alone
        for name, text in {"requester": physician.public_id, **own(physician)}.items()
    }  # fmt: skip


def own(physician: Person) -> dict[str, str]:
    return {name: number(physician) for name, number in OWN.items()}


def filled_in(answers: Answers | None, physicians: Sequence[Person]) -> Answers | None:
    """The answers with the chosen physician's numbers, where the boxes are empty or still hold a colleague's."""
    chosen = next((each for each in physicians if answers and each.public_id == answers.get("requester")), None)
    if answers is None or chosen is None:
        return answers
    filled: Answers = MultiDict(answers)
    for name, number in OWN.items():
        nobodys_own = [[], [""], *([number(each)] for each in physicians)]
        if answers.getlist(name) in nobodys_own:
            filled[name] = number(chosen)
    return filled
