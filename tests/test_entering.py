"""A coordinator enters a referral that came by fax or telephone: it is the physician's, and they are told."""

import pytest
from sqlalchemy import func, select

from referrals.events import Event
from referrals.notice import Notice
from referrals.patients import Patient
from referrals.policy import scope_for_practice, scope_of
from referrals.referral import Referral
from referrals.scope import Sees
from referrals.staff import RoleName
from tests import clinic
from tests.intake_form import COMPLETE
from tests.visitor import hidden


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "elm": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "oak": clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, oak),
            "delegate": clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }


def enter(visitor, requester, /, token=None, **changed):
    token = token or hidden(visitor.get("/enter").text, "token")
    said = {**COMPLETE, "token": token, "source": "fax", "requester": requester.public_id}
    return visitor.post("/enter", said | changed)


def only(database):
    with database.reading() as session:
        return session.scalars(select(Referral)).one()


def test_it_is_the_physicians_referral_and_the_log_says_who_entered_it_for_whom(at, people, database):
    answer = enter(at["coordinator"], people["elm"])
    assert answer.status_code == 303
    referral = only(database)
    assert answer.headers["Location"] == f"/referrals/{referral.public_id}/documents/new"
    assert (referral.requester_id, referral.practice_id) == (people["elm"].id, people["elm"].practice_id)
    assert (referral.state, referral.worklist, referral.source) == ("submitted", "new", "fax")
    with database.reading() as session:
        entry = session.scalars(select(Event).where(Event.action == "submit_on_behalf")).one()
        assert (entry.by_id, entry.on_behalf_of_id) == (people["coordinator"].id, people["elm"].id)
        assert session.scalars(select(Notice).where(Notice.event_id == entry.id)).one().audience == "referrer"
        assert session.scalars(select(Patient)).one().practice_id == people["elm"].practice_id
    shown = at["elm"].get(f"/referrals/{referral.public_id}").text
    assert "Entered for the referrer" in shown
    assert "Fax" in shown


def test_the_page_says_that_the_fax_is_missing_until_it_is_kept(app, at, people, database):
    enter(at["coordinator"], people["elm"])
    page = f"/referrals/{only(database).public_id}"
    assert "The fax that this came by is not kept yet" in at["coordinator"].get(page).text
    with database.begin() as session:
        clinic.document(session, app, session.merge(only(database)), people["coordinator"])
    assert "is not kept yet" not in at["coordinator"].get(page).text


def test_what_came_by_telephone_has_no_paper_to_keep(at, people, database):
    answer = enter(at["coordinator"], people["elm"], source="telephone")
    page = answer.headers["Location"]
    assert page == f"/referrals/{only(database).public_id}"
    assert "is not kept yet" not in at["coordinator"].get(page).text


def test_a_double_click_enters_one_and_so_does_another_practice_on_the_same_page(at, people, database):
    token = hidden(at["coordinator"].get("/enter").text, "token")
    first = enter(at["coordinator"], people["elm"], token)
    for again in (people["elm"], people["oak"]):
        answer = enter(at["coordinator"], again, token)
        assert answer.headers["Location"].startswith(first.headers["Location"].removesuffix("/documents/new"))
    assert only(database).requester_id == people["elm"].id


def test_an_open_referral_of_the_patient_is_shown_first_and_the_text_is_kept(at, people, database):
    enter(at["coordinator"], people["elm"])
    answer = enter(at["coordinator"], people["elm"], reason="Another level hurts now.")
    assert answer.status_code == 409
    assert "Another level hurts now." in answer.text
    assert "kept in this page" in answer.text
    assert enter(at["coordinator"], people["elm"], separate="yes").status_code == 303
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Referral)) == 2


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"source": ""}, "Say how it came."),
        ({"source": "pigeon"}, "Choose one of"),
        ({"requester": ""}, "Choose the physician"),
        ({"requester": "000000000000"}, "Choose one of"),
        ({"born_on": "2026-02-30"}, "This date does not exist."),
        ({"role": "admin"}, "does not ask"),
    ],
)
def test_bad_input_says_what_to_do_keeps_the_text_and_stores_nothing(at, people, database, changed, says):
    answer = enter(at["coordinator"], people["elm"], **{"reason": "Kept as it was typed.", **changed})
    assert answer.status_code == 422
    assert says in answer.text
    assert "Kept as it was typed." in answer.text
    with database.reading() as session:
        assert session.scalars(select(Referral)).all() == []


def test_the_verdict_so_far_is_shown_before_anything_is_entered(at, people, database):
    token = hidden(at["coordinator"].get("/enter").text, "token")
    said = {**COMPLETE, "token": token, "requester": people["elm"].public_id, "source": "fax"}
    assert "Candidate" in at["coordinator"].post("/enter/preview", said).text
    assert at["coordinator"].post("/enter", {**said, "do": "check"}).status_code == 200
    with database.reading() as session:
        assert session.scalars(select(Referral)).all() == []


@pytest.mark.parametrize("who", ["elm", "delegate", "ir"])
def test_nobody_else_enters_for_others(at, people, database, who):
    assert at[who].get("/enter").status_code == 403
    assert "Enter a referral" not in at[who].get("/").text


def test_a_transaction_reaches_into_another_practice_only_for_who_may_enter(people):
    elm = people["elm"].practice_id
    wider = scope_for_practice(people["coordinator"], elm)
    assert (wider.practice_id, wider.reach) == (elm, frozenset({Sees.CLINIC, Sees.PRACTICE}))
    for who in ("oak", "delegate", "ir"):
        assert scope_for_practice(people[who], elm) == scope_of(people[who])
