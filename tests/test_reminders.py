"""Reminders: after three and seven days, while nobody answers; each once, however many workers there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from config import from_environment
from referrals import closing, inquiry, reminder
from referrals.db import now
from referrals.events import Event
from referrals.fitness import MissingSettings, require
from referrals.information import InformationRequest
from referrals.inquiry import Answer, Item
from referrals.notice import Notice, NoticeCopy
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from referrals.transition import Said
from tests import clinic, letterbox
from tests.clinic import TODAY
from tests.test_setup import GOOD
from tests.visitor import Visitor

STEPS = (3, 7)


@pytest.fixture
def town(app, database):
    """A question of the clinic, asked just now."""
    mails = letterbox.letterbox(app)
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Test Physician", RoleName.PHYSICIAN, elm)
        coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
        referral = clinic.claim(session, clinic.refer(session, physician), coordinator)
        inquiry.ask(session, referral, coordinator, referral.version, TODAY, [Item("Which brace?")], TODAY)
    mails().clear()
    return SimpleNamespace(
        app=app, database=database, mails=mails, physician=physician, coordinator=coordinator, referral=referral,
        asked_at=asked_at(database),
    )  # fmt: skip


def asked_at(database):
    with database.reading() as session:
        return session.scalars(select(InformationRequest.asked_at)).one()


def after(town, days, steps=STEPS, **more):
    """Remind as of so many days after the question; how many."""
    return reminder.remind_all(town.database, steps, town.asked_at + timedelta(days=days, **more))


def reminded(town):
    with town.database.reading() as session:
        return session.scalars(select(Event).where(Event.action == "remind").order_by(Event.id)).all()


def stored(session, town):
    return session.get_one(Referral, town.referral.id)


@pytest.mark.parametrize(("days", "number"), [(0, 0), (2.99, 0), (3, 1), (6.99, 1), (7, 1)])
def test_it_is_reminded_of_once_at_each_step_and_not_before(town, days, number):
    assert after(town, days) == number
    assert after(town, days) == 0


def test_after_seven_days_it_is_reminded_of_a_second_time_and_then_no_more(town):
    assert [after(town, days) for days in (3, 4, 7, 8, 60)] == [1, 0, 1, 0, 0]
    assert [event.details for event in reminded(town)] == [{"days": 3}, {"days": 7}]


def test_where_no_worker_ran_for_long_one_reminder_goes_and_not_two(town):
    assert after(town, 30) == 1
    assert after(town, 31) == 0


def test_the_service_reminds_and_the_referrer_is_told_and_mailed(town):
    after(town, 3)
    [event] = reminded(town)
    assert (event.by_id, event.subject, event.version) == (None, town.referral.public_id, None)
    with town.database.reading() as session:
        copies = select(NoticeCopy.person_id).join(Notice, Notice.id == NoticeCopy.notice_id)
        assert session.scalars(copies.where(Notice.kind == "remind")).all() == [town.physician.id]
    [mail] = town.mails()
    assert (mail["To"], mail["Subject"]) == ("test.physician@example.org", "The clinic still waits for your answer")
    assert "reminded you" in Visitor(town.app, town.physician).get("/inbox").text


def test_of_several_that_wait_for_one_physician_one_mail_reminds(town):
    with town.database.begin() as session:
        other = clinic.claim(session, clinic.refer(session, town.physician), town.coordinator)
        inquiry.ask(session, other, town.coordinator, other.version, TODAY, [Item("Which brace?")], TODAY)
    town.mails().clear()
    assert after(town, 4) == 2
    [mail] = town.mails()
    assert mail["Subject"] == "The clinic still waits for your answer, and 1 more"
    assert all(f"/referrals/{each.public_id}\n" in mail.get_content() for each in (town.referral, other))


def test_a_reminder_makes_no_open_form_stale(town):
    visitor = Visitor(town.app, town.physician)
    page = f"/referrals/{town.referral.public_id}/answer"
    version = str(town.referral.version)
    after(town, 3)
    assert visitor.post(page, version=version, item0="A soft one").status_code == 303


def test_what_is_answered_or_withdrawn_is_not_reminded_of(town):
    with town.database.begin() as session:
        referral = stored(session, town)
        inquiry.answer(session, referral, town.physician, referral.version, TODAY, {0: Answer("A soft one")})
    assert after(town, 8) == 0


def test_what_is_withdrawn_is_not_reminded_of(town):
    with town.database.begin() as session:
        referral = stored(session, town)
        said = Said(session.get(Reason, "improved"))
        closing.withdraw(session, referral, town.physician, referral.version, TODAY, said)
    assert after(town, 8) == 0


def test_a_second_question_is_reminded_of_anew(town):
    after(town, 7)
    with town.database.begin() as session:
        referral = stored(session, town)
        inquiry.answer(session, referral, town.physician, referral.version, TODAY, {0: Answer("A soft one")})
        inquiry.ask(session, referral, town.coordinator, referral.version, TODAY, [Item("Since when?")], TODAY)
    assert reminder.remind_all(town.database, STEPS, now() + timedelta(days=3)) == 1


def test_of_two_workers_at_once_one_reminds(town):
    start = Barrier(4)

    def go(_):
        start.wait(timeout=20)
        return after(town, 3)

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(go, range(4))) == 1
    assert len(reminded(town)) == 1


def test_who_left_is_not_reminded_but_the_practice_is(town):
    with town.database.begin() as session:
        practice = session.get_one(Person, town.physician.id).practice
        colleague = clinic.person(session, "Elm Colleague", RoleName.PHYSICIAN, practice)
        session.get_one(Person, town.physician.id).active = False
    after(town, 3)
    with town.database.reading() as session:
        copies = select(NoticeCopy.person_id).join(Notice, Notice.id == NoticeCopy.notice_id)
        assert session.scalars(copies.where(Notice.kind == "remind")).all() == [colleague.id]


# The setting


@pytest.mark.parametrize(
    ("said", "steps"), [({}, (3, 7)), ({"REMINDER_DAYS": "2, 5,14"}, (2, 5, 14)), ({"REMINDER_DAYS": "never"}, ())]
)
def test_the_days_are_a_setting(town, said, steps):
    settings = from_environment({**GOOD, **said})
    require(settings)
    assert settings.reminders == steps
    assert after(town, 14, settings.reminders) == (1 if steps else 0)


@pytest.mark.parametrize("text", ["0", "3,,7", "three", "3;7", "-3", "3,3", "3,91", "1_0"])
def test_days_that_mean_nothing_are_refused_by_name(text):
    with pytest.raises(MissingSettings, match="REMINDER_DAYS"):
        require(from_environment({**GOOD, "REMINDER_DAYS": text}))
