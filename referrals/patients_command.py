"""Linking records of patients that look alike, of what was sent before links were kept."""

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referrals.command import database_url
from referrals.duplicates import PatientLink, link
from referrals.patients import Patient
from referrals.scope import SYSTEM

commands = click.Group("patients", help="Look through the records of patients.")
CHUNK = 1_000


@commands.command("link")
@with_appcontext
def link_command() -> None:
    """Link all records that look like one patient. What is linked already stays; it can be run again at any time."""
    database_url()
    looked_at, made, chunk = 0, 0, [0]
    while chunk:
        with current_app.extensions["database"].begin(SYSTEM) as session:
            before = _links(session)
            chunk = _link_after(session, chunk[-1])
            made += _links(session) - before
        looked_at += len(chunk)
    click.echo(f"Looked at {looked_at:,} records, and made {made:,} new links.")


def _link_after(session: Session, last: int) -> list[int]:
    """Link the next records, in the order in which they were made; which they were."""
    query = select(Patient).where(Patient.id > last, Patient.merged_into_id.is_(None))
    chunk = session.scalars(query.order_by(Patient.id).limit(CHUNK)).all()
    for patient in chunk:
        link(session, patient.id, patient.practice_id, patient)
    return [patient.id for patient in chunk]


def _links(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(PatientLink)) or 0
