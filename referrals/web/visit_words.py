"""What a letter says of a visit: when and where it is, or what came of it and what was done."""

from collections.abc import Iterator

from referrals.appointment import ATTENDED, BOOKED, KINDS, Appointment, visits_of
from referrals.procedure import APPROACHES, CEMENTS, LEAKS, ProcedureRecord, TreatedLevel, records_of
from referrals.referral import Referral
from referrals.web.context import reading
from referrals.web.words import moment, visit_time

OF_A_LETTER = {"appointment": BOOKED, "outcome": ATTENDED}
"""Which visit a letter is about: the last one of this status."""


def of_letter(referral: Referral, kind: str) -> dict[str, str]:
    """The visit as a letter of this kind tells it, {what: in words}; empty where it is about none."""
    visits = [visit for visit in visits_of(reading(), referral.id) if visit.status == OF_A_LETTER.get(kind)]
    if not visits:
        return {}
    if kind == "appointment":
        return dict(_to_come(visits[-1]))
    records = [versions[0] for versions in records_of(reading(), referral.id).values()]
    return dict([*_seen(visits[-1]), *(line for record in reversed(records) for line in _done(record))])


def _to_come(visit: Appointment) -> Iterator[tuple[str, str]]:
    yield KINDS[visit.kind], visit_time(visit.starts_at)
    yield "Place", visit.place
    yield "How long", f"{visit.minutes} minutes"
    if visit.note:
        yield "Please note", visit.note


def _seen(visit: Appointment) -> Iterator[tuple[str, str]]:
    yield KINDS[visit.kind], moment(visit.starts_at)
    if visit.finding:
        yield "What was found", visit.finding


def _done(record: ProcedureRecord) -> Iterator[tuple[str, str]]:
    for level in record.levels:
        yield level.level, _at(level)
    if record.complicated is not None:
        yield "Complications", record.complications or "None"


def _at(level: TreatedLevel) -> str:
    """What was done at a level, as far as it was recorded."""
    said = [level.procedure.capitalize()]
    said += [APPROACHES[level.approach].lower()] if level.approach else []
    said += [CEMENTS[level.cement]] if level.cement else []
    said += [f"{level.cement_ml:g} mL"] if level.cement_ml is not None else []
    said += [f"leak: {LEAKS[level.leak].lower()}"] if level.leak else []
    return ", ".join(said) + (f" ({level.leak_where})" if level.leak_where else "")
