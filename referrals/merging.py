"""Merging two records of one practice that the clinic has said to be one patient, and undoing that: both are logged."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import events
from referrals.administration import Refused, check_seen, take_turn
from referrals.db import now
from referrals.duplicates import PatientLink, link, links_of
from referrals.entry import version_of
from referrals.merge import Merge, one, proposal
from referrals.patients import Patient, hold_register
from referrals.referral import Referral
from referrals.scope import as_the_installation
from referrals.staff import Person
from referrals.transition import change

PERMISSION = "merge_patients"


def merge(session: Session, by: Person, public_id: str, as_seen: str, keep: str, why: str) -> Merge:
    """From now on the record `keep` (a public id) has all referrals of both; the other is what it is called as well.

    Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused.
    """
    take_turn(session, by, PERMISSION)
    proposed = proposal(session, public_id)
    check_seen(as_seen, proposed.seen)
    kept, merged = sorted(proposed.pair, key=lambda patient: patient.public_id != keep)
    if kept.public_id != keep:
        raise Refused("keep", "Choose which of the two records stays.")
    if kept.merged_into_id or merged.merged_into_id:
        raise Refused("keep", "One of the two was merged already.")
    return _merged(session, by, kept, merged, why)


def _merged(session: Session, by: Person, kept: Patient, merged: Patient, why: str) -> Merge:
    with as_the_installation(session):
        hold_register(session, kept.practice_id)
        referrals = _locked(session, select(Referral).where(Referral.patient_id == merged.id))
        moved = {
            "referrals": [referral.id for referral in referrals],
            "records": _move_records(session, merged, kept),
            "links": _move_links(session, merged, kept),
        }
        made = Merge(practice_id=kept.practice_id, kept=kept, merged=merged, merged_by_id=by.id, moved=moved)
        session.add(made)
        _move_referrals(session, by, "merge_patients", referrals, kept.id, why)
        _note(session, "merge_patients", by, made, why)
    return made


def undo(session: Session, by: Person, public_id: str, as_seen: str, why: str) -> Merge:
    """Put back exactly what was moved. Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused."""
    take_turn(session, by, PERMISSION)
    made = one(session, public_id)
    for patient in (made.kept, made.merged):
        session.refresh(patient)
    check_seen(as_seen, made.seen)
    if made.undone_at is not None:
        raise Refused("why", "This was undone already.")
    if made.kept.merged_into_id is not None:
        raise Refused("why", "The record that was kept was merged into another since: undo that first.")
    with as_the_installation(session):
        hold_register(session, made.practice_id)
        referrals = _locked(session, select(Referral).where(Referral.id.in_(made.moved["referrals"])))
        _put_back(session, made)
        made.undone_by_id, made.undone_at = by.id, now()
        _move_referrals(session, by, "undo_merge", referrals, made.merged_id, why)
        _note(session, "undo_merge", by, made, why)
        link(session, made.merged_id, made.practice_id, made.merged)  # also with whoever came meanwhile
    return made


def _locked(session: Session, query: Any) -> Sequence[Referral]:
    """As they are now, and stay until this transaction ends: nobody else's change is lost, and ours is not refused."""
    locked = query.order_by(Referral.id).with_for_update(of=Referral).execution_options(populate_existing=True)
    found: Sequence[Referral] = session.scalars(locked).all()
    return found


def _move_referrals(
    session: Session, by: Person, action: str, referrals: Sequence[Referral], patient_id: int, why: str
) -> None:
    """Each goes on by a version, and its history says so."""
    for referral in referrals:
        change(session, referral, patient_id=patient_id)
        events.record(session, version_of(referral, action, by, comment=why))


def _move_records(session: Session, merged: Patient, kept: Patient) -> list[int]:
    """What was merged into the one that goes now points to the one that stays: never further than one step."""
    before = session.scalars(select(Patient).where(Patient.merged_into_id == merged.id)).all()
    for patient in (*before, merged):
        patient.merged_into_id = kept.id
    session.flush()
    return [patient.id for patient in before]


def _move_links(session: Session, merged: Patient, kept: Patient) -> list[int]:
    """What the one that goes is linked with is linked with the one that stays, unless it is already."""
    there = {found.end_beside(kept.id) for found in links_of(session, [kept.id])} | {kept.id}
    moved = [found for found in links_of(session, [merged.id]) if found.end_beside(merged.id) not in there]
    for found in moved:
        _turn(found, merged.id, kept.id)
    session.flush()
    return [found.id for found in moved]


def _turn(found: PatientLink, from_id: int, to_id: int) -> None:
    found.patient_id, found.other_id = sorted((found.end_beside(from_id), to_id))


def _put_back(session: Session, made: Merge) -> None:
    for patient in session.scalars(select(Patient).where(Patient.id.in_(made.moved["records"]))):
        patient.merged_into_id = made.merged_id
    for found in session.scalars(select(PatientLink).where(PatientLink.id.in_(made.moved["links"]))):
        _turn(found, made.kept_id, made.merged_id)
    made.merged.merged_into_id = None
    session.flush()


def _note(session: Session, action: str, by: Person, made: Merge, why: str) -> None:
    """An entry for each of the two records, beside those of the referrals."""
    session.flush()
    for patient_id in (made.kept_id, made.merged_id):
        details = {"merge": made.public_id, "referrals": len(made.moved["referrals"])}
        entry = events.Entry(
            action=action,
            by=by,
            patient_id=patient_id,
            subject=made.public_id,
            practice_id=made.practice_id,
            comment=why,
            details=details,
        )
        events.record(session, entry)
