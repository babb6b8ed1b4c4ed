"""What each step of a story does: the real verbs, with what the story says."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from referrals import (
    amendment,
    closing,
    filing,
    inquiry,
    message,
    place,
    reminder,
    rescreen,
    restriction,
    same_patient,
    submission,
    triage,
)  # fmt: skip
from referrals.clinical import PictureDetails, newest_picture, with_answers
from referrals.demonstration import letters, visits
from referrals.demonstration.answers import as_answers
from referrals.demonstration.cases import dated
from referrals.demonstration.papers import about, file
from referrals.demonstration.turn import Turn
from referrals.document import Support
from referrals.eligibility import english, facts
from referrals.information import open_request
from referrals.inquiry import Answer, Item
from referrals.kept_edition import in_force
from referrals.screening import CRITERIA_SET
from referrals.submission import Submission


def _draft(turn: Turn) -> None:
    submission.save_draft(turn.session, turn.referral, as_answers(turn.case, turn.actor))


def _submit(turn: Turn) -> None:
    case, referrer = turn.case, turn.referrer
    told = Submission(
        patient=case.patient,
        picture=case.picture,
        reason=case.reason,
        call_back=referrer.call_back or "",
        requester_npi=referrer.npi or "",
        requester=referrer.public_id,
        urgency=case.urgency,
    )
    submission.submit(turn.session, turn.referral, told, turn.actor, turn.step.at.date(), separate=True)


def _claim(turn: Turn) -> None:
    triage.claim(*turn.at_hand)


def _ask(turn: Turn) -> None:
    items = [turn.item(words) for words in turn.step.said["items"]]
    inquiry.ask(*turn.at_hand, items, turn.step.said["due_on"], turn.comment)


def _answer(turn: Turn) -> None:
    request = open_request(turn.session, turn.referral.id)
    positions = {item.question: item.position for item in request.items} if request else {}
    answers = {positions[item.question]: said for item, said in _answers(turn, turn.step.said["says"])}
    inquiry.answer(*turn.at_hand, answers, turn.comment)


def _answers(turn: Turn, says: Mapping[str, Any]) -> Iterable[tuple[Item, Answer]]:
    for words, value in dated(says, turn.case.began_on).items():
        item = turn.item(words)
        if item.fact is None:
            yield item, Answer(value)
        else:
            yield item, Answer(english.value(facts.BY_NAME[item.fact], value), value)


def _retold(turn: Turn) -> PictureDetails:
    """The picture with what is said now; a file calls its facts as in a question of the clinic."""
    told = {(item.vertebra, item.fact or ""): answer.value for item, answer in _answers(turn, turn.step.said["says"])}
    return with_answers(newest_picture(turn.session, turn.referral.id).details(), told)


def _amend(turn: Turn) -> None:
    amendment.amend(*turn.at_hand, _retold(turn), turn.comment)


def _resubmit(turn: Turn) -> None:
    closing.resubmit(*turn.at_hand, _retold(turn), turn.comment)


def _message(turn: Turn) -> None:
    """Whoever writes has read what was written before."""
    if before := message.thread(turn.session, turn.referral.id):
        message.mark_read(turn.session, turn.actor, before[-1])
    message.post(turn.session, turn.referral, turn.actor, turn.step.said["text"], turn.step.at.isoformat())


def _return_with_advice(turn: Turn) -> None:
    triage.return_with_advice(*turn.at_hand, turn.saying)


def _accept(turn: Turn) -> None:
    triage.accept(*turn.at_hand, turn.saying)


def _decline(turn: Turn) -> None:
    triage.decline(*turn.at_hand, turn.saying, turn.step.said["would_change"])


def _withdraw(turn: Turn) -> None:
    closing.withdraw(*turn.at_hand, turn.saying)


def _ask_withdrawal(turn: Turn) -> None:
    closing.ask_withdrawal(*turn.at_hand, turn.saying)


def _remind(turn: Turn) -> None:
    asked = open_request(turn.session, turn.referral.id)
    assert asked is not None
    reminder.step(turn.session, asked.id, turn.referral, turn.step.said["days"], turn.step.at)


def _restrict(turn: Turn) -> None:
    restriction.restrict(turn.session, turn.referral, turn.actor, turn.referral.version, turn.comment)


def _place(turn: Turn) -> None:
    points = turn.step.said["points"]
    place.override(turn.session, turn.referral, turn.actor, turn.referral.version, points, turn.comment)


def _document(turn: Turn) -> None:
    said = dated(turn.step.said, turn.case.began_on)
    told = about(said, lambda words: Support(turn.item(words).fact or "", turn.item(words).level))
    added = filing.add(turn.session, turn.storage, turn.referral, turn.actor, told, file(said), said["name"])
    added.uploaded_at = turn.step.at


def _images(turn: Turn) -> None:
    said = dated(turn.step.said, turn.case.began_on)
    added = filing.add_pictures(turn.session, turn.referral, turn.actor, about(said), said["at"], said["number"])
    added.uploaded_at = turn.step.at


def _rescreen(turn: Turn) -> None:
    """What the service does each night: by now the days have turned a verdict."""
    day = turn.step.at.date()
    rescreen.turn(turn.session, [turn.referral.id], in_force(turn.session, CRITERIA_SET, day), day)


def _same_patient(turn: Turn) -> None:
    """The clinic has compared the records that look alike, and says that they are one patient."""
    for record in same_patient.beside(turn.session, turn.referral, turn.actor):
        if record.link and record.undecided:
            same_patient.say_same(turn.session, turn.referral, turn.actor, record.link.public_id, "")


VERBS: dict[str, Callable[[Turn], None]] = {
    "draft": _draft,
    "submit": _submit,
    "claim": _claim,
    "ask": _ask,
    "answer": _answer,
    "amend": _amend,
    "resubmit": _resubmit,
    "message": _message,
    "return_with_advice": _return_with_advice,
    "accept": _accept,
    "decline": _decline,
    "withdraw": _withdraw,
    "ask_withdrawal": _ask_withdrawal,
    "remind": _remind,
    "restrict": _restrict,
    "place": _place,
    "document": _document,
    "images": _images,
    **visits.VERBS,
    "letter": letters.sign,
    "same_patient": _same_patient,
    "rescreen": _rescreen,
}
