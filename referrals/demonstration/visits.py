"""The visits of the made-up clinic: booked, missed, attended, recorded, finished, by the real verbs."""

from collections.abc import Callable

from referrals import booking, closing, recording
from referrals.appointment import Slot, visits_of
from referrals.closing import Outcome
from referrals.demonstration.turn import Turn
from referrals.procedure import LevelDetails, ProcedureDetails


def _slot(turn: Turn) -> Slot:
    said, starts_at = turn.step.said, turn.step.said["starts_at"]
    return Slot(said["kind"], starts_at, starts_at.date(), said["minutes"], said["place"], said.get("note", ""))


def _book(turn: Turn) -> None:
    booking.book(*turn.at_hand, _slot(turn), turn.step.said.get("pain"), turn.comment)


def _rebook(turn: Turn) -> None:
    booking.rebook(*turn.at_hand, _slot(turn), turn.step.said.get("pain"), turn.saying)


def _missed(turn: Turn) -> None:
    booking.missed(*turn.at_hand, turn.saying)


def _attend(turn: Turn) -> None:
    booking.attend(*turn.at_hand, turn.step.said["outcome"], turn.step.said.get("finding", ""), turn.comment)


def _record(turn: Turn) -> None:
    said = turn.step.said
    told = ProcedureDetails(
        performed_by=turn.people[said["performed_by"]],
        levels=tuple(LevelDetails(**level) for level in said["levels"]),
        guidance=said.get("guidance"),
        anesthesia=said.get("anesthesia"),
        complicated=said.get("complicated"),
        complications=said.get("complications", ""),
    )
    session, referral, actor, version, _ = turn.at_hand
    visit = visits_of(session, referral.id)[-1]
    recording.record(session, referral, actor, version, visit, told, turn.comment)


def _complete(turn: Turn) -> None:
    said = turn.step.said
    closing.complete(*turn.at_hand, Outcome(said["bone_health"], said.get("no_letter_because", "")), turn.saying)


VERBS: dict[str, Callable[[Turn], None]] = {
    "book": _book,
    "rebook": _rebook,
    "missed": _missed,
    "attend": _attend,
    "record": _record,
    "complete": _complete,
}
