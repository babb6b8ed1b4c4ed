"""Moving what the verbs have just done to the moments at which the cases say that it happened."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import events
from referrals.appointment import Appointment
from referrals.clinical import ClinicalPicture
from referrals.demonstration.life import Moments
from referrals.duplicates import PatientLink
from referrals.events import Event, Notice
from referrals.information import InformationRequest
from referrals.patients import Patient
from referrals.procedure import ProcedureRecord
from referrals.referral import Referral
from referrals.screening import Screening
from referrals.staff import Person

WRITING = timedelta(minutes=17)  # from opening the page to sending it
NEXT_MORNING = timedelta(hours=20)
STAYS_NEW = timedelta(days=10)
MOST_NEW = 5
"""So many of the newest a practice has not read; besides those of the last evening."""
SCREENED = ("submit", "answer", "amend", "resubmit")
DECIDED = ("accept", "decline", "withdraw", "complete", "return_with_advice")
BOOKED, VISIT_CLOSED = ("book", "rebook"), ("rebook", "missed", "attend")
RECORDED = ("record_procedure", "correct_procedure")
CLOSED = ("withdraw", "close_incomplete", "mark_error")

Row = TypeVar("Row")
Histories = dict[int | None, list[Event]]
"""Every referral's events, the oldest first."""


def backdate(session: Session, moments: Moments, until: datetime) -> None:
    """Give every row the moment of the event that it came with; `until` is when the made-up past ends."""
    histories = _events(session)
    _referrals(session, moments, histories)
    _pictures(session, histories)
    _requests(session, histories)
    _visits(session, histories)
    _notices(session, histories, until)
    _links(session)


def _events(session: Session) -> Histories:
    histories: Histories = defaultdict(list)
    for event in session.scalars(select(Event).where(Event.version.is_not(None)).order_by(Event.id)):
        histories[event.referral_id].append(event)
    return histories


def _referrals(session: Session, moments: Moments, histories: Histories) -> None:
    for referral in session.scalars(select(Referral)):
        history = histories.get(referral.id, [])
        referral.changed_at = moments[referral.id, referral.version]
        began_at = history[0].happened_at if history else referral.changed_at
        referral.authored_at = began_at - WRITING
        if referral.patient is not None:
            referral.first_submitted_at = referral.patient.created_at = began_at
        if referral.decided_at and (decided := _moments(history, DECIDED)):
            referral.decided_at = decided[-1]
        if referral.withdrawal_asked_at:
            referral.withdrawal_asked_at = _moments(history, ("ask_withdrawal",))[-1]


def _links(session: Session) -> None:
    """A link is as old as the newer of its records, and decided when the log says so."""
    for link in session.scalars(select(PatientLink)):
        ends = [session.get_one(Patient, end) for end in (link.patient_id, link.other_id)]
        link.found_at = max(end.created_at for end in ends)
        if link.decision is not None:
            said = select(Event.happened_at).where(Event.action == "same_patient", Event.patient_id == link.other_id)
            link.decided_at = session.scalars(said).first()


def _pictures(session: Session, histories: Histories) -> None:
    """Whoever sends, answers or tells it anew is screened at once; a picture is as old as its first screening."""
    screened: dict[int, list[tuple[Screening, ClinicalPicture]]] = defaultdict(list)
    rows = select(Screening, ClinicalPicture).join(ClinicalPicture, ClinicalPicture.id == Screening.picture_id)
    for screening, picture in session.execute(rows.order_by(Screening.id)):
        screened[picture.referral_id].append((screening, picture))
    for referral_id, pairs in screened.items():
        for (screening, picture), at in reversed(_together(pairs, _moments(histories[referral_id], SCREENED))):
            screening.recorded_at = picture.told_at = at


def _requests(session: Session, histories: Histories) -> None:
    asked: dict[int, list[InformationRequest]] = defaultdict(list)
    for request in session.scalars(select(InformationRequest).order_by(InformationRequest.id)):
        asked[request.referral_id].append(request)
    for referral_id, requests in asked.items():
        for request, at in _together(requests, _moments(histories[referral_id], ("ask_information",))):
            request.asked_at = at
            if request.closed_at:
                request.closed_at = _moments(histories[referral_id], CLOSED)[-1]
        answered = [request for request in requests if request.answered_at is not None]
        for request, at in _together(answered, _moments(histories[referral_id], ("answer",))):
            request.answered_at = at


def _visits(session: Session, histories: Histories) -> None:
    booked: dict[int, list[Appointment]] = defaultdict(list)
    recorded: dict[int, list[ProcedureRecord]] = defaultdict(list)
    for visit in session.scalars(select(Appointment).order_by(Appointment.id)):
        booked[visit.referral_id].append(visit)
    for record in session.scalars(select(ProcedureRecord).order_by(ProcedureRecord.id)):
        recorded[record.referral_id].append(record)
    for referral_id, visits in booked.items():
        for visit, at in _together(visits, _moments(histories[referral_id], BOOKED)):
            visit.booked_at = at
        over = [visit for visit in visits if visit.closed_at is not None]
        for visit, at in _together(over, _moments(histories[referral_id], VISIT_CLOSED)):
            visit.closed_at = at
    for referral_id, records in recorded.items():
        for record, at in _together(records, _moments(histories[referral_id], RECORDED)):
            record.recorded_at = at


def _notices(session: Session, histories: Histories, until: datetime) -> None:
    """Somebody has read a notice once their side acted on the referral; a practice reads all but the newest."""
    new: Counter[int] = Counter()
    people: dict[int | None, Person] = {person.id: person for person in session.scalars(select(Person))}
    requesters = dict(session.execute(select(Referral.id, Referral.requester_id)).all())
    for notice in session.scalars(select(Notice).order_by(Notice.id.desc())):
        notice.created_at = notice.event.happened_at
        reaction = _reaction(notice, histories[notice.referral_id], people)
        if reaction:
            notice.read_by_id, notice.read_at = reaction.by_id, reaction.happened_at
        elif notice.audience == events.REFERRER and _was_read(notice, new[notice.practice_id], until):
            notice.read_by_id, notice.read_at = requesters[notice.referral_id], notice.created_at + NEXT_MORNING
        else:
            new[notice.practice_id] += notice.audience == events.REFERRER


def _was_read(notice: Notice, newer: int, until: datetime) -> bool:
    """Whether the practice has read a notice, where it has not read so many newer ones."""
    has_slept = notice.created_at + NEXT_MORNING < until
    return has_slept and (newer >= MOST_NEW or notice.created_at < until - STAYS_NEW)


def _reaction(notice: Notice, history: Iterable[Event], people: dict[int | None, Person]) -> Event | None:
    """The first thing that the side which had to hear of it did afterwards."""
    of_clinic = notice.audience == events.CLINIC
    return next(
        (event for event in history if event.id > notice.event_id and people[event.by_id].works_at_clinic is of_clinic),
        None,
    )


def _moments(history: Iterable[Event], actions: Sequence[str]) -> list[datetime]:
    return [event.happened_at for event in history if event.action in actions]


def _together(rows: Sequence[Row], moments: Sequence[datetime]) -> list[tuple[Row, datetime]]:
    return list(zip(rows, moments, strict=True))
