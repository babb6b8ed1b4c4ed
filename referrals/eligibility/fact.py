"""What a clinical fact is, and which values of it are legal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

Kind = Literal["flag", "coded", "quantity", "date"]
Scope = Literal["patient", "vertebra"]
Value = bool | int | float | str | date
"""A known value: bool of a flag, code of a coded fact, number of a quantity, date. Unknown is None."""

EARLIEST = date(1900, 1, 1)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One name of the vocabulary: the same in the form, the column, the criterion and the exports.

    `clause` is the fact inside an English sentence, with [what is said|what is said when it is denied].
    `whole` quantities take no decimals. `asked_when` names the answers that make the question worth asking.
    """

    name: str
    kind: Kind
    scope: Scope
    section: str
    question: str
    clause: str
    hint: str = ""
    codes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    low: float | None = None
    high: float | None = None
    unit: str = ""
    whole: bool = True
    coding: str = ""
    asked_when: Mapping[str, tuple[str, ...]] | None = None

    def check(self, value: object, today: date) -> Value | None:
        """The value as it is kept (None is not known); ValueError with one line saying what is allowed."""
        if value is None:
            return None
        checks = {"flag": _flag, "coded": _code, "quantity": _number, "date": _date}
        kept = checks[self.kind](self, value, today)
        if kept is None:
            raise ValueError(f"{self.name}: {self.allowed(today)}")
        return kept

    def allowed(self, today: date) -> str:
        """The legal values in words, as an error message ends."""
        if self.kind == "flag":
            return "true, false or null"
        if self.kind == "coded":
            return f"one of {', '.join(self.codes)} or null"
        if self.kind == "date":
            return f"a calendar date YYYY-MM-DD from {EARLIEST} to {today} or null"
        number = "a whole number" if self.whole else "a number"
        return f"{number} from {self.low:g} to {self.high:g} or null"


def _flag(_fact: Fact, value: object, _today: date) -> bool | None:
    return value if isinstance(value, bool) else None


def _code(fact: Fact, value: object, _today: date) -> str | None:
    return value if isinstance(value, str) and value in fact.codes else None


def _number(fact: Fact, value: object, _today: date) -> int | float | None:
    number = float(value) if isinstance(value, Decimal) else value
    if isinstance(number, bool) or not isinstance(number, int if fact.whole else (int, float)):
        return None
    if fact.low is None or fact.high is None or not fact.low <= number <= fact.high:
        return None
    return number


def _date(_fact: Fact, value: object, today: date) -> date | None:
    day = iso_date(value)
    return day if day is not None and EARLIEST <= day <= today else None


def iso_date(value: object) -> date | None:
    """A date, or text written exactly YYYY-MM-DD, as a date; None for anything else, 30 February included."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
