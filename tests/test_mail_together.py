"""What somebody is to hear of several referrals at once comes to them as one mail, and none of it is lost."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from threading import Barrier
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import select

from referrals import bulk, lease, message
from referrals.db import now
from referrals.events import REFERRER, record
from referrals.outbox import Mail, Stands
from referrals.referral import Referral
from referrals.staff import Person
from tests import clinic, letterbox
from tests.clinic import TODAY
from tests.test_outbox import entry

LINK = re.compile(r"/referrals/(\w{12})$", re.MULTILINE)


@pytest.fixture
def town(app, database):
    """Two practices and the clinic, and what they are mailed."""
    mails = letterbox.letterbox(app)
    with app.app_context(), database.begin() as session:
        return SimpleNamespace(app=app, database=database, mails=mails, **clinic.everybody(session))


def given(town, number):
    """So many referrals of one practice, all given to the radiologist at once."""
    with town.database.begin() as session:
        referrals = [
            clinic.claim(session, clinic.refer(session, town.physician), town.coordinator) for _ in range(number)
        ]
        ticked = {referral.public_id: referral.version for referral in referrals}
        assert bulk.assign(session, town.coordinator, TODAY, ticked, town.ir).changed == number
    return list(ticked)


def links(mail):
    return LINK.findall(mail.get_content())


def stored(town):
    with town.database.reading() as session:
        return session.scalars(select(Mail).order_by(Mail.id)).all()


def states(town):
    return [mail.state for mail in stored(town)]


def test_several_referrals_given_at_once_are_one_mail_with_a_link_to_each(town):
    referrals = given(town, 3)
    [mail] = town.mails()
    assert mail["To"].startswith("test.radiologist@")
    assert mail["Subject"] == "A referral has a new owner, and 2 more"
    assert links(mail) == referrals
    assert states(town) == [Stands.SENT] * 3


def test_several_messages_about_one_referral_are_one_mail_with_one_link(town):
    with town.database.begin() as session:
        referral = clinic.claim(session, clinic.refer(session, town.physician), town.coordinator)
        for words in ("She is in pain.", "More than before."):
            message.post(session, referral, town.physician, words, words)
    [mail] = town.mails()
    assert (mail["Subject"], links(mail)) == ("A new message about a referral", [referral.public_id])


def test_what_is_of_another_kind_or_for_somebody_else_comes_by_itself(town):
    given(town, 2)
    with town.database.begin() as session:
        referral = session.scalars(select(Referral).order_by(Referral.id)).first()
        message.post(session, referral, town.physician, "She is in pain.", "one")
        message.post(session, referral, town.ir, "We know.", "two")
    assert sorted((mail["To"].partition("@")[0], len(links(mail))) for mail in town.mails()) == [
        ("elm.physician", 1),
        ("test.radiologist", 1),
        ("test.radiologist", 2),
    ]


def test_more_than_one_mail_holds_are_several(town, monkeypatch):
    monkeypatch.setattr(lease, "LIKE_IT", lease.LIKE_IT.limit(1))
    referrals = given(town, 5)
    assert [links(mail) for mail in town.mails()] == [referrals[:2], referrals[2:4], referrals[4:]]


def test_what_failed_together_is_tried_again_together(town):
    failing = True
    arrived: list[EmailMessage] = []

    def deliver(mail):
        if failing:
            raise TimeoutError
        arrived.append(mail)

    letterbox.delivering(town.app, deliver)
    referrals = given(town, 3)
    letterbox.worker(town.app).work_off()
    assert states(town) == [Stands.WAITING] * 3
    failing, [again_at] = False, {mail.due_at for mail in stored(town)}
    with time_machine.travel(again_at, tick=False):
        letterbox.worker(town.app).work_off()
    assert [links(mail) for mail in arrived] == [referrals]


def test_what_a_dead_worker_had_in_hand_is_taken_up_whole(town):
    given(town, 3)
    with town.database.begin() as session:
        first = lease.take(session, now())
    with town.database.begin() as session:
        assert (len(first), lease.take(session, now())) == (3, [])
        second = lease.take(session, now() + lease.LEASE + timedelta(seconds=1))
    assert [mail.id for mail in second] == [mail.id for mail in first]
    with town.database.begin() as session:
        assert lease.close(session, lease.outcome_of(first), now()) is False, "somebody else has them now"
        assert lease.close(session, lease.outcome_of(second), now()) is True
    assert states(town) == [Stands.SENT] * 3


def test_who_has_left_is_written_nothing(town):
    given(town, 2)
    with town.database.begin() as session:
        session.get_one(Person, town.ir.id).active = False
    assert town.mails() == []
    assert states(town) == [Stands.VOID] * 2


def test_many_workers_at_once_tell_of_each_referral_once(town):
    referrals = given(town, 12)
    arrived: list[EmailMessage] = []
    letterbox.delivering(town.app, arrived.append)
    start = Barrier(4)

    def go(_):
        start.wait(timeout=20)
        letterbox.worker(town.app).work_off()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(go, range(4)))
    assert sorted(link for mail in arrived for link in links(mail)) == sorted(referrals)
    assert states(town) == [Stands.SENT] * 12


def test_no_link_is_to_a_referral_of_anybody_else(town):
    """Beside it, the same kind of thing happens to a referral of another practice."""
    with town.database.begin() as session:
        mine, theirs = (
            clinic.claim(session, clinic.refer(session, by), town.coordinator) for by in (town.physician, town.neighbor)
        )
        for referral in (mine, theirs):
            record(session, entry("accept", referral, town.coordinator), REFERRER)
    found = {mail["To"].partition("@")[0]: links(mail) for mail in town.mails()}
    assert found == {"elm.physician": [mine.public_id], "oak.physician": [theirs.public_id]}
