"""One patient under several records: what the clinic says of two that look alike, and all referrals on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session, joinedload

from referrals import events
from referrals.db import now
from referrals.duplicates import DIFFERENT, SAME, PatientLink, links_of
from referrals.earlier import may_be_one, sent_of
from referrals.events import Event
from referrals.likeness import Likeness, compare
from referrals.patients import Patient
from referrals.policy import may
from referrals.referral import Referral
from referrals.sight import NotFound
from referrals.staff import Person
from referrals.transition import NotAllowed


class DecidedMeanwhile(Exception):
    """Somebody else has said something of these two records since the page was opened."""


@dataclass(frozen=True)
class Record:
    """A record of a patient, and its referrals that the reader opens; without a link it is the record asked about."""

    patient: Patient
    referrals: Sequence[Referral]
    link: PatientLink | None = None
    likeness: Likeness | None = None

    @property
    def told_apart(self) -> bool:
        return self.link is not None and self.link.decision == DIFFERENT

    @property
    def undecided(self) -> bool:
        return self.link is not None and self.link.decision is None


def beside(session: Session, referral: Referral, person: Person) -> list[Record]:
    """What else there is of the patient of this referral, or may be: the own record first, those told apart last.

    A record of whose referrals the reader opens none is not in it, and neither is one that is only linked with another.
    """
    patient = referral.patient
    assert patient is not None
    links = {link.end_beside(patient.id): link for link in links_of(session, [patient.id])}
    found = _records(session, {patient.id, *links}, person)
    others = [_linked(record, links.get(record.patient.id), patient) for record in found]
    return sorted(
        (record for record in others if record.link or len(record.referrals) > 1),
        key=lambda record: (record.link is not None, record.told_apart, record.patient.id),
    )


def _linked(record: Record, link: PatientLink | None, patient: Patient) -> Record:
    if link is None:
        return record
    likeness = compare(patient, record.patient, patient.practice_id == record.patient.practice_id)
    return Record(record.patient, record.referrals, link, likeness)


def _records(session: Session, patient_ids: set[int], person: Person) -> list[Record]:
    rows = session.scalars(
        select(Referral)
        .where(*sent_of(patient_ids, person))
        .options(joinedload(Referral.patient).joinedload(Patient.practice), joinedload(Referral.practice))
        .options(joinedload(Referral.owner), joinedload(Referral.requester), joinedload(Referral.coded_reason))
        .order_by(Referral.first_submitted_at.desc(), Referral.id.desc())
    ).all()
    grouped: dict[Patient, list[Referral]] = {}
    for row in rows:
        grouped.setdefault(cast(Patient, row.patient), []).append(row)
    return [Record(patient, referrals) for patient, referrals in grouped.items()]


def possible_duplicates(referral: Referral, records: Sequence[Record]) -> list[Referral]:
    """The other referrals that may be this one once more: perhaps the same patient, near in time, a level in common."""
    others = [each for record in records if not record.told_apart for each in record.referrals]
    return [each for each in others if each.id != referral.id and may_be_one(referral, each)]


def say_same(session: Session, referral: Referral, actor: Person, link: str, seen: str) -> None:
    """The clinic says: these two records are one patient. Two of one practice may be merged from now on."""
    _decide(session, referral, actor, link, SAME, seen)


def say_different(session: Session, referral: Referral, actor: Person, link: str, seen: str) -> None:
    """The clinic says: these are two patients. The link stays, and says so."""
    _decide(session, referral, actor, link, DIFFERENT, seen)


def _decide(session: Session, referral: Referral, actor: Person, public_id: str, decision: str, seen: str) -> None:
    """`seen`: what the page said, "" for nothing yet. Raises NotAllowed, NotFound, DecidedMeanwhile."""
    if not may(actor, "work_queue"):
        raise NotAllowed(decision)
    record = next((each for each in beside(session, referral, actor) if _is(each.link, public_id)), None)
    if record is None or record.link is None:
        raise NotFound
    table = cast(Table, PatientLink.__table__)
    as_seen = table.c.decision == seen if seen else table.c.decision.is_(None)
    said = {"decision": decision, "decided_by_id": actor.id, "decided_at": now()}
    decided = session.execute(update(table).where(table.c.id == record.link.id, as_seen).values(said))
    if decided.rowcount != 1:  # type: ignore[attr-defined]
        raise DecidedMeanwhile
    session.refresh(record.link)
    _note(session, referral, record, actor, decision)


def _is(link: PatientLink | None, public_id: str) -> bool:
    return link is not None and link.public_id == public_id


def _note(session: Session, referral: Referral, record: Record, actor: Person, decision: str) -> None:
    """An entry about each of the two. It names the link: neither practice learns of the other's referral."""
    assert record.link is not None
    for about in (referral, record.referrals[0]):
        entry = events.Entry(
            action={SAME: "same_patient", DIFFERENT: "different_patients"}[decision],
            by=actor,
            patient_id=about.patient_id,
            subject=about.public_id,
            practice_id=about.practice_id,
            details={"link": record.link.id},
        )
        events.record(session, entry)


def on_one_page(session: Session, public_id: str, person: Person) -> list[Record]:
    """The record of this id, and all that the clinic has said to be the same patient, as far as this person opens them.

    NotFound unless they open a referral of the record itself. One that was merged leads to what it was merged into.
    """
    asked = select(Patient.id, Patient.merged_into_id).where(Patient.public_id == public_id)
    row = session.execute(asked).one_or_none()
    first = (row.merged_into_id or row.id) if row else None
    records: dict[int, Record] = {}
    looked_at, edge = set(), {first} if first else set()
    while edge:
        looked_at |= edge
        reached = {record.patient.id: record for record in _records(session, edge, person)}
        records |= reached
        links = links_of(session, reached, SAME) if reached else []
        edge = {end for link in links for end in (link.patient_id, link.other_id)} - looked_at
    if first not in records:
        raise NotFound
    return list(records.values())


LONGEST = 200


def timeline(session: Session, records: Sequence[Record]) -> Sequence[Event]:
    """What happened to the referrals of these records, the newest first."""
    ids = [referral.id for record in records for referral in record.referrals]
    return session.scalars(
        select(Event)
        .where(Event.referral_id.in_(ids), Event.version.is_not(None))
        .options(joinedload(Event.by), joinedload(Event.on_behalf_of))
        .order_by(Event.happened_at.desc(), Event.id.desc())
        .limit(LONGEST)
    ).all()
