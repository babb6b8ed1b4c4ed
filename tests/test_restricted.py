"""Restricted referrals: those who treat the patient open them, the queue does not lose them, others learn nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from referrals import queue, restriction
from referrals.db import now
from referrals.emergency import EmergencyAccess
from referrals.events import Event, Notice
from referrals.outline import Outline
from referrals.practice_list import practice_counts
from referrals.queue import Wanted
from referrals.referral import Referral
from referrals.transition import NotAllowed, transition
from tests import clinic, wing
from tests.clinic import FRAIL, TODAY
from tests.visitor import hidden

OPENS = ("physician", "owner")
CLINIC = ("coordinator", "ir", "other_ir")
PRACTICE = ("colleague", "delegate", "oak")


@pytest.fixture
def ward(app, database):
    return wing.built(app, database)


def silent(text):
    """Whether a page says nothing of the patient."""
    return not [mark for mark in wing.MARKS if mark in text]


def change(ward, who, restricted="no", version=None, **fields):
    fields = {"comment": "A reason in words", "version": version or wing.stored(ward).version, **fields}
    return ward.visitors[who].post(f"{ward.page}/restrict", restricted=restricted, **fields)


def test_referrer_and_owner_open_it_and_read_who_else_does(ward):
    for who in OPENS:
        answer = ward.visitors[who].get(ward.page)
        assert answer.status_code == 200
        assert "Secretname" in answer.text
        assert "Who opens this referral" in answer.text


@pytest.mark.parametrize("path", ["", "/restrict", "/accept", "/decline", "/ask", "/answer"])
def test_others_of_the_clinic_are_told_whose_it_is_and_nothing_of_the_patient(ward, path):
    for who in CLINIC:
        answer = ward.visitors[who].get(ward.page + path)
        assert answer.status_code == 403
        assert "This referral is restricted" in answer.text
        assert "Test Coordinator" in answer.text
        assert f"{ward.page}/emergency" in answer.text
        assert silent(answer.text)


def test_what_was_typed_before_it_was_restricted_is_given_back(ward):
    answer = ward.visitors["coordinator"].post(f"{ward.page}/decline", comment="A long thought", version=1)
    assert answer.status_code == 403
    assert "A long thought" in answer.text


def test_for_colleagues_and_other_practices_there_is_no_such_referral(ward):
    for who in PRACTICE:
        visitor = ward.visitors[who]
        for path in ("", "/restrict", "/answer", "/edit"):
            theirs, none = visitor.get(ward.page + path), visitor.get("/referrals/000000000000" + path)
            assert theirs.status_code == none.status_code == 404
            assert theirs.data == none.data
            assert sorted(theirs.headers.items()) == sorted(none.headers.items())


def test_colleagues_find_it_on_no_list_and_in_no_news(ward):
    for who in PRACTICE:
        for path in ("/referrals", "/referrals/list/sent"):
            assert silent(ward.visitors[who].get(path).text)
    assert "Secretname" in ward.visitors["physician"].get("/referrals/list/sent").text


def test_a_colleague_who_refers_the_same_patient_is_not_told_of_it(ward):
    with ward.database.begin() as session:
        same = clinic.patient(family_name="Secretname", mrn="T-4711")
        assert clinic.refer(session, ward.people["colleague"], of=same).public_id != ward.referral


def listed(ward, who, name, **wanted):
    with ward.database.reading() as session:
        asked = Wanted(name, **{"sort": "waiting", **wanted})
        return queue.page(session, ward.people[who], asked, TODAY).rows


def test_the_queue_shows_a_line_of_it_without_the_patient(ward):
    (line,) = listed(ward, "coordinator", "undecided")
    assert isinstance(line, Outline)
    assert isinstance(listed(ward, "owner", "undecided")[0], Referral)
    page = ward.visitors["coordinator"].get("/queue/undecided").text
    assert "Restricted referral" in page
    assert "Elm Practice" in page
    assert "Test Coordinator" in page
    assert silent(page)


def test_it_is_counted_for_whoever_may_not_open_it(ward):
    with ward.database.reading() as session:
        assert queue.counts(session, ward.people["coordinator"], TODAY)["undecided"] == 1
        assert practice_counts(session, ward.people["colleague"])["sent"] == 0


def test_it_is_found_by_its_id_and_not_by_name_verdict_or_clinical_order(ward):
    assert len(listed(ward, "coordinator", "all", sort="newest", words=ward.referral)) == 1
    for wanted in ({"words": "Secretname"}, {"words": "T-4711"}, {"verdict": "candidate"}, {"sort": "onset"}):
        assert not listed(ward, "coordinator", "undecided", **wanted), wanted
        assert listed(ward, "owner", "undecided", **wanted), wanted
    found = ward.visitors["coordinator"].post("/queue/all", words="Nobody")
    assert silent(ward.visitors["coordinator"].get(found.headers["Location"]).text)


def test_a_red_flag_is_told_for_the_telephone_is_all_that_helps(app, database):
    ward = wing.built(app, database)
    with database.begin() as session:
        flagged = clinic.refer(session, ward.people["physician"], clinic.told({**FRAIL, "neurological_deficit": True}))
        restriction.restrict(session, flagged, ward.people["physician"], flagged.version, "A public person")
    assert [line.public_id for line in listed(ward, "coordinator", "red_flags")] == [flagged.public_id]


def test_an_unclaimed_one_is_claimed_from_the_queue_and_then_opens(app, database):
    ward = wing.built(app, database, claimed=False)
    coordinator = ward.visitors["coordinator"]
    assert coordinator.get(ward.page).status_code == 403
    assert f"{ward.page}/claim" in coordinator.get("/queue/").text
    assert coordinator.post(f"{ward.page}/claim", version=wing.stored(ward).version).status_code == 303
    assert "Secretname" in coordinator.get(ward.page).text
    with database.reading() as session:
        newest = session.scalars(select(Event).where(Event.version.is_not(None)).order_by(Event.id.desc())).first()
        assert (newest.action, newest.by_id) == ("claim", ward.people["coordinator"].id)


def test_of_two_who_claim_it_the_second_is_told_whose_it_is(app, database):
    ward = wing.built(app, database, claimed=False)
    version = wing.stored(ward).version
    assert ward.visitors["coordinator"].post(f"{ward.page}/claim", version=version).status_code == 303
    second = ward.visitors["ir"].post(f"{ward.page}/claim", version=version)
    assert second.status_code == 403
    assert "Other Coordinator" in second.text
    assert silent(second.text)


def test_the_owner_names_the_ir_physician_who_then_opens_it(ward):
    ir = ward.people["ir"].public_id
    assert change(ward, "owner", "yes", ir_physician=ir).status_code == 303
    assert "Secretname" in ward.visitors["ir"].get(ward.page).text
    assert ward.visitors["other_ir"].get(ward.page).status_code == 403


@pytest.mark.parametrize("chosen", ["coordinator", "physician", "nobody"])
def test_only_an_ir_physician_of_the_clinic_can_be_named(ward, chosen):
    public_id = ward.people[chosen].public_id if chosen in ward.people else "000000000000"
    assert change(ward, "owner", "yes", ir_physician=public_id).status_code == 422


def test_a_practice_cannot_name_the_ir_physician(ward):
    assert change(ward, "physician", "yes", ir_physician=ward.people["ir"].public_id).status_code == 422


def test_lifting_it_opens_it_to_all_again_and_is_recorded_with_its_reason(ward):
    assert change(ward, "physician", "no", comment="It was a mistake").status_code == 303
    for who in (*CLINIC, "colleague", "delegate"):
        assert ward.visitors[who].get(ward.page).status_code == 200
    with ward.database.reading() as session:
        newest = session.scalars(select(Event).where(Event.version.is_not(None)).order_by(Event.id.desc())).first()
        assert (newest.action, newest.comment, newest.version) == ("lift_restriction", "It was a mistake", 4)
        assert newest.from_state == newest.to_state == "in_review"
    assert "Restriction lifted" in ward.visitors["colleague"].get(ward.page).text


def test_a_coordinator_who_restricts_another_s_referral_is_out_and_sees_the_queue(ward):
    change(ward, "physician", "no")
    answer = change(ward, "coordinator", "yes", ir_physician="")
    assert (answer.status_code, answer.location) == (303, "/")
    assert ward.visitors["coordinator"].get(ward.page).status_code == 403
    with ward.database.reading() as session:
        told = session.scalars(select(Notice).order_by(Notice.id.desc())).first()
        assert (told.kind, told.audience) == ("restrict", "referrer")


def test_a_delegate_restricts_for_the_physician(ward):
    change(ward, "physician", "no")
    assert change(ward, "delegate", "yes").status_code == 303
    assert ward.visitors["delegate"].get(ward.page).status_code == 404
    with ward.database.reading() as session:
        newest = session.scalars(select(Event).where(Event.version.is_not(None)).order_by(Event.id.desc())).first()
        assert newest.on_behalf_of_id == ward.people["physician"].id


def test_a_colleague_restricts_nothing(ward):
    change(ward, "physician", "no")
    assert ward.visitors["colleague"].get(f"{ward.page}/restrict").status_code == 409
    assert change(ward, "colleague", "yes").status_code == 409
    assert not wing.stored(ward).restricted


@pytest.mark.parametrize(
    "fields", [{"comment": ""}, {"comment": "x" * 1001}, {"restricted": "maybe"}, {"restricted": "yes"}, {"more": "x"}]
)
def test_a_form_that_says_too_little_or_nothing_new_changes_nothing(ward, fields):
    answer = change(ward, "physician", **{"restricted": "no", **fields})
    assert answer.status_code == 422
    assert wing.stored(ward).restricted


def test_a_stale_page_changes_nothing_and_keeps_what_was_typed(ward):
    answer = change(ward, "physician", "no", version=1, comment="A thought of mine")
    assert answer.status_code == 409
    assert "A thought of mine" in answer.text
    assert wing.stored(ward).restricted


def test_the_page_to_restrict_comes_with_the_version_that_it_shows(ward):
    page = ward.visitors["owner"].get(f"{ward.page}/restrict").text
    assert hidden(page, "version") == str(wing.stored(ward).version)


def test_below_the_pages_only_those_who_open_it_act_on_it(ward):
    """The door of the pages is not the only one; an emergency access opens this one too."""
    with ward.database.begin() as session:
        referral = session.query(Referral).filter_by(public_id=ward.referral).one()
        for who in ("coordinator", "colleague"):
            with pytest.raises(NotAllowed):
                act_on(session, referral, ward.people[who])
        opened = now()
        session.add(
            EmergencyAccess(
                person_id=ward.people["coordinator"].id, patient_id=referral.patient_id, referral_id=referral.id,
                subject=referral.public_id, reason="Could not wait", opened_at=opened,
                ends_at=opened + timedelta(hours=1),
            )
        )  # fmt: skip
        session.flush()
        act_on(session, referral, ward.people["coordinator"])
        act_on(session, referral, ward.people["owner"])


def act_on(session, referral, person):
    """Something that the table of actions gives both sides."""
    transition(session, referral, "message", person, referral.version, TODAY)
