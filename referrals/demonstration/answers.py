"""An unfinished case as the intake page keeps it: each answer as text, under the name of its field."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from referrals.demonstration.cases import Case
from referrals.eligibility import facts
from referrals.staff import Person

NOT_KNOWN = "not_known"
UNKNOWN_LEVEL = "unknown"


def as_answers(case: Case, by: Person) -> dict[str, list[str]]:
    """What the referrer typed and ticked so far."""
    answers = {name: [text] for name, text in _typed(case, by) if text}
    levels = [vertebra.get("level", UNKNOWN_LEVEL) for vertebra in case.picture.vertebrae]
    return answers | {"levels": levels}


def _typed(case: Case, by: Person) -> Iterator[tuple[str, str]]:
    about = {"reason": case.reason, "requester_npi": by.npi, "call_back": by.call_back}
    told = {**vars(case.patient), **case.picture.notes, **about, "urgency": case.urgency.name.lower()}
    yield from ((name, _text(value)) for name, value in told.items())
    yield from (_fact(name, value) for name, value in case.picture.patient.items())
    for vertebra in case.picture.vertebrae:
        prefix = f"{vertebra.get('level', UNKNOWN_LEVEL)}-"
        yield from (_fact(name, value, prefix) for name, value in vertebra.items() if name != "level")
    for kind, rows in (("imaging", case.picture.imaging), ("treatment", case.picture.treatments)):
        for number, row in enumerate(rows, 1):
            yield from ((f"{kind}-{number}-{name}", _text(value)) for name, value in row.items())


def _fact(name: str, value: Any, prefix: str = "") -> tuple[str, str]:
    """The answer to a fact; "Not known" is a choice among the codes, but a tick beside a number or a date."""
    if value is not None:
        return prefix + name, _text(value)
    if facts.BY_NAME[name].kind in ("flag", "coded"):
        return prefix + name, NOT_KNOWN
    return f"{prefix}{name}-{NOT_KNOWN}", "yes"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)
