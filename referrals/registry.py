"""Everyone at once, in SQL: what an edition says of all referrals on a day, how many of each, and whom it moves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Label, Select, Subquery, and_, case, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from referrals.clinical import ClinicalPicture, Vertebra
from referrals.eligibility.edition import Edition
from referrals.eligibility.facts import PATIENT, VERTEBRA
from referrals.eligibility.portable import DaysBetween, Least
from referrals.eligibility.sql import NUMBER, STEP, verdict, verdict_of
from referrals.eligibility.verdict import KINDS, PROCEDURES, Verdict
from referrals.referral import CURRENT, IS_OPEN, Referral
from referrals.workflow import State

Numbers = Mapping[str, ColumnElement[int]]
"""For each procedure the verdict of a referral as a number, as `eligibility.sql` writes it."""

COLUMNS: dict[str, ColumnElement[Any]] = {
    **{fact.name: getattr(ClinicalPicture, fact.name) for fact in PATIENT},
    **{fact.name: getattr(Vertebra, fact.name) for fact in VERTEBRA},
}
"""Where the facts stand."""

COUNTED = Referral.state.not_in((State.DRAFT, State.ENTERED_IN_ERROR))
"""Of whom the registry speaks: every referral that was sent and was no mistake."""


class Move(NamedTuple):
    """From which verdict to which, for which procedure, of a referral that is still open or not."""

    procedure: str
    before: str
    after: str
    is_open: bool


class Moved(NamedTuple):
    """A referral of which something else is said now than before: {procedure: verdict}."""

    referral_id: int
    public_id: str
    state: str
    before: dict[str, Verdict]
    after: dict[str, Verdict]


def said_by(edition: Edition, on: date) -> Numbers:
    """What the edition says on the day of the pictures of `everyone`."""
    return {name: func.min(number) for name, number in _of_each_vertebra(edition, on).items()}


def recorded(on: date) -> Numbers:
    """What was last recorded of each referral; the day is that from which a `not_yet` is counted."""
    return {name: _recorded(getattr(Referral, name), getattr(Referral, f"{name}_from"), on) for name in PROCEDURES}


def tally(
    session: Session,
    edition: Edition,
    on: date,
    known_at: datetime | None = None,
    of: ColumnElement[bool] = COUNTED,
) -> Counter[tuple[str, str]]:
    """How many referrals have which verdict for which procedure on the day: {(procedure, kind): referrals}.

    `known_at`: from what had been told by that moment; else from what is known now.
    """
    numbers = said_by(edition, on)
    judged = everyone(known_at).where(of).add_columns(*(numbers[name].label(name) for name in PROCEDURES)).subquery()
    kinds = [judged.c[name] // STEP for name in PROCEDURES]
    counted: Counter[tuple[str, str]] = Counter()
    for *places, referrals in session.execute(select(*kinds, func.count()).group_by(*kinds)):
        for procedure, place in zip(PROCEDURES, places, strict=True):
            counted[procedure, KINDS[place]] += referrals
    return counted


def kinds_alone(numbers: Numbers) -> Numbers:
    """The same without the day of a `not_yet`: what is said on two days differs only where the kind does."""
    return {name: number // STEP * STEP for name, number in numbers.items()}


def moves(session: Session, before: Numbers, after: Numbers, of: ColumnElement[bool] = COUNTED) -> Counter[Move]:
    """How many referrals move from which verdict to which; those of which the kind stays are left out."""
    both = _both(before, after, of, IS_OPEN.label("is_open"))
    kinds = [both.c[f"{when}_{name}"] // STEP for name in PROCEDURES for when in ("before", "after")]
    counted: Counter[Move] = Counter()
    found = select(both.c.is_open, *kinds, func.count()).where(_differ(both)).group_by(both.c.is_open, *kinds)
    for is_open, *places, referrals in session.execute(found):
        for at, procedure in enumerate(PROCEDURES):
            was, becomes = places[2 * at : 2 * at + 2]
            if was != becomes:
                counted[Move(procedure, KINDS[was], KINDS[becomes], bool(is_open))] += referrals
    return counted


def moved(
    session: Session,
    before: Numbers,
    after: Numbers,
    on: date,
    of: ColumnElement[bool] = COUNTED,
    limit: int | None = None,
) -> list[Moved]:
    """The referrals, in the order of their ids, of which the verdict or its day is another; at most `limit`."""
    return _moved(session, _both(before, after, of), on, limit)


def outdated(session: Session, edition: Edition, on: date, of: ColumnElement[bool] = COUNTED) -> list[Moved]:
    """The referrals, in the order of their ids, of which something else is recorded than the edition says on the day.

    Vertebrae of which it says what is recorded of their referral are left out before the others are grouped: on most
    nights that is nearly all. Of a referral that has both, the least is that of the others or what is recorded.
    """
    others = _others(edition, on, of)
    before, least = ({name: others.c[f"{when}_{name}"] for name in PROCEDURES} for when in ("before", "after"))
    in_all = select(func.count()).where(Vertebra.picture_id == others.c.picture_id).scalar_subquery()
    after = {
        name: case((in_all > others.c.vertebrae, Least(least[name], before[name])), else_=least[name])
        for name in PROCEDURES
    }
    return _moved(session, select(others.c.id, *_labelled(before, after)).subquery(), on)


def everyone(known_at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Every referral with its newest picture, or the newest of then, and the vertebrae of it: a group for each."""
    return (
        select(Referral.id)
        .join(ClinicalPicture, _newest_of_then(known_at) if known_at else CURRENT)
        .outerjoin(Vertebra, Vertebra.picture_id == ClinicalPicture.id)
        .where(COUNTED)
        .group_by(Referral.id)
    )


def _newest_of_then(known_at: datetime) -> ColumnElement[bool]:
    later = aliased(ClinicalPicture)
    newer = exists().where(
        later.referral_id == ClinicalPicture.referral_id,
        later.number > ClinicalPicture.number,
        later.told_at <= known_at,
    )
    return and_(ClinicalPicture.referral_id == Referral.id, ClinicalPicture.told_at <= known_at, ~newer)


def _of_each_vertebra(edition: Edition, on: date) -> Numbers:
    return {name: verdict(criteria, COLUMNS, on) for name, criteria in edition.procedures.items()}


def _others(edition: Edition, on: date, of: ColumnElement[bool]) -> Subquery:
    """Of each referral the vertebrae of which another number is said than is recorded of it: how many; the least."""
    numbers = list(_labelled(recorded(on), _of_each_vertebra(edition, on)))
    each = everyone().where(of).group_by(None).add_columns(ClinicalPicture.id.label("picture_id"), *numbers).subquery()
    of_each = (each.c.id, each.c.picture_id)
    least = (func.min(each.c[number.name]).label(number.name) for number in numbers)
    return select(*of_each, func.count().label("vertebrae"), *least).where(_differ(each)).group_by(*of_each).subquery()


def _both(before: Numbers, after: Numbers, of: ColumnElement[bool], *more: ColumnElement[Any]) -> Subquery:
    """Both numbers of everyone. Nothing else of a referral goes through the grouping: it would for each vertebra."""
    return everyone().where(of).add_columns(*_labelled(before, after), *more).subquery()


def _labelled(before: Numbers, after: Numbers) -> Iterator[Label[int]]:
    for when, numbers in (("before", before), ("after", after)):
        yield from (numbers[name].label(f"{when}_{name}") for name in PROCEDURES)


def _differ(both: Subquery) -> ColumnElement[bool]:
    return or_(*(both.c[f"before_{name}"] != both.c[f"after_{name}"] for name in PROCEDURES))


def _moved(session: Session, both: Subquery, on: date, limit: int | None = None) -> list[Moved]:
    """Those of both whose numbers differ. Which they are is looked up for these alone: a join would read all again."""
    public_id, state = (
        select(column).where(Referral.id == both.c.id).scalar_subquery().label(column.key)
        for column in (Referral.public_id, Referral.state)
    )
    found = select(both, public_id, state).where(_differ(both)).order_by(both.c.id).limit(limit)
    return [_as_moved(row._mapping, on) for row in session.execute(found)]


def _as_moved(row: Mapping[Any, Any], on: date) -> Moved:
    before, after = (
        {name: verdict_of(row[f"{when}_{name}"], on) for name in PROCEDURES} for when in ("before", "after")
    )
    return Moved(row["id"], row["public_id"], row["state"], before, after)


def _recorded(kind: Any, starts_on: Any, on: date) -> ColumnElement[int]:
    days = case((starts_on.is_not(None), DaysBetween(on, starts_on)), else_=0)
    return case({each: literal_column(str(number)) for each, number in NUMBER.items()}, value=kind) + days
