"""The service with its sign-in and its whole form, which then stores the two rows of a bare insert and nothing else."""

from flask import redirect
from werkzeug.wrappers import Response

from referrals.web import intake as intake_page
from referrals.web.context import begin
from referrals.web.intake_answers import Intake
from tests.bench import floor
from wsgi import app as app


def send(intake: Intake) -> Response:
    """In place of `intake_page.send`: the same is read, and nothing of it is looked up, judged or told."""
    intake_page.own_token(intake)
    told = intake.submission()
    fields = {"given_name": told.patient.given_name, "family_name": told.patient.family_name, "reason": told.reason}
    with begin() as session:
        number = floor.store(session, {**fields, "born_on": str(told.patient.born_on), "telephone": told.call_back})
    return redirect(f"/requests/{number}", 303)


intake_page.send = send
