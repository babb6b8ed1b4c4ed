"""A stolen password alone opens nothing: second factors at signing in, set up, lost, and needed by a role."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask_security import hash_password
from sqlalchemy import func, select

from referrals import account, second_factor
from referrals.db import now
from referrals.events import Event
from referrals.second_factor import LastFactor
from referrals.staff import SECOND_FACTOR_ROLES, Passkey, Person, RoleName
from referrals.user_session import UserSession
from referrals.web.context import reading
from tests import clinic
from tests.clinic import PASSWORD
from tests.conftest import whole_database
from tests.lasting import put_away
from tests.second_factors import (
    Authenticator,
    codes_on,
    for_production,
    form_for_codes,
    is_signed_in,
    make_codes,
    production,
    recovery_codes,
    send,
    with_authenticator,
)
from tests.visitor import Visitor, hidden

MAIL, NEW = "elm.physician@example.org", "seven lamps under bridges"
CODE, RECOVERY = "/sign-in/code", "/sign-in/recovery-code"


@pytest.fixture
def elm(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm Practice"))


def logged(database):
    with database.reading() as session:
        return list(session.scalars(select(Event.action).order_by(Event.id)))


def sessions(database):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(UserSession))


def passkey(person, name="Telephone"):
    return Passkey(
        user_id=person.id, credential_id=name.encode(), public_key=b"key", backup_state=False, name=name,
        device_type="single_device", lastuse_datetime=now(), usage="secondary",
    )  # fmt: skip


def test_a_right_password_alone_starts_no_session_where_there_is_a_second_factor(app, database, elm):
    telephone = with_authenticator(app, elm)
    somebody = Visitor(app)
    answer = somebody.sign_in_halfway(MAIL)
    assert answer.headers["Location"].startswith(CODE)
    assert sessions(database) == 0
    assert "signed_in" not in logged(database)
    assert not is_signed_in(somebody)

    assert send(somebody, CODE, code=telephone.code()).status_code == 302
    assert is_signed_in(somebody)
    assert sessions(database) == 1


def test_one_is_led_on_to_where_one_wanted_to_go(app, elm):
    telephone = with_authenticator(app, elm)
    somebody = Visitor(app)
    answer = somebody.sign_in_halfway(MAIL, next="/criteria?of=clinic")
    path = answer.headers["Location"]
    assert send(somebody, path, code=telephone.code()).headers["Location"] == "/criteria?of=clinic"


def test_a_code_counts_once(app, database, elm):
    telephone = with_authenticator(app, elm)
    first, second = Visitor(app), Visitor(app)
    code = telephone.code()
    for visitor in (first, second):
        visitor.sign_in_halfway(MAIL)
    assert send(first, CODE, code=code).status_code == 302
    refused = send(second, CODE, code=code)
    assert refused.status_code == 422
    assert "used already" in refused.text
    assert not is_signed_in(second)
    assert logged(database)[-1] == "second_factor_failed"


def test_of_two_who_send_the_same_code_at_once_one_is_too_late(app, database, elm):
    telephone = with_authenticator(app, elm)
    with app.test_request_context(), database.reading() as session:
        before = session.get(Person, elm.id)  # both have read this before either writes
        answers = []
        for _ in range(2):
            answers.append(telephone.factory.verify_totp(telephone.code(), telephone.secret, before, 30))
            reading().commit()
    assert answers == [True, False]


@pytest.mark.parametrize("code", ["", "000000", "12345", "٠١٢٣٤٥", "1" * 5000, "12\x0034", "code"])
def test_a_wrong_code_is_refused_and_said_so(app, database, elm, code):
    with_authenticator(app, elm)
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    assert send(somebody, CODE, code=code).status_code == 422
    assert not is_signed_in(somebody)


@pytest.mark.parametrize("late", [timedelta(seconds=90), timedelta(days=1)])
def test_an_old_code_is_refused(app, elm, late):
    telephone = with_authenticator(app, elm)
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    assert send(somebody, CODE, code=telephone.code(now() - late)).status_code == 422


def test_a_right_password_waits_ten_minutes_for_its_code(app, elm):
    telephone = with_authenticator(app, elm)
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    with time_machine.travel(now() + timedelta(minutes=11)):
        answer = somebody.get(CODE)
        assert answer.headers["Location"].startswith("/sign-in")
        code, token = telephone.code(), hidden(somebody.get("/sign-in").text, "csrf_token")
        somebody.client.post(CODE, data={"csrf_token": token, "code": code})
        assert not is_signed_in(somebody)


def test_somebody_deactivated_between_password_and_code_is_out(app, database, elm):
    telephone = with_authenticator(app, elm)
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    token = hidden(somebody.get(CODE).text, "csrf_token")
    with database.begin() as session:
        session.get(Person, elm.id).active = False
    somebody.client.post(CODE, data={"csrf_token": token, "code": telephone.code()})
    assert sessions(database) == 0


def test_no_code_page_opens_without_a_password_first(app, elm):
    with_authenticator(app, elm)
    for path in (CODE, RECOVERY, "/sign-in/second-factor"):
        assert Visitor(app).get(path).headers["Location"].startswith("/sign-in")


def test_an_authenticator_is_set_up_by_proving_that_it_was_scanned(app, database, elm):
    visitor = Visitor(app, elm)
    page = visitor.get("/account/authenticator").text
    assert 'src="data:image/svg+xml;base64,' in page
    state = hidden(page, "state")
    wrong = visitor.post("/account/authenticator", state=state, code="000000")
    assert wrong.status_code == 422
    assert hidden(page, "state").split(".")[0] in wrong.text  # the same secret: nobody has to scan again

    code = Authenticator(app, _secret(app, state)).code()
    assert visitor.post("/account/authenticator", state=state, code=code).status_code == 303
    assert "authenticator_set_up" in logged(database)
    somebody = Visitor(app)
    assert somebody.sign_in_halfway(MAIL).headers["Location"].startswith(CODE)
    assert send(somebody, CODE, code=code).status_code == 422  # it proved the set-up, and counts once


def _secret(app, state):
    return app.extensions["security"].tf_setup_serializer.loads(state)["secret"]


def test_a_set_up_cannot_be_passed_on_to_somebody_else(app, database, elm):
    with app.app_context(), database.begin() as session:
        oak = clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, clinic.practice(session, "Oak Practice"))
    state = hidden(Visitor(app, elm).get("/account/authenticator").text, "state")
    code = Authenticator(app, _secret(app, state)).code()
    for wrong in (state, "nonsense", ""):
        assert Visitor(app, oak).post("/account/authenticator", state=wrong, code=code).status_code == 422
    assert "authenticator_set_up" not in logged(database)


def test_recovery_codes_are_shown_once_kept_encrypted_and_work_once_each(app, database, elm):
    with_authenticator(app, elm)
    codes = recovery_codes(Visitor(app, elm))
    assert len(codes) == len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9a-f]{4}(-[0-9a-f]{4}){2}", code) for code in codes)
    with database.reading() as session:
        assert not any(code in str(session.get(Person, elm.id).mf_recovery_codes) for code in codes)
    assert not any(code in Visitor(app, elm).get("/account/recovery-codes?show_codes=1").text for code in codes)

    first, second = Visitor(app), Visitor(app)
    for visitor in (first, second):
        visitor.sign_in_halfway(MAIL)
    assert send(first, RECOVERY, code=codes[0].upper().replace("-", " ")).status_code == 302
    assert is_signed_in(first)
    assert send(second, RECOVERY, code=codes[0]).status_code == 422
    assert not is_signed_in(second)
    actions = logged(database)
    assert [action for action in actions if "recover" in action] == ["recovery_codes_made", "recovery_code_used"]
    assert actions[-1] == "second_factor_failed"


def test_new_recovery_codes_end_the_old_ones(app, elm):
    with_authenticator(app, elm)
    visitor = Visitor(app, elm)
    old, new = recovery_codes(visitor), recovery_codes(visitor)
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    assert send(somebody, RECOVERY, code=old[0]).status_code == 422
    assert send(somebody, RECOVERY, code=new[0]).status_code == 302


def test_the_log_says_with_what_somebody_got_in(app, database, elm):
    telephone = with_authenticator(app, elm)
    code = recovery_codes(Visitor(app, elm))[0]
    for page, shown in ((RECOVERY, code), (CODE, telephone.code())):
        visitor = Visitor(app)
        visitor.sign_in_halfway(MAIL)
        send(visitor, page, code=shown)
    with database.reading() as session:
        of_these = select(Event.details).where(Event.action == "signed_in").order_by(Event.id)
        assert list(session.scalars(of_these)) == [{"with": "recovery code"}, {"with": "code"}]


def test_a_form_sent_twice_or_a_page_loaded_again_makes_one_set_of_codes_and_shows_the_same(app, database, elm):
    with_authenticator(app, elm)
    visitor = Visitor(app, elm)
    form = form_for_codes(visitor)
    with ThreadPoolExecutor(4) as pool:
        browsers = [Visitor(app, elm) for _ in range(4)]
        pages = list(pool.map(lambda browser: make_codes(browser, form).text, browsers))
    assert len({tuple(codes_on(page)) for page in (*pages, make_codes(visitor, form).text)}) == 1
    assert logged(database).count("recovery_codes_made") == 1
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    assert send(somebody, RECOVERY, code=codes_on(pages[0])[3]).status_code == 302


def test_an_old_form_neither_brings_used_codes_back_nor_ends_newer_ones(app, elm):
    with_authenticator(app, elm)
    visitor = Visitor(app, elm)
    form, opened_before = form_for_codes(visitor), form_for_codes(visitor)
    code = codes_on(make_codes(visitor, form).text)[0]
    assert make_codes(visitor, opened_before).status_code == 409
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    send(somebody, RECOVERY, code=code)
    again = make_codes(visitor, form)
    assert again.status_code == 409
    assert "Your recovery codes have changed" in again.text
    assert not codes_on(again.text)
    somebody = Visitor(app)
    somebody.sign_in_halfway(MAIL)
    assert send(somebody, RECOVERY, code=code).status_code == 422


def test_a_form_for_recovery_codes_is_good_for_one_person_and_a_quarter_of_an_hour(app, database, elm):
    with app.app_context(), database.begin() as session:
        oak = clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, clinic.practice(session, "Oak Practice"))
    visitor = Visitor(app, elm)
    form = form_for_codes(visitor)
    for wrong in (form_for_codes(Visitor(app, oak)), "nonsense", ""):
        answer = make_codes(visitor, wrong)
        assert answer.status_code == 422
        assert not codes_on(answer.text)
    with time_machine.travel(now() + timedelta(minutes=16), tick=True):
        assert make_codes(Visitor(app, elm), form).status_code == 422
    assert "recovery_codes_made" not in logged(database)


def test_a_new_password_by_mail_is_no_way_past_the_second_factor(app, database, elm):
    with_authenticator(app, elm)
    visitor = Visitor(app)
    with app.app_context(), database.begin() as session:
        account.reset_password(session, elm.id, account.stamp_of(session.get(Person, elm.id)), hash_password(NEW))
    assert visitor.sign_in_halfway(MAIL, NEW).headers["Location"].startswith(CODE)
    assert not is_signed_in(visitor)


def test_an_authenticator_can_be_removed_where_no_role_needs_it(app, database, elm):
    with_authenticator(app, elm)
    visitor = Visitor(app, elm)
    recovery_codes(visitor)
    assert visitor.post("/account/authenticator/remove").status_code == 303
    with database.reading() as session:
        assert session.get(Person, elm.id).mf_recovery_codes is None
    assert logged(database)[-1] == "authenticator_removed"
    assert Visitor(app).sign_in(MAIL).headers["Location"] == "/"


def test_what_the_library_would_do_by_its_own_pages_is_not_there(app, elm):
    visitor = Visitor(app, elm)
    for path in ("/tf-setup", "/tf-rescue", "/wan-delete"):
        assert visitor.get(path).status_code == 404
        assert visitor.post(path, setup="disable").status_code == 404


def test_nobody_is_signed_in_by_a_token_of_the_library_nor_given_one(app, elm):
    visitor = Visitor(app)
    token = hidden(visitor.get("/sign-in").text, "csrf_token")
    answer = visitor.client.post(
        "/sign-in?include_auth_token", json={"email": MAIL, "password": PASSWORD, "csrf_token": token},
        headers={"X-CSRFToken": token, "Accept": "application/json"},
    )  # fmt: skip
    assert "authentication_token" not in answer.text
    with app.test_request_context():
        token = elm.get_auth_token()
    assert Visitor(app).get(f"/criteria?auth_token={token}").status_code == 302


class TestInARealClinic:
    """Production: coordinator, IR physician, administrator and auditor work with a second factor or not at all."""

    @pytest.fixture
    def service(self, database_url):
        app = production(database_url)
        yield app
        put_away(app)

    @pytest.fixture
    def people(self, service):
        with service.app_context(), whole_database(service).begin() as session:
            hospital = clinic.practice(session, "Clinic", is_clinic=True)
            return {role: clinic.person(session, f"Test {role}", role, hospital) for role in RoleName}

    @pytest.mark.parametrize("role", sorted(SECOND_FACTOR_ROLES))
    def test_who_needs_one_and_has_none_may_only_set_one_up_and_sign_out(self, service, people, role):
        visitor = Visitor(service)
        visitor._as_if_signed_in(people[role])
        for path in ("/criteria", "/queue/", "/referrals/zzzzzzzzzzzz"):
            answer = visitor.get(path)
            assert answer.status_code in (303, 403), (role, path)
            assert "second-factor" in answer.headers.get("Location", "second-factor")
        assert "Set one up before you go on" in visitor.get("/account/second-factor").text
        for path in ("/account/authenticator", "/account/passkeys/new"):
            assert visitor.get(path).status_code == 200
        assert visitor.post("/sign-out").status_code == 302

    def test_everything_opens_once_it_is_set_up(self, service, people):
        visitor = Visitor(service)
        visitor._as_if_signed_in(people[RoleName.COORDINATOR])
        with_authenticator(service, people[RoleName.COORDINATOR])
        assert visitor.get("/queue/").status_code == 200

    def test_the_last_one_cannot_be_removed(self, service, people):
        database, person = whole_database(service), people[RoleName.AUDITOR]
        with_authenticator(service, person)
        visitor = Visitor(service, person)
        visitor.post("/account/authenticator/remove")
        assert "this is your only one" in visitor.get("/account/second-factor").text
        with database.begin() as session:
            session.add(passkey(person))
        visitor.post("/account/authenticator/remove")
        visitor.post("/account/passkeys/remove", name="Telephone")
        assert logged(database).count("authenticator_removed") == 1
        assert "passkey_removed" not in logged(database)

    def test_a_referring_physician_works_without_one(self, service, people):
        assert is_signed_in(Visitor(service, people[RoleName.PHYSICIAN]))

    def test_the_password_and_the_code_sign_a_coordinator_in(self, service, people):
        person = people[RoleName.COORDINATOR]
        with whole_database(service).begin() as session:
            for_production(service, session, person)
        telephone = with_authenticator(service, person)
        somebody = Visitor(service)
        assert somebody.sign_in_halfway(person.email).headers["Location"].startswith(CODE)
        assert not is_signed_in(somebody)
        send(somebody, CODE, code=telephone.code())
        assert somebody.get("/queue/").status_code == 200


def test_of_two_factors_the_last_is_kept_however_the_removals_meet(app, database, elm):
    with_authenticator(app, elm)
    with database.begin() as session:
        session.add(passkey(elm))
    with database.begin() as session:
        person = second_factor.locked(session, elm.id)
        second_factor.remove_passkey(session, person, "Telephone", needed=True)
        with pytest.raises(LastFactor):
            second_factor.remove_authenticator(session, person, needed=True)


def test_an_administrator_s_reset_takes_all_of_them_away(app, database, elm):
    with_authenticator(app, elm)
    with database.begin() as session:
        session.add(passkey(elm))
    with database.begin() as session:
        second_factor.remove_all(session, second_factor.locked(session, elm.id), None)
    with database.reading() as session:
        assert session.get(Person, elm.id).has_second_factor is False
    assert logged(database)[-1] == "second_factor_reset"


@pytest.mark.parametrize("answer", ["", "x", "[]", "1", "null", "{}", '{"id": 1}', '{"id": "a", "rawId": "a"}'])
def test_a_passkey_s_answer_that_is_none_is_refused(app, elm, answer):
    signed_in, stranger = Visitor(app, elm), Visitor(app)
    for visitor, path, form in (
        (signed_in, "/account/passkeys/new", {"name": "Telephone"}),
        (stranger, "/sign-in/passkey", {}),
        (signed_in, "/verify/passkey", {}),
    ):
        page = send(visitor, path, **form).text
        action = page.partition('" data-passkey')[0].rpartition('action="')[2]
        refused = visitor.client.post(action, data={"csrf_token": hidden(page, "csrf_token"), "credential": answer})
        assert refused.status_code == 302
        assert "Location" in refused.headers
    assert not is_signed_in(stranger)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\x00b", "\u202eabc", "\u200b"])
def test_a_passkey_needs_a_name_that_can_be_read(app, elm, name):
    assert send(Visitor(app, elm), "/account/passkeys/new", name=name).status_code == 422
