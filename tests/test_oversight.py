"""An administrator acts on a referral without reading it: by the id that somebody says on the telephone."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from referrals import closing, triage
from referrals.events import Event
from referrals.notice import Notice
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from referrals.submission import open_draft
from referrals.transition import Incomplete, Said
from referrals.web.words import spoken_id
from tests import clinic
from tests.clinic import TODAY
from tests.page_text import PageText
from tests.visitor import Visitor, hidden

FOUND, ALL = "/administration/referrals", "/administration/referrals?id="
WHY = "She is away for a month."


@pytest.fixture
def town(app, database):
    """A referral that a coordinator has claimed, and everybody."""
    with app.app_context(), database.begin() as session:
        people = clinic.everybody(session)
        people["second"] = clinic.person(session, "Second Coordinator", RoleName.COORDINATOR, people["ir"].practice)
        sent = clinic.refer(session, people["physician"], of=clinic.patient(family_name="Secretname", mrn="MARK-77"))
        referral = clinic.claim(session, sent, people["coordinator"])
    visitors = {f"as_{who}": Visitor(app, person) for who, person in people.items()}
    page = f"{FOUND}/{referral.public_id}"
    return SimpleNamespace(app=app, database=database, referral=referral, page=page, **people, **visitors)


def stored(town):
    with town.database.reading() as session:
        referral = session.get_one(Referral, town.referral.id)
        return SimpleNamespace(state=referral.state, owner=referral.owner, version=referral.version)


def last(town):
    with town.database.reading() as session:
        of_it = select(Event).where(Event.referral_id == town.referral.id, Event.version.is_not(None))
        return session.scalars(of_it.order_by(Event.id.desc()).limit(1)).one()


def told(town):
    """Which sides heard of what was done last."""
    with town.database.reading() as session:
        return set(session.scalars(select(Notice.audience).where(Notice.event_id == last(town).id)))


def does(town, what, **fields):
    """Open the form and send it."""
    address = f"{town.page}/{what}"
    seen = hidden(town.as_administrator.get(address).text, "seen")
    return town.as_administrator.post(address, {"seen": seen, "comment": WHY, **fields})


def withdrawn(town):
    with town.database.begin() as session:
        clinic.withdraw(session, session.get_one(Referral, town.referral.id), town.physician)


def silent(page):
    return "Secretname" not in page and "MARK-77" not in page


def test_a_referral_is_found_by_its_id_as_it_is_spoken_and_shows_whose_it_is_and_no_patient(town):
    spoken = spoken_id(town.referral.public_id).replace("0", "O").replace("1", "l").replace(" ", " - ")
    answer = town.as_administrator.get(FOUND, query_string={"id": spoken})
    assert answer.headers["Location"] == town.page
    page = town.as_administrator.get(town.page).text
    read = PageText(page).words
    for words in ("Elm Practice", "In review", "Test Coordinator", spoken_id(town.referral.public_id)):
        assert words in read
    assert silent(page)


def test_what_is_not_there_or_was_not_sent_is_not_found_and_the_id_stays_to_be_put_right(town):
    with town.database.begin() as session:
        draft = open_draft(session, "unsent", town.physician).public_id
    for public_id in (draft, "000000000000", "zz", "é"):
        answer = town.as_administrator.get(ALL + public_id)
        assert answer.status_code == 404
        assert f'value="{public_id}"' in answer.text
        assert "No referral that was sent has this id" in answer.text
    for path in ("", "/assign", "/mark_error"):
        assert town.as_administrator.get(f"{FOUND}/{draft}{path}").status_code == 404
    assert town.as_administrator.get(f"{town.page}/accept").status_code == 404, "no act of an administrator"


def test_it_is_given_to_somebody_else_who_is_told_and_the_history_says_why(town):
    answer = does(town, "assign", owner=town.second.public_id)
    assert (answer.status_code, answer.headers["Location"]) == (303, town.page)
    assert stored(town).owner.id == town.second.id
    assert (last(town).action, last(town).comment, last(town).role) == ("assign", WHY, "administrator")
    assert told(town) == {"clinic"}
    assert "Test Administrator assigned it to you" in PageText(town.as_second.get("/inbox").text).words
    assert WHY in town.as_second.get(f"/referrals/{town.referral.public_id}").text


def test_one_that_ended_is_reopened_for_somebody_who_works_the_queue_and_both_sides_hear(town):
    withdrawn(town)
    assert does(town, "reopen", owner=town.ir.public_id).status_code == 303
    now = stored(town)
    assert (now.state, now.owner.id) == ("in_review", town.ir.id)
    assert told(town) == {"referrer", "clinic"}
    assert "Secretname, Ada" in town.as_ir.get("/queue/needs_ir").text, "given to an IR physician, it is theirs"


def test_reopened_it_never_lies_with_an_administrator_who_cannot_open_it(town):
    withdrawn(town)
    said = Said(comment=WHY)
    for owner in (None, town.administrator, town.physician):
        with pytest.raises(Incomplete, match="works the clinic"), town.database.begin() as session:
            again = session.get_one(Referral, town.referral.id)
            closing.reopen(session, again, town.administrator, again.version, TODAY, said, owner)


def test_one_that_should_not_be_is_marked_as_an_error_with_a_coded_reason_and_both_sides_hear(town):
    assert does(town, "mark_error").status_code == 422, "without a coded reason"
    assert does(town, "mark_error", reason="sent-by-mistake").status_code == 303
    assert stored(town).state == "entered_in_error"
    assert (last(town).reason, last(town).comment) == ("sent-by-mistake", WHY)
    assert told(town) == {"referrer", "clinic"}
    page = town.as_administrator.get(town.page).text
    assert "Nothing, as it stands now" in page
    assert silent(page)


def test_a_restricted_one_is_no_exception_and_stays_restricted(town):
    with town.database.begin() as session:
        session.get_one(Referral, town.referral.id).restricted = True
    assert does(town, "assign", owner=town.second.public_id).status_code == 303
    assert "Secretname" in town.as_second.get(f"/referrals/{town.referral.public_id}").text
    assert town.as_coordinator.get(f"/referrals/{town.referral.public_id}").status_code == 403
    assert town.as_administrator.get(f"/referrals/{town.referral.public_id}").status_code == 403


def test_without_saying_why_or_to_whom_nothing_is_done(town):
    before = stored(town)
    for fields in ({"comment": "", "owner": town.second.public_id}, {"owner": ""}, {"owner": town.physician.public_id}):
        answer = does(town, "assign", **fields)
        assert answer.status_code == 422
        assert silent(answer.text)
    assert vars(stored(town)).items() >= {"state": before.state, "version": before.version}.items()


def test_when_somebody_was_faster_nothing_is_done_and_what_was_written_is_given_back(town):
    seen = hidden(town.as_administrator.get(f"{town.page}/assign").text, "seen")
    with town.database.begin() as session:
        triage.accept(session, session.get_one(Referral, town.referral.id), town.ir, stored(town).version, TODAY)
    late = {"seen": seen, "owner": town.second.public_id, "comment": "A long thought"}
    answer = town.as_administrator.post(f"{town.page}/assign", late)
    assert answer.status_code == 409
    assert "A long thought" in answer.text
    assert silent(answer.text)
    assert last(town).action == "accept"


def test_what_cannot_be_done_as_it_stands_has_no_form_and_is_refused(town):
    answer = town.as_administrator.get(f"{town.page}/reopen")
    assert (answer.status_code, answer.headers["Location"]) == (303, town.page)
    forged = {"seen": str(stored(town).version), "owner": town.second.public_id, "comment": WHY}
    assert town.as_administrator.post(f"{town.page}/reopen", forged).status_code == 403
    assert last(town).action == "claim"


def test_looking_one_up_is_in_the_log_and_counts_as_no_reading_of_the_patient(town):
    town.as_administrator.get(town.page)
    with town.database.reading() as session:
        (entry,) = session.scalars(select(Event).where(Event.action == "outline_read"))
    assert (entry.subject, entry.by_id) == (town.referral.public_id, town.administrator.id)
    assert entry.patient_id is None


def test_what_waits_unread_for_anybody_of_the_practice_still_does_whatever_an_administrator_does(town):
    with town.database.begin() as session:
        session.get_one(Person, town.physician.id).active = False
        referral = session.get_one(Referral, town.referral.id)
        triage.accept(session, referral, town.ir, referral.version, TODAY, Said(comment="Booking follows."))
    assert does(town, "assign", owner=town.second.public_id).status_code == 303
    assert "Booking follows." in town.as_colleague.get("/inbox").text.partition("Read of late")[0]
