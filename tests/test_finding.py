"""The telephone rings: a practice finds what it has sent of a patient, whatever became of it, and nobody else's."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from referrals import inquiry, restriction, triage
from referrals.db import now
from referrals.events import Event
from referrals.inquiry import Item
from referrals.list_page import PAGE
from referrals.practice_list import practice_found
from referrals.reason import Reason
from referrals.staff import RoleName
from referrals.submission import open_draft, save_draft
from referrals.transition import Said
from tests import clinic
from tests.clinic import TODAY
from tests.visitor import Visitor, without_random

MAIRE: dict[str, Any] = {"given_name": "Máire", "family_name": "O'Brien", "mrn": "MRN-77"}


@pytest.fixture
def ward(app, database):
    """A physician and a colleague of one practice, their delegate, a physician of another, and the clinic."""
    with app.app_context(), database.begin() as session:
        elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "colleague": clinic.person(session, "Elm Colleague", RoleName.PHYSICIAN, elm),
            "delegate": clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm),
            "oak": clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, oak),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }
    return SimpleNamespace(database=database, at={who: Visitor(app, one) for who, one in people.items()}, **people)


def found(ward, words, who="physician"):
    """The ids of what somebody finds, in the order of the page."""
    with ward.database.reading() as session:
        return [row.public_id for row in practice_found(session, getattr(ward, who), words).rows]


@pytest.mark.parametrize("words", ["O'Brien", "máire o'b", "o'brien, máire", "mrn-7"])
def test_a_patient_is_found_by_the_beginning_of_a_name_or_of_a_record_number(ward, words):
    with ward.database.begin() as session:
        wanted = clinic.refer(session, ward.physician, of=clinic.patient(**MAIRE))
        clinic.refer(session, ward.physician)
    assert found(ward, words) == [wanted.public_id]
    assert found(ward, words, "colleague") == [wanted.public_id]
    assert found(ward, words, "delegate") == [wanted.public_id]


def test_a_referral_is_found_by_its_id_as_it_is_spoken(ward):
    with ward.database.begin() as session:
        wanted = clinic.refer(session, ward.physician)
        clinic.refer(session, ward.physician)
    spoken = f"{wanted.public_id[:4]} {wanted.public_id[4:8]} {wanted.public_id[8:]}".upper()
    assert found(ward, spoken) == [wanted.public_id]


def test_what_has_ended_is_found_beside_what_is_open_the_last_changed_first(ward):
    with ward.database.begin() as session:
        ended = clinic.claim(session, clinic.refer(session, ward.physician, of=clinic.patient(**MAIRE)), ward.ir)
        why = Said(session.get(Reason, "symptoms-resolved"), "The pain has gone.")
        triage.decline(session, ended, ward.ir, ended.version, TODAY, why, "New pain.")
        again = clinic.refer(session, ward.physician, of=clinic.patient(**MAIRE), separate=True)
    assert found(ward, "O'Brien") == [again.public_id, ended.public_id]


def test_nothing_of_another_practice_and_nothing_that_is_restricted_to_others_is_found(ward):
    with ward.database.begin() as session:
        theirs = clinic.refer(session, ward.oak, of=clinic.patient(**MAIRE))
        closed = clinic.refer(session, ward.physician, of=clinic.patient(family_name="Closed"))
        restriction.restrict(session, closed, ward.physician, closed.version, "A colleague of ours")
    for words in ("O'Brien", "MRN-77", theirs.public_id):
        assert found(ward, words) == []
    assert found(ward, "Closed") == [closed.public_id]
    assert found(ward, "Closed", "colleague") == found(ward, closed.public_id, "delegate") == []


def test_a_draft_is_not_found_for_it_was_sent_to_nobody(ward):
    with ward.database.begin() as session:
        draft = open_draft(session, "unsent", ward.physician)
        save_draft(session, draft, {"family_name": ["O'Brien"]})
    assert found(ward, "O'Brien") == found(ward, draft.public_id) == []


def test_the_words_stand_in_no_address_and_are_of_whoever_typed_them(ward):
    with ward.database.begin() as session:
        wanted = clinic.refer(session, ward.physician, of=clinic.patient(**MAIRE))
        other = clinic.refer(session, ward.physician)
    answer = ward.at["physician"].post("/referrals/find", words=" o'brien ")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert "brien" not in address.lower()
    page = without_random(ward.at["physician"].get(address).text)
    assert "Found for “o&#39;brien”" in page
    assert f"/referrals/{wanted.public_id}" in page
    assert other.public_id not in page
    assert "Sent, not yet opened" in page
    assert ward.at["colleague"].get(address).headers["Location"] == "/referrals"
    assert ward.at["physician"].get("/referrals/found?search=zzzzzzzzzzzz").headers["Location"] == "/referrals"
    with time_machine.travel(now() + timedelta(hours=13), tick=False):
        later = Visitor(ward.at["physician"].client.application, ward.physician)
        assert "That search is forgotten by now" in later.get(address, follow_redirects=True).text


def test_the_log_keeps_that_a_list_was_read_and_not_what_was_looked_for(ward):
    with ward.database.begin() as session:
        clinic.refer(session, ward.physician, of=clinic.patient(**MAIRE))
    ward.at["physician"].get(ward.at["physician"].post("/referrals/find", words="O'Brien").headers["Location"])
    with ward.database.reading() as session:
        read = session.query(Event).filter_by(action="list_read").one()
        assert read.details["page"] == "practice.found"
        assert "brien" not in str(read.details).lower()


def test_what_is_owed_is_answered_from_what_was_found(ward):
    with ward.database.begin() as session:
        asked = clinic.claim(session, clinic.refer(session, ward.physician, of=clinic.patient(**MAIRE)), ward.ir)
        inquiry.ask(session, asked, ward.ir, asked.version, TODAY, (Item("Which brace?"),), TODAY)
    page = ward.at["physician"].get(ward.at["physician"].post("/referrals/find", words="mrn-77").headers["Location"])
    assert "We need 1 item from you" in page.text
    assert f"/referrals/{asked.public_id}/answer" in page.text


def test_more_than_a_page_is_gone_through(ward):
    with ward.database.begin() as session:
        sent = {
            clinic.refer(session, ward.physician, of=clinic.patient(given_name=f"Ada {number}")).public_id
            for number in range(PAGE + 2)
        }
    first = (
        ward.at["physician"].get(ward.at["physician"].post("/referrals/find", words="Sample").headers["Location"]).text
    )
    following = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    last = ward.at["physician"].get(following).text
    assert "Back to the first" in last
    assert {public_id for public_id in sent if f'/referrals/{public_id}"' in first + last} == sent


def test_nothing_typed_leads_back_to_the_lists_and_nothing_found_says_how_to_look(ward):
    assert ward.at["physician"].post("/referrals/find", words="  ").headers["Location"] == "/referrals"
    assert ward.at["physician"].get("/referrals/found").headers["Location"] == "/referrals"
    page = ward.at["physician"].get(ward.at["physician"].post("/referrals/find", words="Nobody").headers["Location"])
    assert "Nothing that was sent matches" in page.text


@pytest.mark.parametrize("typed", [{"words": "x" * 101}, {"words": "a\x00b"}, {"words": "a", "sort": "id"}])
def test_what_nobody_can_mean_is_refused(ward, typed):
    assert ward.at["physician"].post("/referrals/find", typed).status_code == 400


def test_the_clinic_has_its_own_search(ward):
    assert ward.at["ir"].post("/referrals/find", words="a").status_code == 403
