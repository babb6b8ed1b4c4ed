"""What CQL says of one procedure: its parts, the day it waits for, and the verdict."""

from collections.abc import Iterator
from textwrap import indent
from typing import NamedTuple

from referrals.eligibility.cql_expression import TODAY, all_of, any_of, days, define, expression, identifier, string
from referrals.eligibility.edition import Criterion, Edition, Note, ProcedureCriteria
from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, NOT_INDICATED, NOT_YET
from referrals.eligibility.waiting import clocks

UNKNOWN_DAY = "null as Date"


class OpeningDay(NamedTuple):
    """A day on which waiting may change something: so many days after the date."""

    fact: str
    wait: int

    @property
    def name(self) -> str:
        return f"day {self.wait} after {self.fact}"


def criterion_name(criterion: Criterion | Note) -> str:
    """What the truth of the criterion, or of the note's condition, is called in the library."""
    return f"{'note' if isinstance(criterion, Note) else 'criterion'}: {criterion.name}"


def procedure_name(procedure: str, of: str) -> str:
    """What its inclusion, exclusion, documentation, verdict, or the day it waits for ("from"), is called."""
    return f"{procedure}: {of}"


def later_days(edition: Edition) -> Iterator[str]:
    """The criteria that time changes, with the same facts, on each day on which something may open."""
    waiting = {name: opening_days(criteria) for name, criteria in edition.procedures.items()}
    for day in dict.fromkeys(day for several in waiting.values() for day in several):
        yield define(day.name, f"{identifier(day.fact)} + {days(day.wait)}")
        asked = [each for name in waiting if day in waiting[name] for each in edition.procedures[name].inclusion]
        for criterion in dict.fromkeys(asked):
            if _is_dated(criterion):
                yield define(_on(day, criterion), expression(criterion.rule, identifier(day.name)))


def opening_days(criteria: ProcedureCriteria) -> list[OpeningDay]:
    running = [clock for criterion in criteria.inclusion for clock in clocks(criterion.rule)]
    return list(dict.fromkeys(OpeningDay(clock.fact, int(clock.wait)) for clock in running if clock.wait is not None))


def procedure(name: str, criteria: ProcedureCriteria) -> Iterator[str]:
    opening = opening_days(criteria)
    yield define(procedure_name(name, "inclusion"), all_of(map(criterion_name, criteria.inclusion)))
    yield define(procedure_name(name, "exclusion"), any_of(map(criterion_name, criteria.exclusion)))
    yield define(procedure_name(name, "documentation"), all_of(map(criterion_name, criteria.documentation)))
    for day in opening:
        yield define(_included_on(day, name), all_of(_on(day, each) for each in criteria.inclusion))
    yield define(procedure_name(name, "from"), _first_day(name, opening))
    yield define(procedure_name(name, "verdict"), _verdict(name))


def _is_dated(criterion: Criterion) -> bool:
    return next(clocks(criterion.rule), None) is not None


def _on(day: OpeningDay, criterion: Criterion) -> str:
    name = criterion_name(criterion)
    return f"{name}, on {day.name}" if _is_dated(criterion) else name


def _included_on(day: OpeningDay, procedure: str) -> str:
    return f"{procedure_name(procedure, 'inclusion')}, on {day.name}"


def _first_day(name: str, opening: list[OpeningDay]) -> str:
    """The first later day on which the inclusion, false today, is not false any more."""
    if not opening:
        return UNKNOWN_DAY
    inclusion, exclusion = (identifier(procedure_name(name, of)) for of in ("inclusion", "exclusion"))
    possible = indent(",\n".join(_possible_day(name, day) for day in opening), "    ")
    return (
        f"if {inclusion} is false and {exclusion} is not true\n  then Min({{\n{possible}\n  }})\n  else {UNKNOWN_DAY}"
    )


def _possible_day(name: str, day: OpeningDay) -> str:
    called, included = identifier(day.name), identifier(_included_on(day, name))
    return f"if {called} > {TODAY}\n  and {included} is not false\n  then {called} else {UNKNOWN_DAY}"


def _verdict(name: str) -> str:
    inclusion, exclusion, documentation, first_day = (
        identifier(procedure_name(name, of)) for of in ("inclusion", "exclusion", "documentation", "from")
    )
    return f"""\
case
  when {exclusion} is true then {string(CONTRAINDICATED)}
  when {first_day} is not null then {string(NOT_YET)}
  when {inclusion} is false then {string(NOT_INDICATED)}
  when {inclusion} is true
    and {exclusion} is false
    and {documentation} is true
    then {string(CANDIDATE)}
  else {string(MORE_INFORMATION)}
end"""
