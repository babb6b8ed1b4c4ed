"""Plain builders of a small clinic for the tests; every name is invented."""

import itertools
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMONSTRATION, DEMONSTRATION_SECRET, Settings
from referrals import booking, closing, create_app, filing, recording, submission, triage
from referrals.appointment import Appointment, Slot, visits_of
from referrals.clinical import PictureDetails
from referrals.db import now
from referrals.document import About, Document, Support
from referrals.inspection import Inspected
from referrals.keeping import keep
from referrals.patients import PatientDetails
from referrals.procedure import LevelDetails, ProcedureDetails, ProcedureRecord
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import Person, Practice, Role, RoleName
from referrals.submission import Submission
from referrals.transition import Said
from referrals.workflow import Urgency

TODAY = date(2026, 11, 22)
PASSWORD = "made up for tests"
FAST = {"argon2__rounds": 1, "argon2__memory_cost": 64, "argon2__parallelism": 1}
"""How passwords are hashed where nobody guesses them; what a clinic gets is tested in test_own_account.py."""


@cache
def password_hash() -> str:
    """Made once, and not to take its time: it is asked for all the while."""
    settings = Settings(mode=DEMONSTRATION, secret_key=DEMONSTRATION_SECRET, database_url="sqlite://")
    app = create_app(settings)
    app.extensions["security"].pwd_context.update(**FAST)
    with app.app_context():
        return str(hash_password(PASSWORD))


_count = itertools.count(1)

SAFE = {
    "active_infection": False,
    "coagulopathy": "none",
    "cement_allergy": False,
    "pregnant": False,
    "neurological_deficit": False,
}
"""A safety screen that rules nothing out."""

FRAIL = {
    **SAFE,
    "too_frail_for_surgery": True,
    "bedridden_risk": True,
    "conservative_management_started_on": TODAY - timedelta(days=35),
    "conservative_management_failed": True,
}
"""A patient for whom both procedures are candidates, given a COLLAPSED vertebra."""

COLLAPSED = {
    "level": "L1",
    "injury": "compression_fracture",
    "collapse": "partial",
    "cause": "osteoporosis",
    "tumor_damage": False,
    "painful": True,
}


def practice(session: Session, name: str, is_clinic: bool = False) -> Practice:
    made = Practice(name=name, telephone="555-0100", is_clinic=is_clinic)
    session.add(made)
    session.flush()
    return made


def person(session: Session, name: str, role: RoleName, at: Practice) -> Person:
    made = Person(
        name=name,
        email=f"{name.lower().replace(' ', '.')}@example.org",
        password=password_hash(),
        fs_uniquifier=f"uniquifier-{next(_count)}",
        npi="1234567893" if role is RoleName.PHYSICIAN else None,
        call_back="555-0101",
        joined_at=now(),
        practice=at,
        roles=[session.scalars(select(Role).where(Role.name == role)).one()],
    )
    session.add(made)
    session.flush()
    return made


def everybody(session: Session) -> dict[str, Person]:
    """Two practices and the clinic, and somebody of each role by a short name; the neighbor is at Oak."""
    elm, oak = practice(session, "Elm Practice"), practice(session, "Oak Practice")
    hospital = practice(session, "Clinic", is_clinic=True)
    return {
        "physician": person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
        "colleague": person(session, "Elm Colleague", RoleName.PHYSICIAN, elm),
        "delegate": person(session, "Elm Delegate", RoleName.DELEGATE, elm),
        "neighbor": person(session, "Oak Physician", RoleName.PHYSICIAN, oak),
        "coordinator": person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        "ir": person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        "administrator": person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital),
    }


def patient(number: int | None = None, **said: Any) -> PatientDetails:
    number = number or next(_count)
    details = {
        "given_name": "Ada",
        "family_name": f"Sample {number}",
        "born_on": date(1943, 3, 9),
        "sex": "female",
        "mrn": f"T-{number}",
        "telephone": "555-0102",
    }
    return PatientDetails(**{**details, **said})


def told(patient_facts: dict[str, Any] | None = None, *vertebrae: dict[str, Any]) -> PictureDetails:
    return PictureDetails(
        patient=FRAIL if patient_facts is None else patient_facts, vertebrae=vertebrae or (COLLAPSED,)
    )


def refer(
    session: Session,
    by: Person,
    picture: PictureDetails | None = None,
    of: PatientDetails | None = None,
    urgency: Urgency = Urgency.ROUTINE,
    today: date = TODAY,
    requester: Person | None = None,
    separate: bool = False,
) -> Referral:
    """A referral as it stands after sending; `requester`: the physician for whom a delegate sends it.

    `separate`: the patient, or one who looks the same, has another that is open, and this is one of its own.
    """
    draft = submission.open_draft(session, f"token-{next(_count)}", by)
    sent = Submission(
        patient=of or patient(),
        picture=picture or told(),
        reason="Painful fracture, no relief",
        call_back="555-0103",
        urgency=urgency,
        requester=requester.public_id if requester else "",
    )
    return submission.submit(session, draft, sent, by, today, separate)


def claim(session: Session, referral: Referral, by: Person, today: date = TODAY) -> Referral:
    triage.claim(session, referral, by, referral.version, today)
    return referral


def withdraw(session: Session, referral: Referral, by: Person, today: date = TODAY) -> Referral:
    """A referral that has ended."""
    said = Said(session.get_one(Reason, "improved"))
    closing.withdraw(session, referral, by, referral.version, today, said)
    return referral


def document(
    session: Session, app: Flask, referral: Referral, by: Person, content: bytes = b"%PDF", **said: Any
) -> Document:
    """A report of two pages, as it stands after it was added; `said` of it."""
    about = About(**{"kind": "mri_report", "study_on": TODAY, "supports": (Support("marrow_edema", "L1", 2),), **said})
    file = Inspected(content, "application/pdf", 2)
    return filing.add(session, app.extensions["storage"], referral, by, about, file, "report.pdf")


def letter(session: Session, app: Flask, referral: Referral, by: Person) -> Document:
    """A letter that the service itself has made and keeps."""
    file = Inspected(b"%PDF of a letter", "application/pdf", 1)
    return keep(session, app.extensions["storage"], referral, by, About("letter", TODAY), file, "letter.pdf")


NEW_YORK = ZoneInfo(Settings.time_zone)


def accepted(session: Session, referral: Referral, by: Person, today: date = TODAY) -> Referral:
    """Claimed and accepted."""
    claim(session, referral, by, today)
    triage.accept(session, referral, by, referral.version, today)
    return referral


def slot(
    day: date = TODAY, at: time = time(10, 30), kind: str = "consultation", place: str = "Room 2", minutes: int = 30
) -> Slot:
    """A time and place, by the clock of the tests' clinic."""
    return Slot(kind, datetime.combine(day, at, NEW_YORK), day, minutes, place, "Bring the films.")


def booked(
    session: Session, referral: Referral, by: Person, when: Slot | None = None, today: date = TODAY, pain: str = "yes"
) -> Appointment:
    """An accepted referral with a visit, by default today's."""
    return booking.book(session, referral, by, referral.version, today, when or slot(today), pain)


def seen(
    session: Session, referral: Referral, by: Person, outcome: str = "treated", kind: str = "procedure",
    today: date = TODAY, finding: str = "Tender at L1.",
) -> Appointment:  # fmt: skip
    """An accepted referral whose patient came today, with this outcome."""
    booked(session, referral, by, slot(today, kind=kind), today)
    return booking.attend(session, referral, by, referral.version, today, outcome, finding)


def procedure(by: Person, *levels: LevelDetails, **told: Any) -> ProcedureDetails:
    """What was done, by default kyphoplasty of L1."""
    return ProcedureDetails(by, levels or (LevelDetails("L1", "kyphoplasty", balloon=True),), **told)


def recorded(session: Session, referral: Referral, by: Person, told: ProcedureDetails | None = None) -> ProcedureRecord:
    """The record of the last visit, at which somebody was treated."""
    visit = visits_of(session, referral.id)[-1]
    return recording.record(session, referral, by, referral.version, visit, told or procedure(by))
