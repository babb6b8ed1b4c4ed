"""What was said of a referral over time: each screening, and why it says something else than the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from referrals.clinical import ClinicalPicture, pictures_of
from referrals.comparison import Turned, turned
from referrals.eligibility.edition import Criterion, Edition
from referrals.eligibility.evaluate import as_json, assess
from referrals.kept_edition import edition_of, in_force
from referrals.screening import CRITERIA_SET, Screening, screenings_of

DAY, EDITION, TOLD = "day", "edition", "told"
"""Why a screening can say something else: days went by, the criteria are others, other facts are known."""


class Cause(NamedTuple):
    """One of the reasons, and what turned because of it alone."""

    kind: str
    turned: list[Turned]


class ChangedCriterion(NamedTuple):
    """A criterion as two editions have it; None where one of them does not."""

    before: Criterion | None
    after: Criterion | None


@dataclass(frozen=True)
class Said:
    """What was said, beginning with one screening: `again` are those after it that say just the same.

    `number` counts the screenings of the referral from 1. `before` is what was said last before it.
    """

    number: int
    screening: Screening
    before: Screening | None
    causes: tuple[Cause, ...]
    again: tuple[Screening, ...] = ()

    def cause(self, kind: str) -> Cause | None:
        return next((cause for cause in self.causes if cause.kind == kind), None)


@dataclass(frozen=True)
class AsOf:
    """What was known at the end of a day, what had been said by then, and what editions say when asked for that day.

    `judged`: (edition, explanation) of the edition that had said it and of the one in force on that day, each once.
    """

    day: date
    picture: ClinicalPicture | None
    said: Screening | None
    judged: tuple[tuple[Edition, dict[str, object]], ...] = ()


def said_of(session: Session, referral_id: int) -> list[Said]:
    """The history of a referral, the newest first; what says nothing new is folded into what it repeats."""
    told: list[Said] = []
    for number, screening in enumerate(screenings_of(session, referral_id), start=1):
        last = told[-1] if told else None
        before = (*last.again, last.screening)[0] if last else None
        causes = tuple(why(session, before, screening)) if before else ()
        if last and not _says_more(causes):
            told[-1] = Said(last.number, last.screening, last.before, last.causes, (screening, *last.again))
        else:
            told.append(Said(number, screening, before, causes))
    return told[::-1]


def _says_more(causes: Sequence[Cause]) -> bool:
    return any(cause.kind != DAY or cause.turned for cause in causes)


def why(session: Session, before: Screening, after: Screening) -> Iterator[Cause]:
    """The reasons for which two screenings differ, each with what it alone turned: the day, the edition, the facts.

    Of several at once, the facts of before are judged again for the new day, then by the new edition.
    """
    kinds = list(_differences(before, after))
    edition, day, said = before.edition_digest, before.as_of, before.explanation
    for place, kind in enumerate(kinds, start=1):
        edition = after.edition_digest if kind == EDITION else edition
        day = after.as_of if kind == DAY else day
        now = after.explanation if place == len(kinds) else _judged(edition_of(session, edition), before.picture, day)
        yield Cause(kind, turned(said, now))
        said = now


def _differences(before: Screening, after: Screening) -> Iterator[str]:
    if before.as_of != after.as_of:
        yield DAY
    if before.edition_digest != after.edition_digest:
        yield EDITION
    if before.picture_id != after.picture_id:
        yield TOLD


def _judged(edition: Edition, picture: ClinicalPicture, day: date) -> dict[str, object]:
    told = picture.details()
    return as_json(assess(edition, told.patient, told.vertebrae, day))


def last_turn(session: Session, referral_id: int) -> Said | None:
    """The newest thing that was said, where it says more than what was said before it."""
    newest, *_ = said_of(session, referral_id)
    return newest if newest.before else None


def changed_criteria(before: Edition, after: Edition) -> list[ChangedCriterion]:
    """The criteria that two editions do not have alike: another rule, or in one of them alone."""
    was, now = ({criterion.name: criterion for criterion in edition.criteria} for edition in (before, after))
    both = (ChangedCriterion(was.get(name), now.get(name)) for name in {**was, **now})
    return [each for each in both if not (each.before and each.after and each.before.rule == each.after.rule)]


def as_of(session: Session, referral_id: int, day: date, ends_at: datetime) -> AsOf:
    """What was known and said of a referral at the end of a day, which is at the moment `ends_at`."""
    picture = next((each for each in pictures_of(session, referral_id) if each.told_at < ends_at), None)
    if picture is None:
        return AsOf(day, None, None)
    by_then = [each for each in screenings_of(session, referral_id) if each.recorded_at < ends_at]
    said = by_then[-1] if by_then else None
    editions = [edition_of(session, said.edition_digest)] if said else []
    counted = in_force(session, CRITERIA_SET, day)
    if counted.digest not in {edition.digest for edition in editions}:
        editions.append(counted)
    return AsOf(day, picture, said, tuple((edition, _judged(edition, picture, day)) for edition in editions))
