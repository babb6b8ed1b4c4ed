"""The own account: a password changed or forgotten, and where one is signed in."""

import re
from datetime import timedelta

import pytest
import time_machine
from argon2 import Type, extract_parameters
from flask_security import hash_password
from sqlalchemy import select

from config import DEMONSTRATION, DEMONSTRATION_SECRET, PRODUCTION, Settings
from referrals import create_app
from referrals.db import now
from referrals.events import Event
from referrals.staff import Person, RoleName
from referrals.throttle import FREE
from referrals.user_session import UserSession
from tests import clinic, letterbox
from tests.clinic import PASSWORD
from tests.lasting import put_away, quick
from tests.visitor import Visitor, hidden

NEW = "seven lamps under bridges"
ELM = "elm.physician@example.org"


@pytest.fixture
def app(database_url, tmp_path):
    """The service with a folder for its mails."""
    settings = Settings(
        mode=DEMONSTRATION,
        secret_key=DEMONSTRATION_SECRET,
        database_url=database_url,
        clinic_telephone="555-0100",
        smtp_url=(tmp_path / "mails").as_uri(),
        mail_from="referrals@clinic.example",
        public_url="https://referrals.example.org",
    )
    app = quick(settings)
    yield app
    put_away(app)


@pytest.fixture
def elm(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm Practice"))


@pytest.fixture
def visitor(app, elm):
    return Visitor(app, elm)


@pytest.fixture
def mails(app, tmp_path):
    def read():
        letterbox.worker(app).work_off()
        return letterbox.read(tmp_path / "mails")

    return read


def change(visitor, password=PASSWORD, new_password=NEW, password_again=None):
    again = new_password if password_again is None else password_again
    return visitor.post("/account/password", password=password, new_password=new_password, password_again=again)


def actions(database):
    with database.reading() as session:
        return list(session.scalars(select(Event.action).order_by(Event.id)))


def is_in(visitor):
    return visitor.get("/account").status_code == 200


# Changing it


def test_a_changed_password_counts_from_then_on_and_ends_every_other_session_at_once(
    app, database, elm, visitor, mails
):
    elsewhere = Visitor(app, elm)
    answer = change(visitor)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert is_in(visitor)
    assert not is_in(elsewhere)
    assert Visitor(app).sign_in(ELM).status_code == 422
    assert Visitor(app).sign_in(ELM, NEW).status_code == 302
    assert actions(database)[0] == "password_changed"
    assert [(letter["To"], letter["Subject"]) for letter in mails()] == [(ELM, "Your password was changed")]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"new_password": "short one"}, "Use at least 12 characters; this has 9."),
        ({"new_password": "password1234"}, "too easy to guess"),
        ({"new_password": "Elm Physician 2026"}, "names that others know too"),
        ({"new_password": "x" * 300}, "Use 200 characters at most"),
        ({"new_password": "seven lamps\0under bridges"}, "without control characters"),
        ({"password_again": "seven lamps under bridge"}, "not what is written above"),
        ({"password": "not the password"}, "That is not your password."),
        ({"password": ""}, "Write the password that you sign in with now."),
        ({"new_password": ""}, "Write the new password."),
    ],
)
def test_what_cannot_be_a_password_is_refused_with_what_to_do(database, visitor, said, told):
    answer = change(visitor, **said)
    assert answer.status_code == 422
    assert told in answer.text
    assert NEW not in answer.text
    assert "password_changed" not in actions(database)


def test_guessing_the_old_password_from_an_open_session_is_slowed_down_as_signing_in_is(visitor):
    answers = [change(visitor, password="not the password") for _ in range(FREE + 1)]
    assert [answer.status_code for answer in answers] == [422] * FREE + [429]


# Forgotten


def ask(app, email, base_url="http://localhost"):
    client = app.test_client()
    token = hidden(client.get("/forgotten-password", base_url=base_url).text, "csrf_token")
    return client.post("/forgotten-password", data={"email": email, "csrf_token": token}, base_url=base_url)


def link(letter):
    [path] = re.findall(r"https://referrals\.example\.org(/forgotten-password/\S+)", letter.get_content())
    return path


def choose(app, path, new_password=NEW):
    visitor = Visitor(app)
    token = hidden(visitor.get(path).text, "csrf_token")
    return visitor.client.post(
        path, data={"new_password": new_password, "password_again": new_password, "csrf_token": token}
    )


def test_somebody_who_forgot_the_password_chooses_another_by_a_mailed_link(app, database, elm, visitor, mails):
    assert ask(app, "ELM.physician@example.org", "http://evil.example").status_code == 303
    [letter] = mails()
    assert (letter["To"], letter["From"]) == (ELM, "referrals@clinic.example")
    assert "evil" not in letter.get_content()
    assert choose(app, link(letter)).headers["Location"].endswith("/sign-in")
    assert not is_in(visitor)
    assert Visitor(app).sign_in(ELM, NEW).status_code == 302
    assert actions(database)[:2] == ["reset_mailed", "password_reset"]


def test_the_answer_is_the_same_for_an_account_that_there_is_not_and_it_gets_no_mail(app, elm, mails):
    known, unknown = ask(app, ELM), ask(app, "nobody@example.org")
    assert known.status_code == unknown.status_code == 303
    assert known.data == unknown.data
    assert len(mails()) == 1


def test_a_link_works_once_for_an_hour_and_not_after_the_password_changed(app, elm, visitor, mails):
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(3):
            ask(app, ELM)
        first, second, _ = map(link, mails())
        assert choose(app, first).status_code == 303
        assert [Visitor(app).get(path).status_code for path in (first, second)] == [410, 410]
        ask(app, ELM)
        late = link(mails()[-1])
        clock.shift(timedelta(minutes=60, seconds=2))
        assert Visitor(app).get(late).status_code == 410
    assert Visitor(app).get("/forgotten-password/nonsense").status_code == 410


def test_who_was_deactivated_gets_no_link_and_an_old_one_is_worth_nothing(app, database, elm, mails):
    ask(app, ELM)
    path = link(mails()[0])
    with database.begin() as session:
        session.get(Person, elm.id).active = False
    assert Visitor(app).get(path).status_code == 410
    ask(app, ELM)
    assert len(mails()) == 1


def test_a_password_that_is_too_easy_is_refused_there_too_and_the_link_still_works(app, elm, mails):
    ask(app, ELM)
    path = link(mails()[0])
    assert choose(app, path, "elm physician 1").status_code == 422
    assert choose(app, path).status_code == 303


def test_who_guessed_too_often_gets_in_at_once_with_a_new_password(app, elm, mails):
    for _ in range(FREE):
        Visitor(app).sign_in(ELM, "not the password")
    ask(app, ELM)
    choose(app, link(mails()[0]))
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    assert visitor.sign_in(ELM, NEW).status_code == 302


def test_asking_again_and_again_has_to_wait_and_does_not_keep_the_owner_from_signing_in(app, elm):
    answers = [ask(app, ELM) for _ in range(FREE + 1)]
    assert [answer.status_code for answer in answers] == [303] * FREE + [429]
    assert Visitor(app).sign_in(ELM).status_code == 302


def test_a_password_is_kept_by_argon2id_at_its_full_cost(sqlite_url):
    """All other tests hash fast. OWASP's Password Storage Cheat Sheet asks for 19 MiB and 2 rounds at the least."""
    app = create_app(Settings(mode=DEMONSTRATION, secret_key=DEMONSTRATION_SECRET, database_url=sqlite_url))
    with app.app_context():
        kept = extract_parameters(hash_password(PASSWORD))
    assert kept.type is Type.ID
    assert kept.memory_cost >= 19 * 1024
    assert kept.time_cost >= 2


def test_without_mail_the_page_says_whom_to_ask(sqlite_url):
    app = create_app(
        Settings(mode=PRODUCTION, secret_key="x" * 40, database_url=sqlite_url, public_url="https://localhost")
    )
    page = app.test_client().get("/forgotten-password", base_url="https://localhost")
    assert "Ask your administrator" in page.text


# Where one is signed in


def test_a_person_sees_where_they_are_signed_in_and_ends_one_of_them(app, database, elm, visitor):
    other = Visitor(app)
    other.client.environ_base["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    other.sign_in(ELM)
    page = visitor.get("/account").text
    assert "Firefox, Windows" in page
    assert page.count("this one") == 1
    with database.reading() as session:
        theirs = session.scalars(select(UserSession).where(UserSession.browser != "")).one()
    assert visitor.post(f"/account/sessions/{theirs.public_id}/end").status_code == 303
    assert (is_in(visitor), is_in(other)) == (True, False)
    assert actions(database)[-1] == "session_ended"


def test_nobody_ends_the_session_of_another(app, database, elm, visitor):
    with app.app_context(), database.begin() as session:
        oak = clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, clinic.practice(session, "Oak Practice"))
    neighbor = Visitor(app, oak)
    with database.reading() as session:
        theirs = session.scalars(select(UserSession).where(UserSession.person_id == oak.id)).one()
    assert visitor.post(f"/account/sessions/{theirs.public_id}/end").status_code == 404
    assert is_in(neighbor)


def test_signing_out_everywhere_ends_every_session_this_one_too(app, database, elm, visitor):
    other = Visitor(app, elm)
    assert visitor.post("/account/sessions/end").headers["Location"].endswith("/sign-in")
    assert (is_in(visitor), is_in(other)) == (False, False)
    assert actions(database)[-1] == "signed_out_everywhere"


# Fresh


def stale(visitor):
    with visitor.client.session_transaction() as session:
        session["fs_paa"] -= 601


def test_what_needs_a_fresh_sign_in_waits_for_the_password_and_goes_on(visitor):
    stale(visitor)
    led = visitor.get("/account/password").headers["Location"]
    assert led == "/sign-in/again?next=/account/password"
    assert visitor.post("/sign-in/again", password="not the password", next="/account/password").status_code == 422
    assert visitor.get("/account/password").status_code == 302
    said = visitor.post("/sign-in/again", password=PASSWORD, next="/account/password")
    assert said.headers["Location"].endswith("/account/password")
    assert visitor.get("/account/password").status_code == 200


def test_saying_again_who_one_is_leads_nowhere_else(visitor):
    stale(visitor)
    said = visitor.post("/sign-in/again", password=PASSWORD, next="//evil.example")
    assert "evil.example" not in said.headers.get("Location", "")


def test_a_form_that_needs_a_fresh_sign_in_is_not_carried_out_and_no_password_is_written_into_the_page(
    visitor, database
):
    stale(visitor)
    answer = change(visitor)
    assert answer.status_code == 401
    assert "Say again who you are" in answer.text
    assert NEW not in answer.text
    assert PASSWORD not in answer.text
    assert "password_changed" not in actions(database)


def test_guessing_there_is_slowed_down_too(visitor):
    answers = [visitor.post("/sign-in/again", password="not the password") for _ in range(FREE + 1)]
    assert [answer.status_code for answer in answers] == [422] * FREE + [429]
