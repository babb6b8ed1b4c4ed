"""A clinical picture that is told again: one to begin with, its form as a browser sends it, and what is stored then."""

from datetime import timedelta

from sqlalchemy import select

from referrals.clinical import PictureDetails
from referrals.referral import Referral
from tests.clinic import COLLAPSED, FRAIL, TODAY
from tests.filled_form import FilledForm

UNDECIDED = {**FRAIL, "active_infection": None, "pain_score": 7, "inr": 1.2, "platelets": 250.0}
WHOLE = PictureDetails(
    patient=UNDECIDED,
    vertebrae=({**COLLAPSED, "level": "T8", "painful": False}, {**COLLAPSED, "too_weak": False}),
    imaging=({"modality": "mri", "done_on": TODAY, "site": "Elm Imaging", "report_attached": True},),
    treatments=({"what": "Brace", "from_on": TODAY - timedelta(days=30), "why_stopped": "It hurt…"},),
    notes={"allergies": "Penicillin", "narrative": "Fell in the kitchen.\nLives alone.", "mobility_now": "In bed"},
)
"""Both procedures wait for an answer: whether there is an infection."""
NO_INFECTION = {"active_infection": "no"}


def address(referral, action):
    return f"/referrals/{referral.public_id}/{action}"


def as_it_stands(visitor, page):
    """The form of the page as a browser would send it, with nothing changed."""
    opened = visitor.get(page)
    assert opened.status_code == 200, opened.text
    return FilledForm(opened.text, "intake").answers


def retell(visitor, page, button="send", **changed):
    return visitor.post(page, {**as_it_stands(visitor, page), "do": button, **changed})


def everything(database, kind):
    with database.reading() as session:
        return session.scalars(select(kind).order_by(kind.id)).unique().all()


def only(database):
    return everything(database, Referral)[0]
