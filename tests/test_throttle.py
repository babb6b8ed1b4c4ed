"""Guessing at a sign-in takes longer and longer, whether or not there is such an account, and locks nobody out."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from referrals.db import now
from referrals.events import Event
from referrals.staff import Person, RoleName
from referrals.throttle import FREE, LONGEST_DELAY, FailedSignIn, delay_after, folded, network
from tests import clinic
from tests.test_twice import at_once
from tests.visitor import TOKEN, Visitor

ELM, OAK, NOBODY = "elm.physician@example.org", "oak.physician@example.org", "nobody@example.org"


@pytest.fixture(autouse=True)
def people(app, database):
    with app.app_context(), database.begin() as session:
        for name in ("Elm", "Oak"):
            at = clinic.practice(session, f"{name} Practice")
            clinic.person(session, f"{name} Physician", RoleName.PHYSICIAN, at)


def fail(app, email, times=1, address="192.0.2.1"):
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return [visitor.sign_in(email, "not the password") for _ in range(times)]


def right(app, email, address="198.51.100.7"):
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor.sign_in(email).status_code


def failed_sign_ins(database):
    with database.reading() as session:
        return session.scalars(select(FailedSignIn)).all()


def counting(method, calls):
    def counted(*told, **more):
        calls.append(1)
        return method(*told, **more)

    return counted


@pytest.mark.parametrize("email", [ELM, NOBODY])
def test_after_five_failures_nothing_is_checked_for_a_while_whether_the_account_exists_or_not(app, email):
    answers = fail(app, email, FREE + 1)
    assert [answer.status_code for answer in answers] == [422] * FREE + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 30
    assert right(app, email) == 429


def test_who_waits_cannot_tell_whether_the_account_exists(app):
    with time_machine.travel(now(), tick=False):
        known, unknown = (
            fail(app, email, FREE + 1, address)[-1] for email, address in ((ELM, "::1"), (NOBODY, "::2:0:0:0:1"))
        )
    assert known.status_code == unknown.status_code == 429
    assert known.data == unknown.data
    assert known.headers["Retry-After"] == unknown.headers["Retry-After"]


def test_however_an_address_is_written_it_is_one_account(app):
    for index, email in enumerate(
        (ELM, ELM.upper(), "eLm.physician@example.org", "Elm.Physician@EXAMPLE.ORG", "elm.physician@ｅxample.org")
    ):
        fail(app, email, address=f"203.0.113.{index}")
    assert right(app, ELM) == 429


def test_an_address_that_tries_many_accounts_waits_too_and_others_do_not(app):
    for index in range(FREE):
        fail(app, f"guess{index}@example.org")
    assert fail(app, ELM)[0].status_code == 429
    assert right(app, ELM) == 302


def test_who_signs_in_leaves_nothing_behind_for_the_colleagues_of_the_same_address(app, database):
    fail(app, ELM, FREE - 1)
    assert right(app, ELM, "192.0.2.1") == 302
    assert fail(app, OAK, FREE - 1)[-1].status_code == 422
    assert right(app, OAK, "192.0.2.1") == 302
    assert {row.failures for row in failed_sign_ins(database)} <= {0}


def test_signing_in_to_one_s_own_account_does_not_make_room_for_guesses_at_another(app):
    fail(app, ELM, FREE - 1)
    assert right(app, OAK, "192.0.2.1") == 302
    fail(app, ELM, address="203.0.113.1")
    assert right(app, ELM) == 429


def test_the_delay_doubles_and_ends_at_a_quarter_of_an_hour():
    delays = [delay_after(failures).total_seconds() for failures in range(FREE - 1, FREE + 8)]
    assert delays == [0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert delay_after(10**6) == LONGEST_DELAY


def test_nobody_is_locked_out_after_the_delay_the_right_password_is_right(app):
    with time_machine.travel(now(), tick=False) as clock:
        fail(app, ELM, FREE + 1)
        assert right(app, ELM) == 429
        clock.shift(timedelta(seconds=31))
        assert fail(app, ELM)[0].status_code == 422
        clock.shift(timedelta(seconds=31))
        assert right(app, ELM) == 429
        clock.shift(timedelta(seconds=31))
        assert right(app, ELM) == 302


def test_after_an_hour_counting_begins_anew_and_old_rows_are_gone(app, database):
    with time_machine.travel(now(), tick=False) as clock:
        fail(app, ELM, FREE)
        fail(app, NOBODY, address="203.0.113.1")
        clock.shift(timedelta(hours=1, seconds=1))
        fail(app, OAK, address="203.0.113.2")
        assert [row.failures for row in failed_sign_ins(database)] == [1, 1]


def test_of_many_guesses_at_once_no_more_are_checked_than_of_many_in_a_row(app):
    visitors = [Visitor(app) for _ in range(12)]
    for index, visitor in enumerate(visitors):
        visitor.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{index}"
    answers = at_once(*(lambda visitor=visitor: visitor.sign_in(ELM, "not the password") for visitor in visitors))
    assert sorted(answer.status_code for answer in answers) == [422] * FREE + [429] * (12 - FREE)


def test_neither_accounts_nor_addresses_can_be_read_from_what_is_kept(app, database):
    fail(app, ELM)
    assert all(len(row.key_hash) == 64 and int(row.key_hash, 16) for row in failed_sign_ins(database))


def test_a_failure_is_in_the_log_by_the_person_if_there_is_one_and_never_what_was_typed(app, database):
    fail(app, ELM)
    fail(app, "secret-typed-as-address@example.org")
    with database.reading() as session:
        person = session.scalars(select(Person).where(Person.email == ELM)).one()
        events = session.scalars(select(Event).where(Event.action == "sign_in_failed").order_by(Event.id)).all()
    assert [(event.by_id, event.details, event.address) for event in events] == [
        (person.id, {"what": "password"}, "192.0.2.1"),
        (None, {"what": "password"}, "192.0.2.1"),
    ]


def test_a_wrong_password_and_an_account_that_there_is_not_are_answered_in_the_same_words(app):
    answers = {named: Visitor(app).sign_in(named, "not the password") for named in (ELM, NOBODY)}
    pages = {TOKEN.sub("", answer.text.replace(named, "")) for named, answer in answers.items()}
    assert len(pages) == 1
    assert "This address and this password do not go together." in pages.pop()


def test_as_much_is_hashed_for_an_account_that_there_is_not(app, monkeypatch):
    """The library's own hashing is counted: it is nearly all of the time that an answer takes."""
    context, hashed = app.extensions["security"].pwd_context, list[int]()
    for name in ("hash", "verify"):
        method = getattr(context, name)
        monkeypatch.setattr(context, name, counting(method, hashed))
    fail(app, ELM)
    known, hashed[:] = len(hashed), []
    fail(app, NOBODY)
    assert known == len(hashed) == 1


def test_an_empty_field_is_no_guess(app, database):
    visitor = Visitor(app)
    for _ in range(FREE + 2):
        assert visitor.sign_in(ELM, "").status_code == 422
    assert failed_sign_ins(database) == []


def test_networks_and_names_are_folded():
    assert network("2001:db8:1:2::a") == network("2001:db8:1:2:ffff::b") != network("2001:db8:1:3::a")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1")
    assert network(None) == network("nonsense") == ""
    assert folded(" ＥLM@x.org ") == "elm@x.org"
