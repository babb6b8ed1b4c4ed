"""Every reading of a patient's page is in the log before the page is sent; where it cannot be, the page is not sent."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from referrals import inquiry
from referrals.db import connect
from referrals.events import Event
from referrals.inquiry import Item
from referrals.staff import RoleName
from referrals.submission import open_draft, save_draft
from tests import clinic
from tests.clinic import TODAY
from tests.visitor import Visitor, hidden


@pytest.fixture
def town(app, database):
    """A referral of a practice, in review at the clinic, and a browser for each who may see it."""
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "delegate": clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }
        referral = clinic.refer(session, people["physician"])
        clinic.claim(session, referral, people["coordinator"])
    return {name: Visitor(app, person) for name, person in people.items()}, people, referral


@pytest.fixture
def entries(database, town):
    """What came into the log since the last time that somebody asked."""
    told = 0

    def new():
        nonlocal told
        with database.reading() as session:
            found = session.scalars(select(Event).where(Event.id > told).order_by(Event.id)).all()
        told = found[-1].id if found else told
        return found

    new()
    return new


def test_a_reading_says_who_read_whose_page_in_which_role_and_from_where(town, entries):
    visitors, people, referral = town
    answer = visitors["coordinator"].get(f"/referrals/{referral.public_id}", environ_base={"REMOTE_ADDR": "192.0.2.44"})
    assert answer.status_code == 200
    [entry] = entries()
    assert (entry.action, entry.subject, entry.referral_id) == ("read", referral.public_id, referral.id)
    assert (entry.patient_id, entry.practice_id) == (referral.patient_id, referral.practice_id)
    assert (entry.by_id, entry.role, entry.address) == (people["coordinator"].id, "coordinator", "192.0.2.44")
    assert (entry.details, entry.version, entry.comment) == ({"page": "referral.show"}, None, None)
    assert entry.on_behalf_of_id is None


def test_a_delegate_reads_for_the_physician(town, entries):
    visitors, people, referral = town
    visitors["delegate"].get(f"/referrals/{referral.public_id}")
    [entry] = entries()
    assert (entry.by_id, entry.on_behalf_of_id) == (people["delegate"].id, people["physician"].id)


@pytest.mark.parametrize(
    ("who", "page", "endpoint"),
    [
        ("coordinator", "ask", "triage.ask"),
        ("coordinator", "accept", "triage.accept"),
        ("coordinator", "decline", "triage.decline"),
        ("physician", "withdraw", "closing.withdraw"),
    ],
)
def test_opening_the_form_of_an_action_is_a_reading_and_sending_it_is_the_action_alone(
    town, entries, who, page, endpoint
):
    visitors, _, referral = town
    form = visitors[who].get(f"/referrals/{referral.public_id}/{page}").text
    [entry] = entries()
    assert (entry.action, entry.details) == ("read", {"page": endpoint})
    if page == "accept":
        sent = visitors[who].post(f"/referrals/{referral.public_id}/accept", version=hidden(form, "version"))
        assert sent.status_code == 303
        assert [entry.action for entry in entries()] == ["accept"]


def test_a_form_that_comes_back_was_read_again(town, entries):
    visitors, _, referral = town
    assert visitors["coordinator"].post(f"/referrals/{referral.public_id}/decline", version="2").status_code == 422
    [entry] = entries()
    assert (entry.action, entry.details["page"]) == ("read", "triage.decline")


def test_whoever_comes_too_late_reads_what_the_other_did_and_that_is_recorded(town, entries):
    visitors, _, referral = town
    assert visitors["coordinator"].post(f"/referrals/{referral.public_id}/accept", version="1").status_code == 409
    assert "read" in [entry.action for entry in entries()]


def test_answering_is_a_reading(database, town, entries):
    visitors, people, referral = town
    with database.begin() as session:
        current = session.merge(referral)
        inquiry.ask(session, current, people["coordinator"], 2, TODAY, [Item("Which brace?")], TODAY + timedelta(7))
    entries()
    visitors["physician"].get(f"/referrals/{referral.public_id}/answer")
    [entry] = entries()
    assert entry.details == {"page": "reply.answer"}


def test_opening_a_draft_is_a_reading_of_a_patient_who_is_not_known_yet(database, town, entries):
    visitors, people, _ = town
    with database.begin() as session:
        draft = open_draft(session, "unsent", people["physician"])
        save_draft(session, draft, {"family_name": ["Sample"]})
    assert visitors["physician"].get(f"/referrals/{draft.public_id}").status_code == 302
    assert entries() == []  # that only led on
    assert visitors["physician"].get(f"/referrals/{draft.public_id}/edit").status_code == 200
    [entry] = entries()
    assert (entry.action, entry.subject, entry.patient_id) == ("read", draft.public_id, None)
    visitors["physician"].get("/referrals/new")  # which offers to go on with it
    [entry] = entries()
    assert (entry.action, entry.details) == ("list_read", {"page": "intake.new", "rows": 1})


@pytest.mark.parametrize(
    ("who", "path", "endpoint"),
    [
        ("coordinator", "/queue/undecided", "queue.show"),
        ("coordinator", "/queue/all sample", "queue.show"),
        ("physician", "/referrals/list/sent", "practice.tab"),
    ],
)
def test_a_list_is_one_entry_with_its_rows_and_without_the_words_searched_for(town, entries, who, path, endpoint):
    visitors, people, _ = town
    path, _, words = path.partition(" ")
    if words:
        path = visitors[who].post(path, words=words).headers["Location"]
    assert visitors[who].get(path).status_code == 200
    [entry] = entries()
    assert (entry.action, entry.details) == ("list_read", {"page": endpoint, "rows": 1})
    assert (entry.subject, entry.patient_id, entry.practice_id) == (None, None, people[who].practice_id)


def test_a_page_that_shows_no_patient_leaves_no_entry(town, entries):
    visitors, _, _ = town
    for path in ("/criteria", "/referrals/new", "/nothing/of-ours", "/referrals/new/vertebra/L1"):
        visitors["physician"].get(path)
    assert entries() == []


@pytest.fixture
def unwritable(owner_url, town):
    """A log that takes nothing more: the disk is full, the rights are gone."""
    engine = connect(owner_url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(
                text("CREATE TRIGGER no_more BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
            )
        else:
            connection.execute(
                text("CREATE TRIGGER no_more BEFORE INSERT ON events EXECUTE FUNCTION events_append_only()")
            )
    engine.dispose()


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("coordinator", "/referrals/{}"),
        ("coordinator", "/referrals/{}/accept"),
        ("coordinator", "/queue/undecided"),
        ("physician", "/referrals/{}"),
        ("physician", "/referrals/list/sent"),
    ],
)
def test_what_cannot_be_recorded_is_not_shown(town, unwritable, who, path):
    visitors, _, referral = town
    answer = visitors[who].get(path.format(referral.public_id))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Sample" not in answer.text
    assert answer.headers["Content-Security-Policy"]


def test_what_cannot_be_recorded_does_not_happen(database, town, unwritable):
    visitors, _, referral = town
    assert visitors["coordinator"].post(f"/referrals/{referral.public_id}/accept", version="2").status_code == 503
    with database.reading() as session:
        assert session.merge(referral, load=True).status == "in_review"


def test_what_is_refused_is_in_the_log_by_page_and_id_and_never_by_its_address(town, entries):
    visitors, people, _ = town
    physician = visitors["physician"]
    for refused in (
        physician.get("/referrals/zzzzzzzzzzzz"),
        physician.get("/referrals/Ada%20Sample"),
        physician.get("/queue/"),
        physician.client.post("/referrals/news", data={"csrf_token": "made-up"}),
        physician.client.post(
            "/referrals/news", data={"csrf_token": physician.csrf_token}, headers={"Sec-Fetch-Site": "cross-site"}
        ),
    ):
        assert refused.status_code in (400, 403, 404)
    found = entries()
    assert {entry.action for entry in found} == {"refused"}
    assert {entry.by_id for entry in found} == {people["physician"].id}
    assert [entry.subject for entry in found[:3]] == ["zzzzzzzzzzzz", None, None]
    assert [entry.details["page"] for entry in found[:3]] == ["referral.show", "referral.show", "queue.show"]
    assert [entry.details.get("forged", False) for entry in found] == [False, False, False, True, True]
    assert "Ada" not in repr([vars(entry) for entry in found])


def test_who_is_not_signed_in_cannot_fill_the_log(app, entries):
    for path in ("/referrals/zzzzzzzzzzzz", "/queue/", "/nothing/of-ours"):
        Visitor(app).get(path)
    assert entries() == []
