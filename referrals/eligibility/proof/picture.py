"""Any half-known picture as unknowns of z3: of every fact whether it is known, and at which place its value stands."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, pairwise
from math import floor
from typing import Any, NamedTuple

import z3

from referrals.eligibility.fact import EARLIEST, Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Leaf, Node, OneOf, Within, leaves

Formula = Any
"""z3 tells no types."""
Facts = Mapping[str, Any]
YES_OR_NO = (True, False)


class Unknown(NamedTuple):
    """A fact of somebody whom nobody has met. `place` counts in `values`; of a date it is how many days ago it was."""

    known: Formula
    place: Formula
    values: Sequence[Any]

    @property
    def legal(self) -> Formula:
        return z3.And(self.place >= 0, self.place < len(self.values))

    def says(self, question: Leaf, later: Formula = 0) -> Formula:
        """Whether the value answers the question with yes, so many days later."""
        match question:
            case OneOf(_, codes):
                return z3.Or([self.place == self.values.index(code) for code in codes])
            case Within(_, low, high):
                return self._within(low, high, later)
        return self.place == YES_OR_NO.index(True)

    def _within(self, low: float | None, high: float | None, later: Formula) -> Formula:
        """Places of dates are days, which pass; numbers stand in order."""
        dated = isinstance(self.values, range)
        place = self.place + later if dated else self.place
        bounds = []
        if low is not None:
            bounds.append(place >= (int(low) if dated else bisect_left(self.values, low)))
        if high is not None:
            bounds.append(place < (int(high) + 1 if dated else bisect_right(self.values, high)))
        return z3.And(bounds)


class Picture:
    """One vertebra and its patient as far as the rules ask, on a day; anything may be known of them, or nothing."""

    def __init__(self, rules: Iterable[Node], as_of: date) -> None:
        asked: dict[str, list[Leaf]] = {}
        for rule in rules:
            for question in leaves(rule):
                asked.setdefault(question.fact, []).append(question)
        self.as_of = as_of
        self.asked = {name: asked[name] for name in BY_NAME if name in asked}
        self.unknowns = {name: _unknown(BY_NAME[name], asked, as_of) for name, asked in self.asked.items()}

    @property
    def legal(self) -> Formula:
        return z3.And([unknown.legal for unknown in self.unknowns.values()])

    @property
    def complete(self) -> Formula:
        """Whether every fact is known."""
        return z3.And([unknown.known for unknown in self.unknowns.values()])

    def facts(self, model: z3.ModelRef) -> dict[str, Any]:
        """Somebody found, as facts to judge: those that are known."""
        found = {}
        for name, unknown in self.unknowns.items():
            if z3.is_true(model.eval(unknown.known, model_completion=True)):
                place = model.eval(unknown.place, model_completion=True).as_long()
                found[name] = self._value(name, unknown.values[place])
        return found

    def holds(self, formula: Formula, facts: Facts) -> bool:
        """Whether the formula is true of somebody whose facts these are."""
        values = []
        for name, (known, place, places) in self.unknowns.items():
            value = facts.get(name)
            values.append((known, z3.BoolVal(value is not None)))
            values.append((place, z3.IntVal(0 if value is None else self._place(value, places))))
        return bool(z3.is_true(z3.simplify(z3.substitute(formula, *values))))

    def choices(self, name: str) -> Iterator[Any]:
        """Values of the fact that say different things, the plainest first."""
        places = self.unknowns[name].values
        told = _days_at(self.asked[name]) if isinstance(places, range) else places
        return (self._value(name, value) for value in told)

    def _value(self, name: str, value: Any) -> Any:
        return self.as_of - timedelta(value) if BY_NAME[name].kind == "date" else value

    def _place(self, value: Any, places: Sequence[Any]) -> int:
        if isinstance(value, date):
            return (self.as_of - value).days
        if value in places:
            return places.index(value)
        before = bisect_left(places, value) - 1  # bounds and what lies between them take turns
        return before if before % 2 else before + 1


def _unknown(fact: Fact, asked: Sequence[Leaf], as_of: date) -> Unknown:
    return Unknown(z3.Bool(f"{fact.name} is known"), z3.Int(fact.name), _values(fact, asked, as_of))


def _values(fact: Fact, asked: Sequence[Leaf], as_of: date) -> Sequence[Any]:
    """Every value of the fact in order. Of numbers with decimals: each bound that is asked about, and one between."""
    match fact.kind:
        case "flag":
            return YES_OR_NO
        case "coded":
            return tuple(fact.codes)
        case "date":
            return range((as_of - EARLIEST).days + 1)
    low, high = fact.low or 0, fact.high or 0
    if fact.whole:
        return tuple(range(int(low), int(high) + 1))
    marks = sorted({low, *_bounds(asked), high})
    return (*chain.from_iterable((low, _between(low, high)) for low, high in pairwise(marks)), marks[-1])


def _between(low: float, high: float) -> float:
    """A number between the two where there is one, whole where it can be; else one of them."""
    middle = (low + high) / 2
    return floor(middle) if low < floor(middle) else middle


def _bounds(asked: Sequence[Leaf]) -> set[float]:
    windows = [question for question in asked if isinstance(question, Within)]
    return {bound for window in windows for bound in (window.low, window.high) if bound is not None}


def _days_at(asked: Sequence[Leaf]) -> list[int]:
    days = {0} | {int(bound) + step for bound in _bounds(asked) for step in (-1, 0, 1)}
    return sorted(day for day in days if day >= 0)
