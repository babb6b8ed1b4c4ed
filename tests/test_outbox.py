"""Who is told of what and by mail, and that no mail is lost, sent to the wrong one, or says anything of a patient."""

import ast
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import func, select, update

from config import Settings
from referrals import closing, inquiry, lease, outbox, outgoing, preference, restriction, triage
from referrals.db import now
from referrals.events import CLINIC, REFERRER, Entry, record
from referrals.inquiry import Answer, Item
from referrals.kind import CAN_BE_PRESSING, KINDS, NO_NOTICES, ROWS, of_side
from referrals.lease import FIRST_WAIT, LEASE, LONGEST_WAIT, MOST_ATTEMPTS, outcome_of
from referrals.notice import Notice, NoticeCopy
from referrals.outbox import Mail, Stands
from referrals.outgoing import Outgoing
from referrals.reason import Reason
from referrals.staff import Person, RoleName
from referrals.transition import TOLD, Said
from referrals.workflow import ACTIONS, Urgency
from tests import clinic, letterbox
from tests.clinic import FRAIL, TODAY

SOURCES = Path(__file__).parent.parent / "referrals"
OTHERS = {
    "filing.py": {"document_added", "document_in_error", "document_changed", "document_infected"},
    "letter.py": {"sign_letter"},
    "message.py": {"message"},
    "glass.py": {"emergency_access_opened"},
    "reminder.py": {"remind"},
    "restriction.py": {"restrict", "lift_restriction"},
}
"""What is recorded with an audience elsewhere than by a transition: the module, and the actions that it tells of."""
SECRETS = ("Secretname", "Hidden", "T-4711", "Mar 1943", "1943-03-09", "L1", "Secret comment", "kyphoplasty")


@pytest.fixture
def town(app, database):
    """A practice and the clinic, and what they are mailed."""
    mails = letterbox.letterbox(app)
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            name: clinic.person(session, f"Test {name.capitalize()}", role, at)
            for name, role, at in (
                ("physician", RoleName.PHYSICIAN, elm),
                ("colleague", RoleName.PHYSICIAN, elm),
                ("delegate", RoleName.DELEGATE, elm),
                ("coordinator", RoleName.COORDINATOR, hospital),
                ("other", RoleName.COORDINATOR, hospital),
                ("radiologist", RoleName.IR_PHYSICIAN, hospital),
                ("administrator", RoleName.ADMINISTRATOR, hospital),
            )
        }
    return SimpleNamespace(app=app, database=database, mails=mails, **people)


def sent(town, session, by=None, **said):
    return clinic.refer(session, by or town.physician, **said)


def in_review(town, session, **said):
    return clinic.claim(session, sent(town, session, **said), town.coordinator)


def asked(town, session):
    referral = in_review(town, session)
    inquiry.ask(session, referral, town.coordinator, referral.version, TODAY, [Item("Which brace?")], TODAY)
    return referral


def told(town, kind):
    """The names of everybody who has a copy of a notice of this kind."""
    with town.database.reading() as session:
        rows = (
            select(Person.name)
            .join(NoticeCopy, NoticeCopy.person_id == Person.id)
            .join(Notice, Notice.id == NoticeCopy.notice_id)
            .where(Notice.kind == kind)
        )
        return sorted(name.removeprefix("Test ").lower() for name in session.scalars(rows))


def addresses(mails):
    return sorted(mail["To"].partition("@")[0].removeprefix("test.") for mail in mails)


def stored(town):
    with town.database.reading() as session:
        return session.scalars(select(Mail).order_by(Mail.id)).all()


def owe(town, number=1, **columns):
    """Mails about an account that are owed."""
    settings = town.app.extensions["settings"]
    with town.database.begin() as session:
        for each in range(number):
            said = Outgoing("elm@example.org", f"Number {each}", "https://clinic.example/link-good-once")
            outgoing.put(session, settings, "invitation", said, town.physician, **columns)


# Who is told


def test_a_new_referral_is_told_to_every_coordinator(town):
    with town.database.begin() as session:
        sent(town, session)
    assert told(town, "submit") == ["coordinator", "other"]


def test_a_question_is_told_to_the_referring_physician_and_not_to_colleagues(town):
    with town.database.begin() as session:
        asked(town, session)
    assert told(town, "ask_information") == ["physician"]


def test_the_delegate_who_sent_it_is_told_with_the_physician(town):
    with town.database.begin() as session:
        referral = clinic.claim(session, sent(town, session, town.delegate, requester=town.physician), town.coordinator)
        triage.accept(session, referral, town.coordinator, referral.version, TODAY)
    assert told(town, "accept") == ["delegate", "physician"]


def test_an_answer_is_told_to_the_owner_and_the_ir_physician(town):
    with town.database.begin() as session:
        referral = asked(town, session)
        referral.ir_physician_id = town.radiologist.id
        session.flush()
        inquiry.answer(session, referral, town.physician, referral.version, TODAY, {0: Answer("A soft one")})
    assert told(town, "answer") == ["coordinator", "radiologist"]


def test_nobody_is_told_what_they_did_themself(town):
    with town.database.begin() as session:
        referral = asked(town, session)
        inquiry.answer(session, referral, town.coordinator, referral.version, TODAY, {0: Answer("By telephone")})
    assert told(town, "answer") == []


@pytest.mark.parametrize(("gone", "instead"), [("coordinator", ["other"]), ("other", ["coordinator"])])
def test_where_the_owner_has_left_every_coordinator_is_told(town, gone, instead):
    with town.database.begin() as session:
        referral = asked(town, session)
        session.get_one(Person, getattr(town, gone).id).active = False
        session.flush()
        inquiry.answer(session, referral, town.physician, referral.version, TODAY, {0: Answer("A soft one")})
    assert told(town, "answer") == instead


def test_where_the_referrer_has_left_everybody_of_the_practice_who_refers_is_told(town):
    with town.database.begin() as session:
        referral = in_review(town, session)
        session.get_one(Person, town.physician.id).active = False
        session.flush()
        triage.accept(session, referral, town.coordinator, referral.version, TODAY)
    assert told(town, "accept") == ["colleague", "delegate"]


def test_a_notice_its_copies_and_its_mail_come_with_the_event_or_not_at_all(town):
    with pytest.raises(RuntimeError), town.database.begin() as session:
        asked(town, session)
        raise RuntimeError("the connection broke")
    with town.database.reading() as session:
        assert [session.scalars(select(table)).all() for table in (Notice, NoticeCopy, Mail)] == [[], [], []]


def test_where_no_mail_is_set_up_none_is_owed_and_people_are_told_all_the_same(app, database, town):
    app.extensions["database"].told[outbox.BY_MAIL] = False
    with database.begin() as session:
        asked(town, session)
    assert stored(town) == []
    assert told(town, "ask_information") == ["physician"]


# What is mailed


def test_a_question_and_a_decision_are_mailed_and_a_claim_and_a_new_referral_are_not(town):
    with town.database.begin() as session:
        referral = in_review(town, session)
        record(session, entry("claim", referral, town.coordinator), REFERRER)
        triage.accept(session, referral, town.coordinator, referral.version, TODAY)
    [mail] = town.mails()
    assert (mail["To"], mail["Subject"]) == ("test.physician@example.org", "A referral was accepted")


def entry(action, referral, by, **said):
    return Entry(
        action=action, by=by, referral_id=referral.id, patient_id=referral.patient_id, subject=referral.public_id,
        practice_id=referral.practice_id, **said,
    )  # fmt: skip


def test_what_somebody_does_not_want_by_mail_they_find_in_the_inbox_alone(town):
    with town.database.begin() as session:
        preference.choose(session, town.physician, {"decline"})
        asked(town, session)
    assert town.mails() == []
    assert told(town, "ask_information") == ["physician"]


@pytest.mark.parametrize(
    "pressing", [{"urgency": Urgency.EMERGENCY}, {"picture": clinic.told({**FRAIL, "neurological_deficit": True})}]
)
def test_a_red_flag_or_an_emergency_is_mailed_to_every_coordinator_whatever_they_chose(town, pressing):
    with town.database.begin() as session:
        preference.choose(session, town.other, ())
        sent(town, session, **pressing)
    assert addresses(town.mails()) == ["coordinator", "other"]
    assert {mail["Subject"] for mail in town.mails()} == {"A referral has to be looked at now"}


def test_an_emergency_access_is_mailed_whatever_they_chose(town):
    with town.database.begin() as session:
        preference.choose(session, town.physician, ())
        preference.choose(session, town.coordinator, ())
        referral = in_review(town, session)
        record(session, entry("emergency_access_opened", referral, town.radiologist), CLINIC, REFERRER)
    assert addresses(town.mails()) == ["coordinator", "physician"]


def test_who_was_deactivated_meanwhile_is_not_written_to(town):
    with town.database.begin() as session:
        asked(town, session)
        session.get_one(Person, town.physician.id).active = False
    assert town.mails() == []
    assert [mail.state for mail in stored(town)] == [Stands.VOID]


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.name)
def test_no_mail_says_anything_of_the_patient(town, kind):
    with town.database.begin() as session:
        named = clinic.patient(family_name="Secretname", given_name="Hidden", mrn="T-4711")
        referral = in_review(town, session, of=named)
        for person in (town.physician, town.coordinator):
            preference.choose(session, person, KINDS)
        if kind.name == "at_once":
            referral.red_flag = True
            session.flush()
        action = "answer" if kind.name == "at_once" else kind.name
        record(session, entry(action, referral, town.radiologist, comment="Secret comment"), *kind.sides)
    mails = town.mails()
    assert len(mails) == len(kind.sides)
    for mail in mails:
        assert mail["Subject"] == kind.subject
        assert f"/referrals/{referral.public_id}\n" in mail.get_content()
        assert [secret for secret in SECRETS if secret in str(mail)] == []


def test_the_link_in_a_mail_leads_to_the_public_address(town):
    settings = Settings(public_url="https://referrals.example.org/")
    said = outgoing.of_notices("accept", town.physician, ["0123456789ab"], settings)
    assert "https://referrals.example.org/referrals/0123456789ab\n" in said.text


# Every kind has its words


def test_every_action_that_is_told_has_its_row_for_every_side_that_is_told():
    lacking = [(action, side) for action, sides in TOLD.items() for side in sides if side not in sides_of(action)]
    assert lacking == []
    assert set(ACTIONS) >= CAN_BE_PRESSING


def sides_of(action):
    return KINDS[action].sides if action in KINDS else ()


def test_whatever_else_is_recorded_with_an_audience_has_its_row():
    """Found in the code: a module that tells somebody something has to be named in OTHERS, with what it tells."""
    telling = {path.name for path in SOURCES.rglob("*.py") if tells_somebody(path)} - {"transition.py", "events.py"}
    assert telling == set(OTHERS)
    for actions in OTHERS.values():
        assert actions <= set(KINDS)


def tells_somebody(path):
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) in ("record", "events.record") and len(call.args) > 2 for call in calls)


def test_what_has_no_row_is_not_recorded_in_silence(town):
    with pytest.raises(KeyError), town.database.begin() as session:
        record(session, entry("unheard_of", sent(town, session), town.physician), CLINIC)


def test_every_kind_reads_well_and_is_offered_to_whom_it_is_told():
    assert len({kind.subject for kind in ROWS}) == len(ROWS)
    for kind in ROWS:
        assert kind.did
        assert kind.subject[0].isupper()
        assert not kind.subject.endswith(".")
        assert all(kind in of_side(side) for side in kind.sides)
        assert kind.by_mail or kind.optional
    assert not set(NO_NOTICES) & set(KINDS)


# Whoever acts has read


def test_whoever_acts_on_a_referral_has_read_what_they_were_told_and_a_claim_ends_it_for_all(town):
    with town.database.begin() as session:
        referral = sent(town, session)
        assert unread(session) == {town.coordinator.id: 1, town.other.id: 1}
        clinic.claim(session, referral, town.other)
        assert unread(session) == {town.physician.id: 1}, "that it is being reviewed"
        inquiry.ask(session, referral, town.other, referral.version, TODAY, [Item("Which brace?")], TODAY)
        inquiry.answer(session, referral, town.colleague, referral.version, TODAY, {0: Answer("A soft one")})
        assert unread(session) == {town.physician.id: 2, town.other.id: 1}, "a colleague answered: nobody else has read"


def unread(session):
    rows = select(NoticeCopy.person_id, func.count()).where(NoticeCopy.read_at.is_(None)).group_by(NoticeCopy.person_id)
    return dict(session.execute(rows).all())


def test_that_a_colleague_acted_does_not_hide_an_emergency_access(town):
    with town.database.begin() as session:
        referral = sent(town, session)
        record(session, entry("emergency_access_opened", referral, town.radiologist), CLINIC)
        clinic.claim(session, referral, town.other)
        assert unread(session) == {town.coordinator.id: 1, town.physician.id: 1}


# Nothing is lost


def take(town, at=None):
    with town.database.begin() as session:
        return lease.take(session, at or now())


def close(town, mails, at=None, **outcome):
    with town.database.begin() as session:
        return lease.close(session, outcome_of(mails, **outcome), at or now())


def test_what_one_worker_has_another_does_not_get_until_the_lease_runs_out(town):
    owe(town)
    first, at = take(town), now()
    assert take(town) == []
    second = take(town, at + LEASE + timedelta(seconds=1))
    assert [mail.id for mail in second] == [mail.id for mail in first]
    assert close(town, first) is False, "it was somebody else's by then"
    assert close(town, second) is True
    assert [mail.state for mail in stored(town)] == [Stands.SENT]


def test_many_workers_at_once_send_each_mail_once(town):
    owe(town, 24)
    start = Barrier(4)

    def go(_):
        start.wait(timeout=20)
        return letterbox.worker(town.app).work_off()

    arrived: list[EmailMessage] = []
    letterbox.delivering(town.app, arrived.append)
    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(go, range(4))) == 24
    assert sorted(mail["Subject"] for mail in arrived) == sorted(f"Number {each}" for each in range(24))


def refusing(fault):
    def deliver(_message):
        raise fault

    return deliver


def test_what_fails_waits_longer_and_longer_and_is_given_up_in_the_end(town):
    letterbox.delivering(town.app, refusing(TimeoutError("elm@example.org")))
    owe(town)
    tried = []
    with time_machine.travel(now(), tick=False) as clock:
        while (mail := stored(town)[0]).state == Stands.WAITING:
            tried.append(now())
            letterbox.worker(town.app).work_off()
            assert letterbox.worker(town.app).work_off() == 0, "not before its time"
            clock.move_to(max(stored(town)[0].due_at, now()))
    assert (mail.state, mail.fault, mail.attempts) == (Stands.DEAD, "TimeoutError", MOST_ATTEMPTS)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert FIRST_WAIT / 2 <= waits[0] <= FIRST_WAIT
    assert all(LONGEST_WAIT / 2 <= wait <= LONGEST_WAIT for wait in waits[-5:])
    assert timedelta(days=1) < tried[-1] - tried[0] < timedelta(days=4)


def test_those_who_failed_together_do_not_come_back_together(town):
    assert len({lease.wait_after(5) for _ in range(20)}) > 15


def test_an_address_that_the_server_will_never_take_is_given_up_at_once(town):
    letterbox.delivering(town.app, refusing(smtplib.SMTPRecipientsRefused({"elm@example.org": (550, b"no such user")})))
    owe(town)
    letterbox.worker(town.app).work_off()
    assert [(mail.state, mail.fault) for mail in stored(town)] == [(Stands.DEAD, "SMTPRecipientsRefused")]


def test_a_server_that_is_busy_is_asked_again(town):
    letterbox.delivering(town.app, refusing(smtplib.SMTPRecipientsRefused({"elm@example.org": (451, b"greylisted")})))
    owe(town)
    letterbox.worker(town.app).work_off()
    assert [mail.state for mail in stored(town)] == [Stands.WAITING]


def test_a_mail_that_ends_its_worker_each_time_is_given_up_too(town):
    owe(town)
    with town.database.begin() as session:
        session.execute(update(Mail).values(attempts=MOST_ATTEMPTS))
    assert take(town) == []
    assert [(mail.state, mail.fault) for mail in stored(town)] == [(Stands.DEAD, lease.DIED)]


def test_one_mail_that_fails_holds_up_no_other(town):
    arrived = []

    def deliver(message):
        if message["Subject"] == "Number 1":
            raise TimeoutError
        arrived.append(message["Subject"])

    letterbox.delivering(town.app, deliver)
    owe(town, 3)
    letterbox.worker(town.app).work_off()
    assert arrived == ["Number 0", "Number 2"]


def test_a_mail_that_arrives_twice_bears_one_name(town):
    owe(town)
    [first] = town.mails()
    with town.database.begin() as session:
        session.execute(update(Mail).values(state=Stands.WAITING, ended_at=None, sealed=sealed(town)))
    assert {mail["Message-ID"] for mail in town.mails()} == {first["Message-ID"]}


def sealed(town):
    settings = town.app.extensions["settings"]
    return outgoing.sealing(settings).encrypt(b'{"to": "elm@example.org", "subject": "x", "text": "x"}')


# What is kept


def test_a_link_is_sealed_while_it_waits_and_gone_once_it_is_sent(town):
    owe(town)
    [waiting] = stored(town)
    assert b"link-good-once" not in waiting.sealed
    assert town.mails()[0].get_content().strip() == "https://clinic.example/link-good-once"
    assert [(mail.state, mail.sealed) for mail in stored(town)] == [(Stands.SENT, None)]


def test_a_link_that_is_over_before_it_could_leave_is_not_sent(town):
    owe(town, good_until=now() + timedelta(days=3))
    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        assert town.mails() == []
        [mail] = stored(town)
        assert (mail.state, mail.fault, mail.sealed) == (Stands.DEAD, lease.EXPIRED, None)
        with town.database.begin() as session:
            assert outbox.replay(session, session.scalars(select(Mail))) == 0


def test_what_was_sealed_with_another_secret_is_given_up(town):
    owe(town)
    with town.database.begin() as session:
        session.execute(update(Mail).values(sealed=b"of another key"))
    assert town.mails() == []
    assert [(mail.state, mail.fault) for mail in stored(town)] == [(Stands.DEAD, "InvalidToken")]


@pytest.mark.parametrize(
    ("state", "days", "kept"),
    [("sent", 29, 1), ("sent", 31, 0), ("void", 31, 0), ("dead", 89, 1), ("dead", 91, 0)],
)
def test_what_is_closed_is_forgotten_after_its_time(town, state, days, kept):
    owe(town)
    with town.database.begin() as session:
        session.execute(update(Mail).values(state=state, ended_at=now() - timedelta(days), sealed=None))
        outbox.forget(session, now())
    assert len(stored(town)) == kept


def test_what_is_owed_is_never_forgotten(town):
    owe(town)
    with town.database.begin() as session:
        session.execute(update(Mail).values(created_at=now() - timedelta(days=365), due_at=now() - timedelta(days=365)))
        outbox.forget(session, now())
    assert len(stored(town)) == 1


def test_withdrawing_and_restricting_reach_the_other_side(town):
    with town.database.begin() as session:
        referral = in_review(town, session)
        restriction.restrict(session, referral, town.physician, referral.version, "A colleague of ours")
        why = Said(session.get(Reason, "improved"))
        closing.withdraw(session, referral, town.physician, referral.version, TODAY, why)
    assert told(town, "restrict") == told(town, "withdraw") == ["coordinator"]
