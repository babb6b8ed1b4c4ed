"""Screening anew whom the days, or a new edition, have moved: found in SQL, explained and recorded one by one.

Old screenings stay, and nothing is decided: an open referral stands on the list of those whose verdict turned until
somebody acts on it, and one that has ended gets a note.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, not_, select
from sqlalchemy.orm import Session

from referrals import events
from referrals.amendment import verdicts_of
from referrals.clinical import ClinicalPicture, PictureDetails
from referrals.db import Database, now
from referrals.eligibility.edition import Edition
from referrals.eligibility.evaluate import Assessment, assess
from referrals.entry import about, version_of
from referrals.events import Entry
from referrals.kept_edition import in_force
from referrals.newest import newest_facts
from referrals.referral import IS_OPEN, Referral, reflected
from referrals.registry import Moved, moved, outdated, said_by
from referrals.screening import CRITERIA_SET, Screening, record

BATCH = 200
ENDED = not_(IS_OPEN)

Watch = Callable[[int], None]
"""Is told, after each batch, how many more are done."""


class Found(NamedTuple):
    """Whom an edition moves on a day: open referrals of which something else is recorded, and ended ones to note."""

    edition: Edition
    on: date
    open: list[Moved]
    ended: list[Moved]


def find(session: Session, on: date) -> Found:
    """Whom the edition in force on the day moves. Looks, and changes nothing."""
    edition = in_force(session, CRITERIA_SET, on)
    before = in_force(session, CRITERIA_SET, edition.in_force_from - timedelta(days=1))
    still_open = outdated(session, edition, on, of=IS_OPEN)
    if before is edition:
        return Found(edition, on, still_open, [])
    ended = moved(session, said_by(before, on), said_by(edition, on), on, of=_not_noted(edition))
    return Found(edition, on, still_open, ended)


def rescreen(database: Database, found: Found, watch: Watch = lambda _: None) -> tuple[int, int]:
    """Screen them anew, a batch a transaction: how many open and ended referrals were moved.

    Safe to break off and to run again, also twice at once: whoever was screened meanwhile is left as they are.
    """

    def each(those: Sequence[Moved], write: Callable[[Session, Sequence[int], Edition, date], int]) -> int:
        done = 0
        for first in range(0, len(those), BATCH):
            batch = [moved.referral_id for moved in those[first : first + BATCH]]
            with database.begin() as session:
                done += write(session, batch, found.edition, found.on)
            watch(len(batch))
        return done

    return each(found.open, turn), each(found.ended, note)


def turn(session: Session, batch: Sequence[int], edition: Edition, on: date) -> int:
    """Record what is said now of those of these referrals that are open, where it is not what was said before."""
    said: dict[int, Assessment] = {}
    entries = []
    for referral, picture_id, told in _locked(session, batch, IS_OPEN):
        assessment = assess(edition, told.patient, told.vertebrae, on)
        before = verdicts_of(referral)
        if _as_recorded(referral, assessment):
            continue
        for name, value in reflected(told, assessment, referral.urgency).items():
            setattr(referral, name, value)
        referral.version += 1
        referral.turned_on, referral.changed_at = on, now()
        said[picture_id] = assessment
        entries.append(version_of(referral, "rescreen", None, details=_details(before, assessment)))
    _write(session, said, entries)
    return len(said)


def note(session: Session, batch: Sequence[int], edition: Edition, on: date) -> int:
    """Record what the edition says of those of these referrals that have ended. They stay as they are."""
    said: dict[int, Assessment] = {}
    entries = []
    held = list(_locked(session, batch, ENDED))
    noted = _said_already(session, [picture_id for _, picture_id, _ in held], edition)
    for referral, picture_id, told in held:
        if picture_id in noted:
            continue
        said[picture_id] = assess(edition, told.patient, told.vertebrae, on)
        entries.append(about(referral, "rescreen", None, details=_details(verdicts_of(referral), said[picture_id])))
    _write(session, said, entries)
    return len(said)


def _locked(
    session: Session, batch: Sequence[int], still: ColumnElement[bool]
) -> Iterator[tuple[Referral, int, PictureDetails]]:
    """The referrals that are still so, which nobody else changes meanwhile, with what is known of each."""
    held = session.scalars(
        select(Referral).where(Referral.id.in_(batch), still).order_by(Referral.id).with_for_update()
    ).all()
    known = newest_facts(session, [referral.id for referral in held])
    return ((referral, *known[referral.id]) for referral in held)


def _as_recorded(referral: Referral, assessment: Assessment) -> bool:
    return all(
        (verdict.kind, verdict.starts_on) == (getattr(referral, name), getattr(referral, f"{name}_from"))
        for name, verdict in assessment.verdicts.items()
    )


def _details(before: dict[str, str | None], assessment: Assessment) -> dict[str, Any]:
    return {"before": before, "after": assessment.kinds(), "edition": assessment.edition.name}


def _write(session: Session, said: dict[int, Assessment], entries: Sequence[Entry]) -> None:
    if said:
        session.flush()
        record(session, said)
        events.record_all(session, entries)


def _said_already(session: Session, picture_ids: Sequence[int], edition: Edition) -> set[int]:
    """Of which of these pictures it is recorded what the edition says."""
    by_it = Screening.picture_id.in_(picture_ids) & (Screening.edition_digest == edition.digest)
    return set(session.scalars(select(Screening.picture_id).where(by_it)))


def _not_noted(edition: Edition) -> ColumnElement[bool]:
    noted = (Screening.picture_id == ClinicalPicture.id) & (Screening.edition_digest == edition.digest)
    return ENDED & ~exists().where(noted)
