"""A delegate refers, answers and withdraws for a physician of the practice, and everybody can see that it was so."""

import re

import pytest
from sqlalchemy import select

from referrals import inquiry
from referrals.events import Event
from referrals.inquiry import Item
from referrals.referral import Referral
from referrals.requester import NoSuchPhysician
from referrals.staff import RoleName
from tests import clinic
from tests.clinic import TODAY
from tests.intake_form import COMPLETE, opened
from tests.visitor import Visitor, hidden

FORM = {name: text for name, text in COMPLETE.items() if name not in ("requester_npi", "call_back")}
ADA, BEN = "1999900016", "1999900024"


@pytest.fixture
def people(app, database):
    """A practice with a delegate and two physicians, one who has left, a neighbor, and a coordinator."""
    with app.app_context(), database.begin() as session:
        elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        made = {
            "delegate": clinic.person(session, "Dee Delegate", RoleName.DELEGATE, elm),
            "ada": clinic.person(session, "Dr. Ada Elm", RoleName.PHYSICIAN, elm),
            "ben": clinic.person(session, "Dr. Ben Elm", RoleName.PHYSICIAN, elm),
            "gone": clinic.person(session, "Dr. Gone Elm", RoleName.PHYSICIAN, elm),
            "neighbor": clinic.person(session, "Dr. Oak", RoleName.PHYSICIAN, oak),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }
        made["gone"].active = False
        made["ada"].npi, made["ada"].call_back = ADA, "555-0111"
        made["ben"].npi, made["ben"].call_back = BEN, None
        return made


@pytest.fixture
def delegate(app, people):
    return Visitor(app, people["delegate"])


@pytest.fixture
def coordinator(app, people):
    return Visitor(app, people["coordinator"])


def send_for(visitor, physician, **changed):
    return visitor.post("/referrals/new", {**opened(visitor), **FORM, "requester": physician.public_id, **changed})


def only_referral(database):
    with database.reading() as session:
        return session.scalars(select(Referral)).one()


def offered(page):
    """Whom the page lets one choose, and which of them is chosen."""
    chooser = page[page.index('<select class="input" id="requester"') :].partition("</select>")[0]
    names = re.findall(r">([^<>]+)</option>", chooser)
    return names[1:], re.findall(r" selected>([^<]+)<", chooser)


def test_a_delegate_chooses_among_the_active_physicians_of_the_own_practice(delegate):
    assert offered(delegate.get("/referrals/new").text) == (["Dr. Ada Elm", "Dr. Ben Elm"], [])


def test_where_there_is_one_physician_only_nothing_is_left_to_choose(delegate, database, people):
    deactivate(database, people["ben"])
    page = delegate.get("/referrals/new").text
    assert offered(page) == (["Dr. Ada Elm"], ["Dr. Ada Elm"])
    assert f'name="requester_npi" value="{ADA}"' in page
    assert 'name="call_back" value="555-0111"' in page


def deactivate(database, person):
    with database.begin() as session:
        session.merge(person).active = False


def test_where_there_is_none_the_page_says_so_and_keeps_a_draft(delegate, database, people):
    for physician in (people["ada"], people["ben"]):
        deactivate(database, physician)
    assert "No physician of your practice can refer here yet" in delegate.get("/referrals/new").text
    assert delegate.post("/referrals/new/draft", {**opened(delegate), **FORM}).status_code == 200
    refused = delegate.post("/referrals/new", {**opened(delegate), **FORM, "call_back": "555-0103"})
    assert refused.status_code == 422
    assert "Choose the physician" in refused.text


def test_a_physician_is_not_asked_for_whom(app, people, database):
    physician = Visitor(app, people["ada"])
    assert 'name="requester"' not in physician.get("/referrals/new").text
    assert send_for(physician, people["ben"]).status_code == 422
    with database.reading() as session:
        assert session.scalars(select(Referral)).all() == []


def test_it_becomes_the_physician_s_referral_with_the_physician_s_numbers(delegate, people, database):
    assert send_for(delegate, people["ben"]).status_code == 303
    sent = only_referral(database)
    assert sent.requester_id == people["ben"].id
    assert (sent.requester_npi, sent.call_back) == (BEN, "555-0100")  # he has no number of his own: the practice's


@pytest.mark.parametrize(
    ("typed", "kept"), [("", BEN), (ADA, BEN), ("1234567893", "1234567893")], ids=["nothing", "a colleague's", "own"]
)
def test_the_number_of_another_physician_does_not_stay_in_the_box(delegate, people, database, typed, kept):
    assert send_for(delegate, people["ben"], requester_npi=typed, call_back="555-0111").status_code == 303
    sent = only_referral(database)
    assert (sent.requester_npi, sent.call_back) == (kept, "555-0100")


def test_checking_without_script_fills_in_the_numbers(delegate, people):
    page = send_for(delegate, people["ada"], do="check").text
    assert offered(page)[1] == ["Dr. Ada Elm"]
    assert f'name="requester_npi" value="{ADA}"' in page


@pytest.mark.parametrize("who", ["neighbor", "gone", "delegate", "coordinator"])
def test_nobody_else_can_be_named(delegate, people, database, who):
    refused = send_for(delegate, people[who], call_back="555-0103")
    assert refused.status_code == 422
    assert "Choose one of: Dr. Ada Elm, Dr. Ben Elm." in refused.text
    assert people[who].name not in refused.text or who == "delegate"
    assert FORM["reason"] in refused.text
    with database.reading() as session:
        assert session.scalars(select(Referral)).all() == []


def test_whom_is_required(delegate, people):
    refused = send_for(delegate, people["ada"], requester="", call_back="555-0103")
    assert refused.status_code == 422
    assert '<a href="#requester">Referring physician: Choose the physician for whom you send this.</a>' in refused.text


@pytest.mark.parametrize("who", ["neighbor", "gone", "delegate"])
def test_below_the_page_nobody_else_can_be_named_either(app, database, people, who):
    with app.app_context(), database.begin() as session, pytest.raises(NoSuchPhysician):
        clinic.refer(session, people["delegate"], requester=people[who])


def test_everybody_reads_who_did_it_for_whom(delegate, coordinator, people, database):
    send_for(delegate, people["ada"])
    address = f"/referrals/{only_referral(database).public_id}"
    for visitor in (delegate, coordinator):
        page = " ".join(visitor.get(address).text.split())
        assert 'Sent <span class="history-by">Dee Delegate for Dr. Ada Elm</span>' in page
        assert "Told by Dee Delegate" in page
    assert "Dr. Ada Elm" in delegate.get("/referrals/list/sent").text
    assert log(database) == [("submit", people["delegate"].id, "delegate", people["ada"].id)]


def log(database):
    with database.reading() as session:
        events = session.scalars(select(Event).where(Event.version.is_not(None)).order_by(Event.id))
        return [(event.action, event.by_id, event.role, event.on_behalf_of_id) for event in events]


def test_answering_and_withdrawing_are_on_behalf_too(delegate, database, people):
    referral = asked_about(database, people)
    page = delegate.get(f"/referrals/{referral.public_id}/answer").text
    form = {"version": hidden(page, "version"), "item0": "A soft one"}
    assert delegate.post(f"/referrals/{referral.public_id}/answer", form).status_code == 303
    page = delegate.get(f"/referrals/{referral.public_id}/withdraw").text
    form = {"version": hidden(page, "version"), "reason": "improved"}
    assert delegate.post(f"/referrals/{referral.public_id}/withdraw", form).status_code == 303
    mine = (people["delegate"].id, "delegate", people["ada"].id)
    assert log(database)[-2:] == [("answer", *mine), ("withdraw", *mine)]
    history = " ".join(delegate.get(f"/referrals/{referral.public_id}").text.split())
    assert history.count("Dee Delegate for Dr. Ada Elm") == 2


def asked_about(database, people):
    """A physician's own referral with a question of the clinic."""
    with database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, people["ada"]), people["coordinator"])
        items = [Item("Which brace?")]
        inquiry.ask(session, referral, people["coordinator"], referral.version, TODAY, items, TODAY)
        return referral


def test_a_delegate_sees_the_practice_s_referrals_and_no_other(delegate, app, database, people):
    with database.begin() as session:
        own = clinic.refer(session, people["ben"])
        other = clinic.refer(session, people["neighbor"])
    assert f"/referrals/{own.public_id}" in delegate.get("/referrals/list/sent").text
    assert delegate.get(f"/referrals/{own.public_id}").status_code == 200
    assert delegate.get(f"/referrals/{other.public_id}").status_code == 404


def test_a_draft_stays_the_delegate_s_until_it_is_sent(delegate, people, database):
    form = {**opened(delegate), **FORM, "requester": people["ben"].public_id}
    assert delegate.post("/referrals/new/draft", form).status_code == 200
    draft = only_referral(database)
    assert draft.requester_id == people["delegate"].id
    assert "Go on with" in delegate.get("/referrals/new").text
    assert offered(delegate.get(f"/referrals/{draft.public_id}/edit").text)[1] == ["Dr. Ben Elm"]


def test_a_physician_who_sends_a_delegate_s_draft_sends_it_as_the_own(delegate, app, people, database):
    delegate.post("/referrals/new/draft", {**opened(delegate), **FORM, "requester": people["ben"].public_id})
    physician = Visitor(app, people["ada"])
    page = physician.get(f"/referrals/{only_referral(database).public_id}/edit").text
    assert "error-summary" not in page
    sent = physician.post("/referrals/new", {**COMPLETE, "token": hidden(page, "token")})
    assert sent.status_code == 303
    assert only_referral(database).requester_id == people["ada"].id
    assert log(database) == [("submit", people["ada"].id, "physician", None)]


def test_a_delegate_who_goes_on_with_a_physician_s_draft_finds_that_physician_chosen(delegate, app, people, database):
    physician = Visitor(app, people["ben"])
    physician.post("/referrals/new/draft", {**opened(physician), **COMPLETE})
    page = delegate.get(f"/referrals/{only_referral(database).public_id}/edit").text
    assert offered(page)[1] == ["Dr. Ben Elm"]


def test_who_is_both_refers_for_themselves_unless_they_choose(app, people, database):
    with database.begin() as session:
        both = session.merge(people["ada"])
        both.roles.append(session.merge(people["delegate"]).roles[0])
    visitor = Visitor(app, both)
    assert offered(visitor.get("/referrals/new").text)[1] == ["Dr. Ada Elm"]
    assert send_for(visitor, both).status_code == 303
    assert log(database) == [("submit", both.id, "delegate, physician", None)]
