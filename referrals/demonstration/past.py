"""Moving what the verbs have just done to the moments at which the cases say that it happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.clinical import ClinicalPicture
from referrals.demonstration.life import Moments
from referrals.events import Event
from referrals.information import InformationRequest
from referrals.notice import Notice, NoticeCopy
from referrals.outbox import MOST_ATTEMPTS, Mail, Stands
from referrals.referral import Referral
from referrals.screening import Screening

WRITING = timedelta(minutes=17)  # from opening the page to sending it
NEXT_MORNING = timedelta(hours=20)
STAYS_NEW = timedelta(days=10)
GIVES_UP = timedelta(days=3)
SCREENED = ("submit", "answer")
DECIDED = ("accept", "decline", "withdraw")

Row = TypeVar("Row")
Histories = dict[int | None, list[Event]]
"""Every referral's events, the oldest first."""


def backdate(session: Session, moments: Moments, until: datetime) -> None:
    """Give every row the moment of the event that it came with; `until` is when the made-up past ends."""
    histories = _events(session)
    _referrals(session, moments, histories)
    _pictures(session, histories)
    _requests(session, histories)
    _notices(session, until)
    _given_up(session, until)


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
        if decided := _moments(history, DECIDED):
            referral.decided_at = decided[-1]


def _pictures(session: Session, histories: Histories) -> None:
    """Whoever sends or answers is screened at once; a picture is as old as its first screening."""
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
        answered = [request for request in requests if request.answered_at is not None]
        for request, at in _together(answered, _moments(histories[referral_id], ("answer",))):
            request.answered_at = at


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
