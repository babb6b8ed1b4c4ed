"""The inbox, what somebody chooses to be mailed, and mails that did not leave, as people meet them on their pages."""

import smtplib
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from referrals import inquiry, outbox, restriction, triage
from referrals.db import now
from referrals.events import Event
from referrals.inquiry import Answer, Item
from referrals.kind import ROWS
from referrals.notice import Notice, NoticeCopy
from referrals.outbox import Mail, Stands
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from tests import clinic, letterbox
from tests.clinic import TODAY
from tests.page_text import PageText
from tests.test_outbox import owe
from tests.visitor import Visitor, hidden

WHO = {
    "physician": (RoleName.PHYSICIAN, "elm"),
    "colleague": (RoleName.PHYSICIAN, "elm"),
    "delegate": (RoleName.DELEGATE, "elm"),
    "coordinator": (RoleName.COORDINATOR, "hospital"),
    "other": (RoleName.COORDINATOR, "hospital"),
    "administrator": (RoleName.ADMINISTRATOR, "hospital"),
    "auditor": (RoleName.AUDITOR, "hospital"),
}


@pytest.fixture
def town(app, database):
    with app.app_context(), database.begin() as session:
        at = {"elm": clinic.practice(session, "Elm Practice"), "hospital": clinic.practice(session, "Clinic", True)}
        people = {name: clinic.person(session, f"Test {name}", role, at[place]) for name, (role, place) in WHO.items()}
    visitors = {f"as_{name}": Visitor(app, person) for name, person in people.items()}
    return SimpleNamespace(app=app, database=database, **people, **visitors)


def sent(town, family_name="Secretname", by=None, **said):
    with town.database.begin() as session:
        of = clinic.patient(family_name=family_name)
        return clinic.refer(session, by or town.physician, of=of, **said)


def asked(town, referral, comment="Please look."):
    with town.database.begin() as session:
        referral = session.get_one(Referral, referral.id)
        if referral.owner_id is None:
            clinic.claim(session, referral, town.coordinator)
        items = [Item("Which brace?")]
        inquiry.ask(session, referral, town.coordinator, referral.version, TODAY, items, TODAY, comment)


def answered(town, referral):
    with town.database.begin() as session:
        referral = session.get_one(Referral, referral.id)
        inquiry.answer(session, referral, town.physician, referral.version, TODAY, {0: Answer("A soft one")})


def words(page):
    return PageText(page.text).words


def count_in_navigation(visitor, path="/criteria"):
    found = [part for part in visitor.get(path).text.split('class="nav-count">')[1:]]
    return found[0].partition("<")[0] if found else ""


# The inbox


def test_a_referrer_reads_who_did_what_to_which_patient(town):
    asked(town, sent(town))
    page = words(town.as_physician.get("/inbox"))
    assert "Secretname, Ada" in page
    assert "Test coordinator asked for information" in page
    assert "Please look." in page


def test_the_clinic_has_the_same_page(town):
    sent(town)
    page = words(town.as_coordinator.get("/inbox"))
    assert "Test physician sent a referral" in page
    assert "Elm Practice" in page


def test_whoever_is_given_a_referral_hears_of_it_from_a_colleague_and_whoever_takes_it_themself_does_not(town):
    referral = sent(town)
    with town.database.begin() as session:
        referral = clinic.claim(session, session.get_one(Referral, referral.id), town.coordinator)
        triage.assign(session, referral, town.coordinator, referral.version, TODAY, town.other, "You know her.")
    page = words(town.as_other.get("/inbox"))
    assert "Test coordinator assigned it to you" in page
    assert "You know her." in page
    with town.database.begin() as session:
        referral = session.get_one(Referral, referral.id)
        triage.assign(session, referral, town.coordinator, referral.version, TODAY, town.coordinator)
        copies = select(NoticeCopy.person_id).join(Notice).where(Notice.kind == "assign")
        assert session.scalars(copies).all() == [town.other.id]
    assert "assigned" not in words(town.as_coordinator.get("/inbox"))


def test_how_much_is_unread_stands_in_the_navigation_of_every_page(town):
    assert count_in_navigation(town.as_coordinator) == ""
    for _ in range(2):
        sent(town, separate=True)
    assert count_in_navigation(town.as_coordinator) == "2"
    assert count_in_navigation(town.as_coordinator, "/queue/") == "2"
    assert count_in_navigation(town.as_administrator) == ""


def test_what_is_unread_comes_first_and_each_referral_stands_once(town):
    first, second = sent(town, "Elmname"), sent(town, "Oakname")
    asked(town, first)
    answered(town, first)
    asked(town, first, "Once more.")
    asked(town, second)
    seen_at = hidden(town.as_physician.get("/inbox").text, "seen_at")
    town.as_physician.post(f"/inbox/{second.public_id}/read", seen_at=seen_at)
    unread, read = town.as_physician.get("/inbox").text.split("Read of late")
    assert unread.count("Elmname, Ada</a>") == 1
    assert "Once more." in unread
    assert "Oakname" not in unread
    assert "Oakname" in read


def test_one_is_marked_as_read_and_the_other_stays(town):
    first, second = sent(town, "Elmname"), sent(town, "Oakname")
    seen_at = hidden(town.as_coordinator.get("/inbox").text, "seen_at")
    assert town.as_coordinator.post(f"/inbox/{first.public_id}/read", seen_at=seen_at).status_code == 303
    assert count_in_navigation(town.as_coordinator) == "1"
    assert count_in_navigation(town.as_other) == "2", "each reads for themself"
    assert second.public_id in town.as_coordinator.get("/inbox").text.partition("Read of late")[0]


def test_all_are_marked_as_read_but_what_came_since(town):
    asked(town, sent(town, "Elmname"))
    seen_at = hidden(town.as_physician.get("/inbox").text, "seen_at")
    asked(town, sent(town, "Oakname"))
    assert town.as_physician.post("/inbox/read", seen_at=seen_at).status_code == 303
    unread = town.as_physician.get("/inbox").text.partition("Read of late")[0]
    assert "Oakname" in unread
    assert "Elmname" not in unread


def test_nobody_marks_what_is_another_s(town):
    referral = sent(town)
    seen_at = (now() + timedelta(days=1)).isoformat()
    assert town.as_colleague.post(f"/inbox/{referral.public_id}/read", seen_at=seen_at).status_code == 303
    town.as_other.post("/inbox/read", seen_at=seen_at)
    assert count_in_navigation(town.as_coordinator) == "1"


def test_the_news_on_my_referrals_are_what_the_inbox_has(town):
    referral = sent(town)
    asked(town, referral)
    assert "Test coordinator asked for information" in words(town.as_physician.get("/referrals"))
    seen_at = hidden(town.as_physician.get("/referrals").text, "seen_at")
    town.as_physician.post("/referrals/news", seen_at=seen_at)
    assert "All is read" in town.as_physician.get("/inbox").text
    assert "New from the clinic" not in town.as_physician.get("/referrals").text


def test_an_empty_inbox_says_what_would_be_there(town):
    assert "appears here" in words(town.as_physician.get("/inbox"))


def restricted(town):
    """Sent by a delegate, asked, and then restricted: the delegate and the other coordinator open it no more."""
    with town.database.begin() as session:
        of = clinic.patient(family_name="Secretname", mrn="T-4711")
        referral = clinic.refer(session, town.delegate, of=of, requester=town.physician)
    asked(town, referral, "Secret comment")
    with town.database.begin() as session:
        referral = session.get_one(Referral, referral.id)
        restriction.restrict(session, referral, town.physician, referral.version, "A colleague of ours")
    return referral


def test_what_is_restricted_and_not_theirs_to_open_says_nothing_of_the_patient(town):
    referral = restricted(town)
    for visitor in (town.as_delegate, town.as_other):
        page = visitor.get("/inbox")
        assert page.status_code == 200
        for told in ("Secretname", "T-4711", "Secret comment", "A colleague of ours"):
            assert told not in page.text
        assert visitor.get("/referrals").text.count("Secretname") == 0
    page = words(town.as_delegate.get("/inbox"))
    assert "Restricted referral" in page
    assert "The clinic asks for information" in page
    assert " ".join(referral.public_id.upper()[i : i + 4] for i in (0, 4, 8)) in page
    assert "Secretname" in town.as_coordinator.get("/inbox").text


def test_reading_the_inbox_is_in_the_log(town):
    sent(town)
    town.as_coordinator.get("/inbox")
    with town.database.reading() as session:
        newest = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert (newest.action, newest.details["page"], newest.details["rows"]) == ("list_read", "inbox.show", 1)


def test_who_has_nothing_to_do_with_referrals_has_no_inbox(town):
    for visitor in (town.as_administrator, town.as_auditor):
        assert visitor.get("/inbox").status_code == 403
        assert "/account/mails" not in visitor.get("/account").text
    assert "/account/mails" in town.as_physician.get("/account").text


# What somebody chooses to be mailed


def ticked(visitor):
    page = visitor.get("/account/mails").text
    boxes = [part.partition(">")[0] for part in page.split('name="by_mail"')[1:]]
    return {box.partition('value="')[2].partition('"')[0] for box in boxes if " checked" in box}


def test_decisions_questions_and_appointments_are_mailed_unless_somebody_chooses_otherwise(town):
    assert {"accept", "decline", "ask_information", "remind", "book", "missed", "message"} <= ticked(town.as_physician)
    assert "claim" not in ticked(town.as_physician)
    assert "submit" not in ticked(town.as_coordinator)


def test_what_somebody_chooses_is_kept_and_holds_for_the_next_notice(town):
    mails = letterbox.letterbox(town.app)
    assert town.as_physician.post("/account/mails", by_mail=["decline", "prioritise"]).status_code == 303
    assert ticked(town.as_physician) == {"decline", "prioritise"}
    assert ticked(town.as_colleague) != {"decline", "prioritise"}
    asked(town, sent(town))
    assert mails() == []
    with town.database.reading() as session:
        assert session.scalars(select(Event.action).where(Event.action == "mails_chosen")).all() == ["mails_chosen"]


def test_the_page_says_what_cannot_be_switched_off_and_it_cannot(town):
    page = town.as_coordinator.get("/account/mails")
    assert "These cannot be switched off" in words(page)
    for kind in ROWS:
        if not kind.optional:
            assert f'value="{kind.name}"' not in page.text
            assert kind.subject in words(page) or "clinic" not in kind.sides
    assert town.as_coordinator.post("/account/mails", by_mail=["at_once"]).status_code == 422
    town.as_coordinator.post("/account/mails")
    mails = letterbox.letterbox(town.app)
    sent(town, picture=clinic.told({**clinic.FRAIL, "neurological_deficit": True}))
    assert len(mails()) == 2


def test_where_no_mail_is_set_up_the_page_says_so(town):
    assert "No mail leaves here" in words(town.as_physician.get("/account/mails"))


# Mails that did not leave


@pytest.fixture
def failing(town):
    """A decision and an invitation that no server takes."""
    mails = letterbox.letterbox(town.app)
    refused = smtplib.SMTPRecipientsRefused({"test.physician@example.org": (550, b"secret: no such user")})

    def refuse(_message):
        raise refused

    letterbox.delivering(town.app, refuse)
    asked(town, sent(town), "Secret comment")
    owe(town)
    letterbox.worker(town.app).work_off()
    town.mails = mails
    return town


def stored(town):
    with town.database.reading() as session:
        return session.scalars(select(Mail).order_by(Mail.id)).all()


def test_an_administrator_sees_what_did_not_leave_and_nothing_of_a_patient(failing):
    page = failing.as_administrator.get("/administration/mails")
    for shown in ("The clinic asks for information", "An invitation", "Test physician", "SMTPRecipientsRefused"):
        assert shown in words(page)
    for told in ("Secretname", "Secret comment", "secret: no such user", "link-good-once", "/referrals/"):
        assert told not in page.text


def test_one_is_sent_again_and_the_other_stays(failing):
    first = stored(failing)[0]
    answer = failing.as_administrator.post(f"/administration/mails/{first.public_id}/again")
    assert answer.status_code == 303
    assert [mail.state for mail in stored(failing)] == [Stands.WAITING, Stands.DEAD]
    arrived = letterbox.letterbox(failing.app)()
    assert [mail["Subject"] for mail in arrived] == ["The clinic asks for information"]


def test_all_are_sent_again_and_it_is_in_the_log_who_did(failing):
    assert failing.as_administrator.post("/administration/mails/again").status_code == 303
    assert "2 mails wait" in words(failing.as_administrator.get("/administration/mails"))
    assert len(letterbox.letterbox(failing.app)()) == 2
    with failing.database.reading() as session:
        entry = session.scalars(select(Event).where(Event.action == "mails_replayed")).one()
    assert (entry.by_id, entry.details) == (failing.administrator.id, {"rows": 2})


def test_what_leads_nowhere_any_more_is_not_sent_again_and_the_page_says_so(failing):
    with failing.database.begin() as session:
        session.execute(update(Mail).values(good_until=now() - timedelta(minutes=1)))
        outbox.forget(session, now())
    assert [mail.sealed for mail in stored(failing)] == [None, None]
    assert "Its link is over" in words(failing.as_administrator.get("/administration/mails"))
    failing.as_administrator.post("/administration/mails/again")
    assert {mail.state for mail in stored(failing)} == {Stands.DEAD}


def test_sending_again_what_has_left_meanwhile_does_nothing(failing):
    first, _ = stored(failing)
    for _ in range(2):
        failing.as_administrator.post(f"/administration/mails/{first.public_id}/again")
    letterbox.letterbox(failing.app)()
    failing.as_administrator.post(f"/administration/mails/{first.public_id}/again")
    assert stored(failing)[0].state == Stands.SENT


def test_when_the_worker_does_not_run_the_page_says_since_when(failing):
    owe(failing)
    with failing.database.begin() as session:
        session.execute(update(Mail).where(Mail.state == Stands.WAITING).values(due_at=now() - timedelta(hours=2)))
    page = words(failing.as_administrator.get("/administration/mails"))
    assert "1 mail waits" in page
    assert "the worker is not running" in page


def test_nobody_but_an_administrator_sees_them(failing):
    for name in WHO:
        if name != "administrator":
            visitor = getattr(failing, f"as_{name}")
            assert visitor.get("/administration/mails").status_code == 403
            assert visitor.post("/administration/mails/again").status_code == 403
    assert {mail.state for mail in stored(failing)} == {Stands.DEAD}


def test_a_person_s_name_in_a_greeting_is_the_reader_s_own(failing):
    with failing.database.begin() as session:
        session.get_one(Person, failing.physician.id).name = "Dr. Elm"
    failing.as_administrator.post("/administration/mails/again")
    texts = [mail.get_content() for mail in letterbox.letterbox(failing.app)()]
    assert [text.partition("\n")[0] for text in texts if "/referrals/" in text] == ["Hello Dr. Elm,"]
