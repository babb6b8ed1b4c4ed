"""Sending again what was returned, declined or closed: the same referral, and what has changed since."""

import pytest

from referrals import closing, triage
from referrals.clinical import ClinicalPicture
from referrals.events import CLINIC, Notice
from referrals.reason import Reason
from referrals.screening import Screening
from referrals.transition import Said
from tests import clinic
from tests.clinic import TODAY
from tests.filled_form import FilledForm
from tests.retold import NO_INFECTION, WHOLE, address, everything, only, retell


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def returned(database, people):
    with database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, people["physician"], WHOLE), people["coordinator"])
        said = Said(comment="Find out whether there is an infection, and send it again.")
        triage.return_with_advice(session, referral, people["ir"], referral.version, TODAY, said)
        return referral


def ended(session, state, people):
    """A referral that came back to the referrer in this way."""
    referral = clinic.claim(session, clinic.refer(session, people["physician"], WHOLE), people["ir"])
    if state == "returned_with_advice":
        triage.return_with_advice(session, referral, people["ir"], referral.version, TODAY, Said(comment="Ask first."))
    elif state == "declined":
        said = Said(session.get(Reason, "conservative-care-not-yet-adequate"), "Too early.")
        triage.decline(session, referral, people["ir"], referral.version, TODAY, said, "Six weeks of treatment.")
    else:
        reason = Said(session.get(Reason, "clinical-judgement"))
        triage.accept(session, referral, people["ir"], referral.version, TODAY, reason)
        said = Said(session.get(Reason, "unable-to-contact"))
        closing.close_incomplete(session, referral, people["coordinator"], referral.version, TODAY, said)
    return referral


@pytest.mark.parametrize("state", ["returned_with_advice", "declined", "closed_incomplete"])
def test_what_came_back_is_sent_again_as_the_same_referral(at, database, people, state):
    with database.begin() as session:
        before = ended(session, state, people)
    sent = retell(at["physician"], address(before, "resubmit"), **NO_INFECTION, comment="Her cultures stay negative.")
    assert sent.status_code == 303
    after = only(database)
    assert (after.state, after.kyphoplasty, after.id) == ("submitted", "candidate", before.id)
    assert after.first_submitted_at == before.first_submitted_at
    assert after.decided_by_id is after.decision_reason is after.owner_id is None
    assert everything(database, Notice)[-1].audience == CLINIC
    told = at["coordinator"].get(f"/referrals/{before.public_id}").text
    assert "Sent again" in told
    assert "Her cultures stay negative." in told


def test_the_page_to_send_again_says_what_the_clinic_had_said(at, returned):
    page = at["physician"].get(address(returned, "resubmit")).text
    assert "Find out whether there is an infection, and send it again." in page
    assert "Test Radiologist" in page
    assert "Send again" in at["physician"].get(f"/referrals/{returned.public_id}").text


def test_what_has_changed_has_to_be_said_and_the_answers_are_kept(at, database, returned):
    refused = retell(at["physician"], address(returned, "resubmit"), **NO_INFECTION)
    assert refused.status_code == 422
    assert "Say what has changed since" in refused.text
    assert FilledForm(refused.text, "intake").answers["active_infection"] == ["no"]
    assert only(database).state == "returned_with_advice"


def test_with_the_same_facts_it_is_sent_again_without_a_new_picture(at, database, returned):
    assert retell(at["physician"], address(returned, "resubmit"), comment="Please look once more.").status_code == 303
    assert len(everything(database, ClinicalPicture)) == 1
    assert len(everything(database, Screening)) == 2
    assert "No verdict changed." in at["coordinator"].get(f"/referrals/{returned.public_id}").text


def test_only_the_referrer_s_side_sends_again(at, database, returned):
    assert at["coordinator"].get(address(returned, "resubmit")).status_code == 403
    assert at["neighbor"].get(address(returned, "resubmit")).status_code == 404
    assert retell(at["delegate"], address(returned, "resubmit"), comment="As the doctor says.").status_code == 303
    assert at["physician"].get(address(returned, "resubmit")).status_code == 409, "it is sent already"
