"""The same thing done twice: a double click, a retry, the back button, many at once. It happens once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from referrals.clinical import ClinicalPicture
from referrals.events import Event, Notice
from referrals.patients import Patient
from referrals.referral import Referral
from referrals.screening import Screening
from referrals.staff import RoleName
from referrals.workflow import State
from tests import clinic
from tests.corpus import today
from tests.intake_form import COMPLETE, opened
from tests.visitor import Visitor

MANY = 16
OF_ONE_REFERRAL = {Referral: 1, Patient: 1, ClinicalPicture: 1, Screening: 1, Event: 1, Notice: 1}
"""What one referral leaves behind, once sent."""


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "other": clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital),
        }


@pytest.fixture
def physician(app, people):
    return Visitor(app, people["physician"])


@pytest.fixture
def form(physician):
    """One page, filled in."""
    return {**COMPLETE, **opened(physician)}


def counted(database):
    with database.reading() as session:
        return {table: session.scalar(select(func.count()).select_from(table)) for table in OF_ONE_REFERRAL}


def only(database):
    with database.reading() as session:
        return session.scalars(select(Referral)).one()


def at_once(*visits):
    """The answers to visits that all begin at the same moment, each from a browser tab of its own."""
    start = Barrier(len(visits))

    def go(visit):
        start.wait(timeout=20)
        return visit()

    with ThreadPoolExecutor(len(visits)) as tabs:
        return list(tabs.map(go, visits))


def sending(visitor, form, **changed):
    return lambda: visitor.post("/referrals/new", {**form, **changed})


def saving(visitor, form, **changed):
    return lambda: visitor.post("/referrals/new/draft", {**form, **changed})


def test_of_many_forms_about_one_new_patient_at_once_one_is_sent_and_the_others_are_told_of_it(
    database, physician, form
):
    forms = [{**form, **opened(physician)} for _ in range(8)]
    answers = at_once(*(sending(physician, form) for form in forms))
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 1


def test_a_double_click_sends_one_referral_and_both_answers_lead_to_it(database, physician, form):
    first, second = sending(physician, form)(), sending(physician, form)()
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] == f"/referrals/{only(database).public_id}"
    assert counted(database) == OF_ONE_REFERRAL


def test_the_back_button_and_a_changed_text_lead_to_what_was_sent_first(database, physician, form):
    first = sending(physician, form)()
    again = sending(physician, form, reason="Another reason", family_name="Otherwise")()
    assert again.headers["Location"] == first.headers["Location"]
    assert only(database).reason == COMPLETE["reason"]
    assert counted(database) == OF_ONE_REFERRAL


def test_a_retry_after_the_clinic_has_claimed_it_changes_nothing(app, database, people, physician, form):
    first = sending(physician, form)()
    with database.begin() as session:
        clinic.claim(session, session.scalars(select(Referral)).one(), people["coordinator"])
    again = sending(physician, form)()
    assert again.headers["Location"] == first.headers["Location"]
    assert only(database).status is State.IN_REVIEW


def test_a_second_page_is_a_second_referral(app, database, physician, form):
    sending(physician, form)()
    other = {**form, **opened(physician), "family_name": "Other", "mrn": "T-2"}
    assert sending(physician, other)().status_code == 303
    assert counted(database) == dict.fromkeys(OF_ONE_REFERRAL, 2)


def test_of_sixteen_posts_of_one_form_at_once_there_is_one_referral(app, database, people, form):
    tabs = [Visitor(app, people["physician"]) for _ in range(MANY)]
    answers = at_once(*(sending(tab, form) for tab in tabs))
    assert [answer.status_code for answer in answers] == [303] * MANY
    assert {answer.headers["Location"] for answer in answers} == {f"/referrals/{only(database).public_id}"}
    assert counted(database) == OF_ONE_REFERRAL


def test_of_sixteen_who_claim_one_referral_at_once_one_gets_it(app, database, people):
    with database.begin() as session:
        referral = clinic.refer(session, people["physician"])
    tabs = [Visitor(app, people[("coordinator", "other")[i % 2]]) for i in range(MANY)]
    claim = f"/referrals/{referral.public_id}/claim"
    answers = at_once(*(lambda tab=tab: tab.post(claim, version=referral.version) for tab in tabs))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [303, *[409] * (MANY - 1)]
    winner = people[("coordinator", "other")[statuses.index(303) % 2]]
    assert only(database).owner_id == winner.id
    assert only(database).version == referral.version + 1
    assert all(winner.name in answer.text for answer in answers if answer.status_code == 409)


def test_of_two_decisions_at_once_one_stands_and_the_other_keeps_its_text(app, database, people):
    with database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, people["physician"]), people["coordinator"])
    page = f"/referrals/{referral.public_id}"
    said = {"reason": "duplicate", "comment": "A long thought.", "would_change": "Nothing."}
    one, other = Visitor(app, people["coordinator"]), Visitor(app, people["other"])
    accepted, declined = at_once(
        lambda: one.post(f"{page}/accept", version=referral.version),
        lambda: other.post(f"{page}/decline", version=referral.version, **said),
    )
    assert sorted((accepted.status_code, declined.status_code)) == [303, 409]
    assert only(database).status is (State.ACCEPTED if accepted.status_code == 303 else State.DECLINED)
    assert declined.status_code == 303 or "A long thought." in declined.text


def test_drafts_saved_at_once_from_one_page_are_one_draft(app, database, people, form):
    tabs = [Visitor(app, people["physician"]) for _ in range(MANY)]
    answers = at_once(*(saving(tab, form, reason=f"Words {i}") for i, tab in enumerate(tabs)))
    assert [answer.status_code for answer in answers] == [200] * MANY
    assert only(database).status is State.DRAFT
    assert only(database).draft_answers["reason"][0].startswith("Words")


def test_saving_and_sending_at_once_sends(app, database, people, form):
    tabs = [Visitor(app, people["physician"]) for _ in range(4)]
    sent, *saved = at_once(sending(tabs[0], form), *(saving(tab, form) for tab in tabs[1:]))
    assert sent.status_code == 303
    assert {answer.status_code for answer in saved} <= {200, 409}
    assert only(database).status is State.SUBMITTED
    assert counted(database) == OF_ONE_REFERRAL


def test_a_draft_saved_after_sending_is_refused_and_told_where_the_referral_is(database, physician, form):
    sent = sending(physician, form)()
    late = saving(physician, form, reason="Too late")()
    assert late.status_code == 409
    assert late.json["address"] == sent.headers["Location"]
    assert only(database).reason == COMPLETE["reason"]
    assert only(database).draft_answers is None


def test_answering_twice_answers_once(app, database, people, physician):
    with database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, people["physician"]), people["coordinator"])
    page = f"/referrals/{referral.public_id}"
    asking = {"version": referral.version, "own": "Which brace?", "due_on": today().isoformat()}
    assert Visitor(app, people["coordinator"]).post(f"{page}/ask", asking).status_code == 303
    answer = {"version": referral.version + 1, "item0": "A soft one"}
    answers = [physician.post(f"{page}/answer", answer) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 409]
    assert "A soft one" in answers[1].text
    assert only(database).version == referral.version + 2
