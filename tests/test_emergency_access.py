"""Emergency access: for a reason, one patient and an hour, before everybody’s eyes, and reviewed by another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config import PRODUCTION
from referrals import glass, restriction
from referrals.emergency import EmergencyAccess, open_now
from referrals.events import Event, Notice
from referrals.policy import POLICY
from referrals.staff import Person, RoleName
from referrals.transition import NotAllowed
from referrals.web.second_factor import VERIFIED_BY_ISSUER
from tests import clinic, wing
from tests.visitor import Visitor

REASON = "New weakness of both legs, the owner cannot be reached"
HOUR = timedelta(minutes=60)


@pytest.fixture
def ward(app, database):
    return wing.built(app, database)


def open_as(ward, who, reason=REASON):
    return ward.visitors[who].post(f"{ward.page}/emergency", reason=reason)


def accesses(ward):
    with ward.database.reading() as session:
        return session.scalars(select(EmergencyAccess).order_by(EmergencyAccess.id)).all()


def entries(ward, *actions):
    with ward.database.reading() as session:
        return session.scalars(select(Event).where(Event.action.in_(actions)).order_by(Event.id)).all()


def later(**by):
    return time_machine.travel(datetime.now(UTC) + timedelta(**by), tick=True)


def ended(ward, who="coordinator"):
    """An access that was opened and ended; its page for the reviewer."""
    open_as(ward, who)
    ward.visitors[who].post(f"{ward.page}/emergency/end")
    return f"/administration/emergency-access/{accesses(ward)[-1].public_id}"


def test_a_reason_opens_the_patient_to_this_person_alone_with_a_red_banner(ward):
    answer = open_as(ward, "coordinator")
    assert (answer.status_code, answer.location) == (303, ward.page)
    for path in ("", "/ask", "/decline"):
        page = ward.visitors["coordinator"].get(ward.page + path)
        assert page.status_code == 200
        assert "Secretname" in page.text
        assert "Emergency access until" in page.text
        assert "everything is recorded" in page.text
    assert ward.visitors["other_ir"].get(ward.page).status_code == 403
    assert "Emergency access until" not in ward.visitors["owner"].get(ward.page).text


def test_it_opens_one_patient_and_no_other(ward):
    with ward.database.begin() as session:
        other = clinic.refer(session, ward.people["physician"])
        restriction.restrict(session, other, ward.people["physician"], other.version, "A colleague too")
        plain = clinic.refer(session, ward.people["physician"])
    open_as(ward, "coordinator")
    assert ward.visitors["coordinator"].get(f"/referrals/{other.public_id}").status_code == 403
    assert "Emergency access until" not in ward.visitors["coordinator"].get(f"/referrals/{plain.public_id}").text


def test_it_ends_after_sixty_minutes(ward):
    open_as(ward, "coordinator")
    (opened,) = accesses(ward)
    assert opened.ends_at - opened.opened_at == HOUR
    with ward.database.reading() as session:
        referral = wing.stored(ward)
        for at, is_open in ((opened.ends_at - timedelta(seconds=1), True), (opened.ends_at, False)):
            assert (open_now(session, ward.people["coordinator"], referral.patient_id, at) is not None) is is_open
    with later(minutes=61):
        visitor = Visitor(ward.app, ward.people["coordinator"])
        assert visitor.get(ward.page).status_code == 403


def test_end_now_closes_it_at_once_and_is_recorded_once(ward):
    open_as(ward, "coordinator")
    for _ in range(2):
        assert ward.visitors["coordinator"].post(f"{ward.page}/emergency/end").status_code == 303
    assert ward.visitors["coordinator"].get(ward.page).status_code == 403
    assert len(entries(ward, "emergency_access_ended")) == 1


def test_opening_it_is_in_the_log_with_the_reason_and_owner_and_referrer_hear_of_it(ward):
    open_as(ward, "coordinator")
    (entry,) = entries(ward, "emergency_access_opened")
    referral = wing.stored(ward)
    assert (entry.subject, entry.patient_id, entry.comment) == (ward.referral, referral.patient_id, REASON)
    assert (entry.by_id, entry.role) == (ward.people["coordinator"].id, "coordinator")
    with ward.database.reading() as session:
        told = session.scalars(select(Notice).where(Notice.kind == "emergency_access_opened")).all()
        assert {notice.audience for notice in told} == {"clinic", "referrer"}
    assert REASON in ward.visitors["physician"].get("/referrals").text
    assert REASON not in ward.visitors["colleague"].get("/referrals").text
    assert REASON in ward.visitors["owner"].get(ward.page).text


def test_pressing_twice_opens_one(ward):
    open_as(ward, "coordinator")
    open_as(ward, "coordinator")
    assert len(accesses(ward)) == len(entries(ward, "emergency_access_opened")) == 1


@pytest.mark.parametrize("reason", ["", " ", "too short", "x" * 1001, "bad\x00characters"])
def test_without_a_reason_of_ten_to_a_thousand_characters_nothing_opens(ward, reason):
    assert open_as(ward, "coordinator", reason).status_code == 422
    assert not accesses(ward)


@pytest.mark.parametrize("who", ["physician", "colleague", "delegate", "oak", "administrator", "auditor"])
def test_only_the_clinic_s_staff_open_one(ward, who):
    assert open_as(ward, who).status_code == 403
    assert not accesses(ward)


def test_whoever_opens_the_referral_anyway_is_taken_to_it(ward):
    assert open_as(ward, "owner").location == ward.page
    assert ward.visitors["owner"].get(f"{ward.page}/emergency").location == ward.page
    assert not accesses(ward)


def test_there_is_none_for_a_referral_that_is_not_there(ward):
    coordinator = ward.visitors["coordinator"]
    assert coordinator.get("/referrals/000000000000/emergency").status_code == 404
    assert coordinator.post("/referrals/000000000000/emergency", reason=REASON).status_code == 404
    assert coordinator.post("/referrals/000000000000/emergency/end").status_code == 404


def test_outside_the_demonstration_it_takes_a_second_factor(ward):
    ward.app.extensions["settings"] = replace(ward.app.extensions["settings"], mode=PRODUCTION)
    assert ward.visitors["coordinator"].get(f"{ward.page}/emergency").location == "/account/second-factor"
    assert open_as(ward, "coordinator").location == "/account/second-factor"
    assert not accesses(ward)
    with ward.database.begin() as session:
        session.get(Person, ward.people["coordinator"].id).tf_primary_method = "authenticator"
    assert open_as(ward, "coordinator").status_code == 303


def test_whom_the_sign_on_service_asked_for_one_is_not_kept_waiting_for_another(ward):
    ward.app.extensions["settings"] = replace(ward.app.extensions["settings"], mode=PRODUCTION)
    with ward.visitors["coordinator"].client.session_transaction() as session:
        session[VERIFIED_BY_ISSUER] = session["key"]
    assert "Set up a second factor first" not in ward.visitors["coordinator"].get(f"{ward.page}/emergency").text
    assert open_as(ward, "coordinator").location == ward.page
    assert len(accesses(ward)) == 1


def test_it_takes_a_fresh_sign_in_to_open_and_to_review():
    assert POLICY["open_emergency_access"].fresh
    assert POLICY["review_emergency_access"].fresh


def test_it_does_not_let_anybody_lift_the_restriction(ward):
    open_as(ward, "coordinator")
    coordinator = ward.visitors["coordinator"]
    assert coordinator.get(f"{ward.page}/restrict").status_code == 409
    fields = {"restricted": "no", "comment": "No need", "version": wing.stored(ward).version}
    assert coordinator.post(f"{ward.page}/restrict", fields).status_code == 409
    assert wing.stored(ward).restricted


def test_another_person_closes_it_with_a_finding(ward):
    open_as(ward, "coordinator")
    ward.visitors["coordinator"].get(ward.page)
    address, administrator = ended(ward), ward.visitors["administrator"]
    assert REASON in administrator.get("/administration/emergency-access").text
    page = administrator.get(address).text
    assert "Opened in an emergency" in page
    assert 'Opened <span class="soft">the referral</span>' in page
    assert "Secretname" not in page
    answer = administrator.post(address, finding="not_justified", comment="The owner was in the next room")
    assert answer.status_code == 303
    (opened,) = accesses(ward)
    assert (opened.finding, opened.reviewed_by_id) == ("not_justified", ward.people["administrator"].id)
    (entry,) = entries(ward, "emergency_access_reviewed")
    assert (entry.subject, entry.patient_id) == (ward.referral, opened.patient_id)
    assert entry.details["finding"] == "not_justified"
    assert "Not justified" in administrator.get("/administration/emergency-access").text


def test_it_is_reviewed_once_and_after_it_has_ended(ward):
    open_as(ward, "coordinator")
    address = f"/administration/emergency-access/{accesses(ward)[0].public_id}"
    found = {"finding": "justified", "comment": "The legs were weak"}
    administrator = ward.visitors["administrator"]
    assert "still open" in administrator.get(address).text
    assert administrator.post(address, found).status_code == 409
    ward.visitors["coordinator"].post(f"{ward.page}/emergency/end")
    assert administrator.post(address, found).status_code == 303
    again = administrator.post(address, found | {"finding": "not_justified", "comment": "On second thought"})
    assert again.status_code == 409
    for words in ("Somebody else has closed it meanwhile", "On second thought", "Justified", "The legs were weak"):
        assert words in again.text
    assert "referral as it is now" not in again.text
    assert accesses(ward)[0].review_comment == "The legs were weak"


@pytest.mark.parametrize("fields", [{}, {"finding": "justified"}, {"finding": "maybe", "comment": "x"}])
def test_a_review_without_a_finding_and_what_it_rests_on_closes_nothing(ward, fields):
    assert ward.visitors["administrator"].post(ended(ward), fields).status_code == 422
    assert accesses(ward)[0].reviewed_at is None


def test_nobody_reviews_the_own_neither_by_the_page_nor_by_the_verb_nor_past_both(ward):
    address, both = ended(ward), ward.people["coordinator"]
    with ward.database.begin() as session:
        wing.with_role(session, both, RoleName.ADMINISTRATOR)
    visitor = ward.visitors["coordinator"]
    assert "This is your own" in visitor.get(address).text
    assert visitor.post(address, finding="justified", comment="I was right").status_code == 409
    with ward.database.begin() as session:
        opened = session.scalars(select(EmergencyAccess)).one()
        with pytest.raises(NotAllowed):
            glass.review(session, opened, session.get(Person, both.id), "justified", "I was right", opened.ends_at)
    with pytest.raises(IntegrityError), ward.database.begin() as session:
        opened = session.scalars(select(EmergencyAccess)).one()
        opened.reviewed_by_id, opened.reviewed_at, opened.finding = both.id, opened.ends_at, "justified"


def test_who_does_not_review_sees_no_reviews(ward):
    address = ended(ward)
    for who in ("coordinator", "ir", "physician", "auditor"):
        for path in ("/administration/emergency-access", address):
            assert ward.visitors[who].get(path).status_code == 403
    assert ward.visitors["administrator"].get("/administration/emergency-access/000000000000").status_code == 404
