"""The same patient twice: found while typing and when sent, shown to those who may know, linked, and never dropped."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import event, func, select, text

from referrals import duplicates, migrate, restriction, same_patient
from referrals.db import connect, now
from referrals.duplicates import PatientLink
from referrals.earlier import overlap
from referrals.events import Event
from referrals.patients import Patient, PatientDetails, find_or_register
from referrals.policy import scope_of
from referrals.referral import Referral
from referrals.scope import as_the_installation
from referrals.staff import RoleName
from referrals.submission import OpenAlready, Submission, open_draft, submit
from tests import clinic
from tests.clinic import TODAY
from tests.intake_form import COMPLETE, opened, send
from tests.test_likeness import BORN, OF, OTHER_PEOPLE, SAME_PERSON, somebody
from tests.visitor import Visitor, hidden, without_random

ADA = PatientDetails("Cordelia", "Sample", BORN, "female", "T-1")
TYPED = {"given_name": "Codelia", "family_name": "Sample", "born_on": "1943-03-09", "sex": "female"}
WHO = {
    "elm": ("Elm Physician", RoleName.PHYSICIAN, "elm"),
    "colleague": ("Elm Colleague", RoleName.PHYSICIAN, "elm"),
    "oak": ("Oak Physician", RoleName.PHYSICIAN, "oak"),
    "coordinator": ("Test Coordinator", RoleName.COORDINATOR, "hospital"),
    "other": ("Other Coordinator", RoleName.COORDINATOR, "hospital"),
}


@pytest.fixture
def town(app, database):
    """Two practices and the clinic, with a browser for everybody; nobody is referred yet."""
    with app.app_context(), database.begin() as session:
        places = {
            name: clinic.practice(session, name.capitalize(), name == "hospital") for name in ("elm", "oak", "hospital")
        }
        people = {who: clinic.person(session, name, role, places[at]) for who, (name, role, at) in WHO.items()}
    visitors = {who: Visitor(app, person) for who, person in people.items()}
    return SimpleNamespace(app=app, database=database, people=people, **visitors)


def refer(town, by="elm", who=ADA, levels=("L1",), ago=0, as_="system"):
    """A referral that was sent so many days ago; `as_`: by whose transaction."""
    scope = None if as_ == "system" else scope_of(town.people[as_])
    picture = clinic.told(None, *({**clinic.COLLAPSED, "level": level} for level in levels))
    sent = Submission(patient=who, picture=picture, reason="Painful", call_back="555-0103")
    with town.database.begin(scope) as session:
        draft = open_draft(session, f"token {next(clinic._count)}", town.people[by])
        made = submit(session, draft, sent, town.people[by], TODAY, separate=True)
        made.first_submitted_at = now() - timedelta(days=ago)
    return made


def links(town):
    with town.database.reading() as session:
        return session.scalars(select(PatientLink).order_by(PatientLink.id)).all()


def typed(town, who="elm", **changed):
    visitor = getattr(town, who)
    return visitor.post("/referrals/new/sent-before", {**opened(visitor), **TYPED, **changed})


# Found by an index, compared, linked


def test_everybody_who_looks_alike_is_found_and_nobody_else(town):
    elm = town.people["elm"].practice_id
    for name, changed in SAME_PERSON.items():
        with town.database.begin() as session:
            known, _ = find_or_register(session, elm, OF.get(name, somebody()))
            assert known in duplicates.in_the_practice(session, elm, somebody(**changed)), name
            session.rollback()
    for name, (one, other) in OTHER_PEOPLE.items():
        with town.database.begin() as session:
            known, _ = find_or_register(session, elm, one)
            assert known not in duplicates.in_the_practice(session, elm, other), name
            session.rollback()


def test_a_slip_of_the_pen_links_two_records_of_a_practice(town):
    first, second = refer(town, as_="elm"), refer(town, who=replace(ADA, given_name="Codelia"), as_="elm")
    [link] = links(town)
    assert (link.patient_id, link.other_id) == (first.patient_id, second.patient_id)
    assert (link.practice_id, link.decision) == (town.people["elm"].practice_id, None)


def test_the_same_patient_from_two_practices_is_linked_and_neither_is_told(town):
    refer(town, as_="elm")
    second = refer(town, "oak", replace(ADA, mrn="A-77"), as_="oak")
    [link] = links(town)
    assert link.practice_id is None
    page = (
        town.oak.get(f"/referrals/{second.public_id}").text
        + town.oak.get(f"/referrals/{second.public_id}/same-patient").text
    )
    assert "Elm" not in without_random(page)
    assert "Possibly" not in page
    assert "No other record looks like this patient" in page


def test_whoever_sends_works_for_their_practice_again_afterwards(town):
    refer(town, as_="elm")
    with town.database.begin(scope_of(town.people["oak"])) as session:
        known, _ = find_or_register(session, town.people["oak"].practice_id, ADA)
        duplicates.link(session, known, town.people["oak"].practice_id, ADA)
        assert session.info["scope"] == scope_of(town.people["oak"])
        seen = session.scalar(text("SELECT count(*) FROM patients"))
    assert seen == (2 if town.database.url.startswith("sqlite") else 1)
    with town.database.begin(scope_of(town.people["oak"])) as session:
        with pytest.raises(ZeroDivisionError), as_the_installation(session):
            assert session.scalar(text("SELECT count(*) FROM patients")) == 2
            raise ZeroDivisionError
        assert session.scalar(text("SELECT count(*) FROM patients")) == seen
    assert len(links(town)) == 1


def test_what_was_registered_before_there_were_links_is_linked_by_the_command_and_only_once(town):
    with town.database.begin() as session:
        for at, who in (
            ("elm", ADA),
            ("oak", ADA),
            ("elm", replace(ADA, given_name="Codelia")),
            ("elm", somebody("Dora")),
        ):
            find_or_register(session, town.people[at].practice_id, who)
    for made in ("3 new links", "0 new links"):
        said = town.app.test_cli_runner().invoke(args=["patients", "link"])
        assert (said.exit_code, said.output.strip()) == (0, f"Looked at 4 records, and made {made}.")
    assert [link.practice_id is None for link in links(town)] == [True, False, True]


def test_two_practices_that_send_the_same_patient_at_the_same_moment_are_linked(town):
    start, form = Barrier(8), {**COMPLETE, **TYPED, "mrn": ""}
    tabs = [Visitor(town.app, town.people[("elm", "oak")[i % 2]]) for i in range(8)]
    forms = [{**form, **opened(tab)} for tab in tabs]

    def go(tab, form):
        start.wait(timeout=20)
        return tab.post("/referrals/new", form).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(go, tabs, forms))
    assert sorted(statuses) == [303, 303, *[409] * 6]
    assert len(links(town)) == 1


MANY = 100_000
FILL = {
    "sqlite": f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MANY}) {{}}",
    "postgresql": f"WITH n(n) AS (SELECT generate_series(1, {MANY})) {{}}",
}
DAY = {
    "sqlite": "date('1920-01-01', (n * 7919 % 14600) || ' days')",
    "postgresql": "DATE '1920-01-01' + n * 7919 % 14600",
}


def test_among_100_000_patients_they_are_found_by_indexes_alone(town, owner_url):
    dialect, elm = town.database.engine.dialect.name, town.people["elm"].practice_id
    rows = (
        "INSERT INTO patients (public_id, practice_id, born_on, sex, given_name, family_name, mrn, search_name,"
        " search_given_name, search_mrn, plain_family_name, plain_given_name, telephone, language, carer_name,"
        " carer_telephone, created_at)"
        f" SELECT 'p' || n, {elm}, {DAY[dialect]}, 'female', 'given' || n % 500, 'family' || n % 3000, 'm' || n,"
        " 'family' || n % 3000 || ' given' || n % 500, 'given' || n % 500 || ' family' || n % 3000, 'm' || n,"
        " 'family' || n % 3000, 'given' || n % 500,"
        " '', '', '', '', CURRENT_TIMESTAMP FROM n"
    )
    into, _, values = rows.partition(" SELECT ")
    with town.database.begin() as session:
        session.execute(text(f"{into} {FILL[dialect].format(f'SELECT {values}')}"))
    analyze(owner_url)
    for scope in (None, scope_of(town.people["elm"]), scope_of(town.people["coordinator"])):
        with town.database.reading(scope) as session:
            for plan in plans_of(session, lambda: duplicates.in_the_practice(session, elm, ADA)):
                assert not re.search(r"Seq Scan on patients|SCAN patients", plan), plan
                for index in ("born_on", "search_name", "search_given_name", "search_mrn"):
                    assert f"ix_patients_{index}" in plan, plan
    with town.database.begin() as session:
        for plan in plans_of(session, lambda: duplicates.link(session, 1, elm, ADA)):
            assert not re.search(r"Seq Scan on patients|SCAN patients", plan), plan


def test_the_migration_finds_whoever_was_there_before(town, owner_url):
    with town.database.begin() as session:
        elm = town.people["elm"].practice_id
        old = PatientDetails("José-María", "O’Sample", BORN, "female")
        there, _ = find_or_register(session, elm, old)
    migrate.downgrade(owner_url, "20261126_wall_functions")
    migrate.upgrade(owner_url)
    with town.database.reading() as session:
        kept = session.get_one(Patient, there)
        assert (kept.plain_family_name, kept.plain_given_name) == ("osample", "josemaria")
        again = PatientDetails("Jose Maria", "OSample", BORN, "female")
        assert list(duplicates.in_the_practice(session, elm, again)) == [there]


def analyze(owner_url):
    if owner_url.startswith("sqlite"):
        return
    engine = connect(owner_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE patients")
    engine.dispose()


def plans_of(session, act):
    """How the database goes about each statement on patients that this sends."""
    sent = []

    def keep(_connection, _cursor, statement, parameters, *_):
        if "FROM patients" in statement and not statement.startswith("EXPLAIN"):
            sent.append((statement, parameters))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", keep)
    act()
    event.remove(connection, "before_cursor_execute", keep)
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    assert sent
    for statement, parameters in sent:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
        yield "\n".join(str(row[-1]) for row in rows)


# While typing, and when sending


def test_while_a_patient_is_typed_the_own_practice_s_referrals_show_with_why(town):
    sent = refer(town)
    shown = typed(town).text
    assert sent.public_id in shown
    assert "Name written almost alike, same birth date, same sex." in shown
    assert sent.public_id in typed(town, family_name="Other", mrn="t-1").text
    assert "referral" not in typed(town, born_on="1950-01-01").text


def test_nothing_of_another_practice_shows_while_typing_or_sending(town):
    refer(town, "oak", ADA)
    exactly = {"given_name": "Cordelia", "mrn": "T-1"}
    answers = [typed(town), typed(town, **exactly), send(town.elm, do="check", **exactly)]
    assert all("Sent already?" not in answer.text for answer in answers)
    assert send(town.elm, **{**TYPED, **exactly}).status_code == 303


def test_before_there_is_enough_to_go_by_nobody_is_looked_for(town):
    refer(town)
    assert "Sample" not in typed(town, born_on="", given_name="Cordelia").text
    assert typed(town, born_on="1943-02-30").status_code == 200


def test_without_script_they_show_when_eligibility_is_checked(town):
    sent = refer(town)
    checked = send(town.elm, do="check", **TYPED)
    assert checked.status_code == 200
    assert "Sent already?" in checked.text
    assert sent.public_id in checked.text


def test_what_is_shown_while_typing_is_in_the_log_and_only_then(town):
    refer(town)
    before = entries(town)
    typed(town, born_on="1950-01-01")
    assert entries(town) == before
    typed(town)
    with town.database.reading() as session:
        newest = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert (newest.action, newest.details, newest.by_id) == (
        "list_read", {"page": "intake.known", "rows": 1}, town.people["elm"].id,
    )  # fmt: skip


def entries(town):
    with town.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Event))


def test_a_likely_match_is_shown_before_sending_and_never_stops_it(town):
    sent = refer(town)
    shown = send(town.elm, **{**TYPED, "mrn": ""})
    assert shown.status_code == 409
    assert "This may be a patient with an open referral" in shown.text
    assert sent.public_id in shown.text
    address = send(town.elm, **{**TYPED, "mrn": ""}, separate="yes").headers["Location"]
    assert len(links(town)) == 1
    assert "Sent although another referral of the patient" in town.coordinator.get(address).text
    with town.database.reading() as session:
        newest = session.scalars(select(Event).where(Event.action == "submit").order_by(Event.id.desc())).first()
    assert newest.details["separate_from"] == [sent.public_id]


def test_two_records_that_were_told_apart_do_not_show_while_typing_any_more(town):
    refer(town)
    twin = refer(town, who=replace(ADA, given_name="Codelia", mrn=""))
    decide(town, twin, "different")
    shown = typed(town).text
    assert twin.public_id in shown, "of the very patient who is typed"
    assert "Cordelia" not in shown


@pytest.mark.parametrize(
    ("ago", "levels", "state", "shows"),
    [
        (200, ("L1",), "submitted", True),
        (80, ("L1",), "withdrawn", True),
        (80, ("T8",), "withdrawn", False),
        (100, ("L1",), "withdrawn", False),
        (80, (None,), "withdrawn", True),
    ],
)
def test_what_is_open_or_recent_and_of_the_same_level_shows(town, ago, levels, state, shows):
    sent = refer(town, levels=levels, ago=ago)
    with town.database.begin() as session:
        if state == "withdrawn":
            clinic.withdraw(session, session.get(Referral, sent.id), town.people["elm"])
    assert (sent.public_id in typed(town, levels="L1").text) is shows


def test_what_a_colleague_restricted_does_not_show_while_typing(town):
    sent = refer(town)
    with town.database.begin() as session:
        restriction.restrict(session, session.get(Referral, sent.id), town.people["elm"], sent.version, "A neighbor")
    assert sent.public_id in typed(town).text
    assert "Sample" not in typed(town, "colleague").text.replace('value="Sample"', "")
    assert send(town.colleague, **{**TYPED, "mrn": ""}).status_code == 303


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("L1", "L1", True),
        ("T12 L1", "L1 L2", True),
        ("T12", "L1", False),
        ("?", "L1", True),
        ("T8 ?", "L1", True),
        ("", "L1", True),
    ],
)
def test_levels_overlap_where_one_is_in_common_or_not_known(one, other, said):
    assert overlap(one, other) is overlap(other, one) is said


# At the clinic


@pytest.fixture
def pair(town):
    """The same patient from two practices."""
    return refer(town), refer(town, "oak", replace(ADA, mrn="A-77"), ("L1", "L2"))


def same_patient_page(town, referral, who="coordinator"):
    return getattr(town, who).get(f"/referrals/{referral.public_id}/same-patient")


def decide(town, referral, decision, who="coordinator", seen=None):
    visitor = getattr(town, who)
    page = visitor.get(f"/referrals/{referral.public_id}/same-patient").text
    form = {"link": hidden(page, "link"), "seen": hidden(page, "seen") if seen is None else seen, "decision": decision}
    return visitor.post(f"/referrals/{referral.public_id}/same-patient/decide", form)


def test_the_clinic_sees_where_else_the_patient_came_from_and_why(town, pair):
    first, second = pair
    assert "Possibly sent twice" in town.coordinator.get(f"/referrals/{first.public_id}").text
    page = same_patient_page(town, first).text
    for words in (second.public_id, "Oak", "A-77", "Same name, same birth date, same sex.", "Possible duplicate", "L2"):
        assert words in page
    assert "Nobody has said yet" in page


@pytest.mark.parametrize(("ago", "levels"), [(91, ("L1",)), (1, ("T8",))])
def test_an_old_one_or_one_of_another_level_is_the_same_patient_and_no_duplicate(town, ago, levels):
    first = refer(town)
    second = refer(town, "oak", ADA, levels, ago)
    page = same_patient_page(town, first).text
    assert second.public_id in page
    assert "Possible duplicate" not in page
    assert "Possibly sent twice" not in town.coordinator.get(f"/referrals/{first.public_id}").text


def test_a_further_referral_in_the_same_record_shows_too(town):
    first, second = refer(town), refer(town)
    assert first.patient_id == second.patient_id
    for who in ("elm", "coordinator"):
        page = same_patient_page(town, first, who).text
        assert "Further referrals in the same record" in page
        assert second.public_id in page
        assert "Possible duplicate" in page


def test_said_to_be_the_same_each_shows_the_other_and_it_is_logged_for_both(town, pair):
    first, _ = pair
    assert decide(town, first, "same").status_code == 303
    for one, other in (pair, pair[::-1]):
        page = same_patient_page(town, one).text
        assert "The same patient</strong>, says Test Coordinator" in page
        assert other.public_id in page
    with town.database.reading() as session:
        logged = session.scalars(select(Event).where(Event.action == "same_patient").order_by(Event.id)).all()
    assert [(entry.patient_id, entry.subject) for entry in logged] == [
        (each.patient_id, each.public_id) for each in pair
    ]  # fmt: skip
    assert {entry.by_id for entry in logged} == {town.people["coordinator"].id}
    told = without_random(same_patient_page(town, first, "elm").text)
    assert "Oak" not in told, "the practice is not told of the other one"


def test_said_to_be_different_they_stay_at_the_end_and_no_notice_is_left(town, pair):
    first, second = pair
    assert decide(town, first, "different").status_code == 303
    assert second.public_id in same_patient_page(town, first).text
    assert "Possibly" not in town.coordinator.get(f"/referrals/{first.public_id}").text
    assert decide(town, first, "same").status_code == 303, "and it can be changed"
    assert links(town)[0].decision == "same"


def test_of_two_who_decide_the_second_is_told_what_the_first_said(town, pair):
    first, _ = pair
    assert decide(town, first, "different", "other").status_code == 303
    late = decide(town, first, "same", seen="")
    assert late.status_code == 409
    assert "Somebody has decided meanwhile" in late.text
    assert links(town)[0].decision == "different"


def test_a_practice_decides_nothing_and_neither_does_a_link_of_other_records(town, pair):
    first, _ = pair
    page = f"/referrals/{first.public_id}/same-patient/decide"
    [link] = links(town)
    form = {"link": link.public_id, "seen": "", "decision": "same"}
    assert town.elm.post(page, form).status_code == 403
    assert town.oak.post(page, form).status_code == 403
    stranger = refer(town, who=PatientDetails("Dolores", "Other", date(1950, 1, 2), "female"))
    elsewhere = f"/referrals/{stranger.public_id}/same-patient/decide"
    assert town.coordinator.post(elsewhere, form).status_code == 404
    assert town.coordinator.post(page, {**form, "decision": "perhaps"}).status_code == 422
    assert links(town)[0].decision is None


def test_a_restricted_referral_is_linked_and_told_to_nobody_who_does_not_open_it(town, pair):
    first, second = pair
    with town.database.begin() as session:
        row = session.get(Referral, second.id)
        clinic.claim(session, row, town.people["other"])
        restriction.restrict(session, row, town.people["oak"], row.version, "A neighbor of hers")
    assert second.public_id in same_patient_page(town, first, "other").text
    hidden_from = same_patient_page(town, first).text + town.coordinator.get(f"/referrals/{first.public_id}").text
    assert second.public_id not in hidden_from
    assert "Oak" not in without_random(hidden_from)
    assert "Possibly" not in hidden_from
    [link] = links(town)
    form = {"link": link.public_id, "seen": "", "decision": "same"}
    assert town.coordinator.post(f"/referrals/{first.public_id}/same-patient/decide", form).status_code == 404


# All on one page


def patient_page(town, referral, who="coordinator"):
    with town.database.reading() as session:
        public_id = session.get(Referral, referral.id).patient.public_id
    return getattr(town, who).get(f"/patients/{public_id}")


def test_several_referrals_of_one_patient_stand_on_one_page_with_what_happened(town):
    first, second = refer(town), refer(town, levels=("T8",))
    for who in ("elm", "coordinator"):
        page = patient_page(town, first, who).text
        assert {first.public_id, second.public_id} <= set(re.findall(r"/referrals/(\w{12})", page))
        assert page.count("Sent <span") == 2
        assert "2 referrals" in page


def test_the_clinic_s_page_goes_over_practices_once_they_are_said_to_be_the_same(town, pair):
    first, second = pair
    assert second.public_id not in patient_page(town, first).text
    decide(town, first, "same")
    page = patient_page(town, first).text
    assert second.public_id in page
    assert "from 2 records that are said to be the same patient" in page
    assert second.public_id not in patient_page(town, first, "elm").text
    assert "Oak" not in without_random(patient_page(town, first, "elm").text)


def test_what_is_linked_by_way_of_another_record_is_on_the_page_too(town, pair):
    first, second = pair
    third = refer(town, "oak", replace(ADA, given_name="Codelia", mrn=""))
    for one in (first, second):
        with town.database.begin() as session:
            row = session.get(Referral, one.id)
            for record in same_patient.beside(session, row, town.people["coordinator"]):
                if record.link and record.undecided and (one is first) is (record.patient.id == second.patient_id):
                    same_patient.say_same(session, row, town.people["coordinator"], record.link.public_id, "")
    assert third.public_id in patient_page(town, first).text


def test_another_practice_and_whoever_opens_none_of_the_referrals_finds_no_patient(town):
    sent = refer(town)
    assert patient_page(town, sent, "oak").status_code == 404
    with town.database.begin() as session:
        restriction.restrict(session, session.get(Referral, sent.id), town.people["elm"], sent.version, "A neighbor")
    assert patient_page(town, sent, "colleague").status_code == 404
    assert patient_page(town, sent).status_code == 404
    assert patient_page(town, sent, "elm").status_code == 200
    assert town.coordinator.get("/patients/zzzzzzzzzzzz").status_code == 404


def test_a_restricted_referral_of_another_is_left_out_of_the_page(town):
    first, second = refer(town), refer(town, levels=("T8",))
    with town.database.begin() as session:
        restriction.restrict(
            session, session.get(Referral, second.id), town.people["elm"], second.version, "A neighbor"
        )
    page = patient_page(town, first).text
    assert second.public_id not in page
    assert "T8" not in without_random(page)
    assert "Restricted referrals that you do not open are not on this page." in page


def test_reading_the_page_is_logged_for_each_record(town, pair):
    first, second = pair
    decide(town, first, "same")
    patient_page(town, first)
    with town.database.reading() as session:
        logged = session.scalars(select(Event).where(Event.action == "read").order_by(Event.id.desc()).limit(2)).all()
    assert {(entry.patient_id, entry.details["page"]) for entry in logged} == {
        (first.patient_id, "patient.show"), (second.patient_id, "patient.show"),
    }  # fmt: skip


def test_below_the_page_the_open_ones_that_look_alike_are_given_with_why(town):
    sent = refer(town)
    with pytest.raises(OpenAlready) as found, town.database.begin() as session:
        draft = open_draft(session, "another", town.people["elm"])
        told = Submission(replace(ADA, born_on=date(1943, 9, 3)), clinic.told(), "Painful", "555-0103")
        submit(session, draft, told, town.people["elm"], TODAY)
    [before] = found.value.earlier
    assert (before.referral.id, before.likeness.born_on, before.likeness.sure) == (sent.id, "nearly", False)
    with town.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Referral)) == 1
