"""Reading: a SQLAlchemy condition, NULL where unknown, and the verdict of a vertebra as one number.

SQL's own three values are Kleene's, so *and*, *or* and *not* are the database's. What a condition asks of a date is
a bound put in from outside; only to find the day of a `not_yet` are days counted in the database.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, false, func, literal_column, not_, or_, true

from referrals.eligibility.calendar import dates_within
from referrals.eligibility.edition import Criterion, ProcedureCriteria
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes, leaves
from referrals.eligibility.portable import DaysBetween, Least
from referrals.eligibility.simplify import simplified
from referrals.eligibility.truth import inside
from referrals.eligibility.verdict import (
    CANDIDATE,
    CONTRAINDICATED,
    KINDS,
    MORE_INFORMATION,
    NOT_INDICATED,
    NOT_YET,
    Verdict,
)
from referrals.eligibility.waiting import clocks

Columns = Mapping[str, ColumnElement[Any]]
"""A column for every fact, by its name."""

Condition = ColumnElement[bool]
Window = Callable[[Within], Condition]
"""What is asked of a date, as a condition."""

STEP = 100_000
"""Between the number of one verdict and that of the next; twice as many days as anybody waits, or has waited."""
NUMBER = {kind: place * STEP + (STEP // 2 if kind == NOT_YET else 0) for place, kind in enumerate(KINDS)}
"""That of `not_yet` is its first day's, if that were today."""
_OF = {kind: literal_column(str(number), Integer) for kind, number in NUMBER.items()}


def verdict_of(number: int, as_of: date) -> Verdict:
    """The verdict that a number of `verdict` stands for."""
    kind = KINDS[number // STEP]
    return Verdict(kind, as_of + timedelta(number - NUMBER[NOT_YET]) if kind == NOT_YET else None)


def verdict(criteria: ProcedureCriteria, columns: Columns, as_of: date) -> ColumnElement[int]:
    """The verdict for the procedure as a number, the best the least; `not_yet` is larger by the days until it ends.

    The least number over its vertebrae is the referral's. What a CASE chooses by is worked out once a row, however
    often it stands in the text.
    """
    included = _all(criteria.inclusion, columns, as_of)
    waiting = _waiting([each.rule for each in criteria.inclusion], columns, as_of)
    complete = case((_all(criteria.documentation, columns, as_of), _OF[CANDIDATE]), else_=_OF[MORE_INFORMATION])
    when_clear = case((true(), complete), (false(), waiting), value=included, else_=_OF[MORE_INFORMATION])
    when_open = case((false(), waiting), value=included, else_=_OF[MORE_INFORMATION])
    excluded = or_(false(), *(condition(each.rule, columns, as_of) for each in criteria.exclusion))
    return case((true(), _OF[CONTRAINDICATED]), (false(), when_clear), value=excluded, else_=when_open)


def condition(node: Node, columns: Columns, as_of: date) -> Condition:
    """True, false or NULL of what the columns hold, on the day."""

    def today(asked: Within) -> Condition:
        return _between(columns[asked.fact], *dates_within(asked.low, asked.high, as_of))

    return _condition(node, columns, today)


def _condition(node: Node, columns: Columns, window: Window) -> Condition:
    match node:
        case Yes(fact):
            return columns[fact]
        case OneOf(fact, codes):
            return columns[fact].in_(codes)
        case Within(fact, low, high):
            return window(node) if BY_NAME[fact].kind == "date" else _between(columns[fact], low, high)
        case Not(part):
            return not_(_condition(part, columns, window))
        case AtLeast(count, parts):
            return _at_least(count, [_condition(part, columns, window) for part in parts])
    raise TypeError(f"no SQL for {node!r}")


def _between(value: ColumnElement[Any], low: Any, high: Any) -> Condition:
    least = true() if low is None else value >= low
    return least if high is None else and_(least, value <= high)


def _at_least(count: int, parts: Sequence[Condition]) -> Condition:
    if count == len(parts):
        return and_(*parts)
    if count == 1:
        return or_(*parts)
    hold = reduce(add, (case((part, 1), else_=0) for part in parts))
    may_hold = reduce(add, (case((not_(part), 0), else_=1) for part in parts))
    return case((hold >= count, true()), (may_hold < count, false()))


def _all(criteria: Sequence[Criterion], columns: Columns, as_of: date) -> Condition:
    return and_(true(), *(condition(each.rule, columns, as_of) for each in criteria))


def _waiting(rules: Sequence[Node], columns: Columns, as_of: date) -> ColumnElement[int]:
    """The number of rules that are false today: that of the first later day on which they are not, if there is one."""
    waits = {(clock.fact, int(clock.wait)) for rule in rules for clock in clocks(rule) if clock.wait is not None}
    numbers = [_opening(rules, fact, wait, columns, as_of) for fact, wait in sorted(waits)]
    if len(numbers) < 2:
        return numbers[0] if numbers else _OF[NOT_INDICATED]
    return Least(*numbers)


def _opening(rules: Sequence[Node], fact: str, wait: int, columns: Columns, as_of: date) -> ColumnElement[int]:
    """The number of the day so long after the date, if it is to come and the rules are not false on it."""
    began = columns[fact]
    opens = and_(began > as_of - timedelta(wait), *(_not_false_then(rule, fact, wait, columns) for rule in rules))
    return case((opens, NUMBER[NOT_YET] + wait - DaysBetween(began, as_of)), else_=_OF[NOT_INDICATED])


def _not_false_then(rule: Node, fact: str, wait: int, columns: Columns) -> Condition:
    """Whether the rule may hold on the day so long after the date, which is known."""
    of_the_date = (leaf for leaf in leaves(rule) if isinstance(leaf, Within) and leaf.fact == fact)
    rest = simplified(rule, {leaf: inside(wait, leaf.low, leaf.high) for leaf in of_the_date})

    def then(asked: Within) -> Condition:
        passed = wait + DaysBetween(columns[asked.fact], columns[fact])
        return _between(passed, asked.low, asked.high)

    if isinstance(rest, bool):
        return true() if rest else false()
    return func.coalesce(_condition(rest, columns, then), true())
