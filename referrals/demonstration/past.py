"""Moving what the verbs have just done to the moments at which the cases say that it happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.appointment import Appointment
from referrals.clinical import ClinicalPicture
from referrals.demonstration.life import Moments
from referrals.duplicates import PatientLink
from referrals.events import Event
from referrals.information import InformationRequest
from referrals.lease import MOST_ATTEMPTS
from referrals.notice import Notice, NoticeCopy
from referrals.outbox import Mail, Stands
from referrals.patients import Patient
from referrals.procedure import ProcedureRecord
from referrals.referral import Referral
from referrals.screening import Screening

WRITING = timedelta(minutes=17)  # from opening the page to sending it
NEXT_MORNING = timedelta(hours=20)
STAYS_NEW = timedelta(days=10)
GIVES_UP = timedelta(days=3)
SCREENED = ("submit", "answer", "amend", "resubmit", "rescreen")
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
    _notices(session, until)
    _given_up(session, until)
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


def _notices(session: Session, until: datetime) -> None:
    """Whoever acted has read what they were told; the rest is read the next morning, but for that of the last days."""
    unread = select(NoticeCopy, Notice).join(Notice, Notice.id == NoticeCopy.notice_id)
    for copy, notice in session.execute(unread.where(NoticeCopy.read_at.is_(None))):
        if notice.created_at < until - STAYS_NEW:
            copy.read_at = notice.created_at + NEXT_MORNING


def _given_up(session: Session, until: datetime) -> None:
    """Two mails that did not get through, so that there is something to see and to send again."""
    latest = (
        select(NoticeCopy, Notice)
        .join(Notice, Notice.id == NoticeCopy.notice_id)
        .where(Notice.kind.in_(("accept", "decline")))
    )
    faults = ("SMTPRecipientsRefused", "TimeoutError")
    for (copy, notice), fault in zip(session.execute(latest.order_by(NoticeCopy.id).limit(2)), faults, strict=True):
        began_at = notice.created_at
        session.add(
            Mail(
                kind=notice.kind, notice_id=notice.id, person_id=copy.person_id, state=Stands.DEAD, fault=fault,
                attempts=1 if fault == faults[0] else MOST_ATTEMPTS, created_at=began_at, due_at=began_at,
                ended_at=min(began_at + GIVES_UP, until),
            )
        )  # fmt: skip


def _moments(history: Iterable[Event], actions: Sequence[str]) -> list[datetime]:
    return [event.happened_at for event in history if event.action in actions]


def _together(rows: Sequence[Row], moments: Sequence[datetime]) -> list[tuple[Row, datetime]]:
    return list(zip(rows, moments, strict=True))
