"""Cases as they stand in a file, read strictly: what is not in the vocabulary is refused, never passed over."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from referrals.criteria_command.plain_data import UnreadableError, parsed
from referrals.eligibility.criteria import SETS
from referrals.eligibility.fact import EARLIEST, Fact, iso_date
from referrals.eligibility.facts import LEVELS, PATIENT, VERTEBRA

FIELDS = ("id", "criteria_set", "text", "as_of", "patient", "vertebrae", "expected", "why")
LATEST = date(2999, 12, 31)

Facts = Mapping[str, Any]


class CaseError(ValueError):
    """One line that names the case, the fact and what is allowed."""


@dataclass(frozen=True)
class Case:
    """A referral to judge, its values checked. `criteria_set` None: the case names none."""

    id: str | int | None
    criteria_set: str | None
    as_of: date
    patient: Facts
    vertebrae: tuple[Facts, ...]


def read_cases(text: str, today: date) -> list[Case]:
    """One case or a list of them, from JSON or YAML; CaseError at the first thing that is wrong."""
    try:
        data = parsed(text)
    except UnreadableError as error:
        raise CaseError(str(error)) from None
    listed = data if isinstance(data, list) else [data]
    if not listed:
        raise CaseError("the file: at least one case")
    return [_case(each, place, today) for place, each in enumerate(listed, start=1)]


def _case(data: object, place: int, today: date) -> Case:
    name = f"case {place}"
    if not isinstance(data, dict):
        raise CaseError(f"{name}: a mapping with the fields {', '.join(FIELDS)}")
    try:
        identity = _id(data.get("id"))
        name = name if identity is None else _one_line(identity)
        return _checked(data, identity, today)
    except ValueError as error:
        raise CaseError(f"{name}: {error}") from None


def _checked(data: dict[str, Any], identity: str | int | None, today: date) -> Case:
    _only(FIELDS, data, "field")
    as_of = _as_of(data.get("as_of"), today)
    return Case(
        id=identity,
        criteria_set=_criteria_set(data.get("criteria_set")),
        as_of=as_of,
        patient=_facts({} if data.get("patient") is None else data["patient"], PATIENT, as_of, "patient"),
        vertebrae=_vertebrae(data.get("vertebrae"), as_of),
    )


def _id(value: object) -> str | int | None:
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool)):
        return value
    raise ValueError("id: a text or a whole number")


def _criteria_set(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value in SETS):
        return value
    raise ValueError(f"criteria_set: one of {', '.join(SETS)}")


def _as_of(value: object, today: date) -> date:
    day = today if value is None else iso_date(value)
    if day is None or not EARLIEST <= day <= LATEST:
        raise ValueError(f"as_of: a calendar date YYYY-MM-DD from {EARLIEST} to {LATEST}")
    return day


def _vertebrae(value: object, as_of: date) -> tuple[Facts, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError("vertebrae: a list of mappings, one a vertebra")
    if len(value) > len(LEVELS):
        raise ValueError(f"vertebrae: at most {len(LEVELS)}")
    vertebrae = [_facts(each, VERTEBRA, as_of, f"vertebra {place}") for place, each in enumerate(value, start=1)]
    times = Counter(vertebra.get("level") for vertebra in vertebrae)
    for level, count in times.items():
        if level is not None and count > 1:
            raise ValueError(f"level: each level once, and {level} is there {count} times")
    return tuple(vertebrae)


def _facts(value: object, vocabulary: Iterable[Fact], as_of: date, whose: str) -> Facts:
    if not isinstance(value, dict):
        raise ValueError(f"{whose}: a mapping of facts")
    facts = {fact.name: fact for fact in vocabulary}
    try:
        _only(facts, value, "fact")
        return {name: facts[name].check(known, as_of) for name, known in value.items()}
    except ValueError as error:
        raise ValueError(f"{whose}: {error}") from None


def _only(allowed: Iterable[str], given: Iterable[str], kind: str) -> None:
    for name in given:
        if name not in allowed:
            raise ValueError(f"no {kind} {_one_line(name)}; one of {', '.join(allowed)}")


def _one_line(text: object) -> str:
    """What somebody wrote, fit to stand in a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text)[:60])
