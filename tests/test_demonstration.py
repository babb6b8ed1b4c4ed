"""The made-up clinic: all that a visitor should meet is in it, nobody in it is real, only a demonstration has it."""

import re
import shutil
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from secrets import token_hex
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from config import DEMONSTRATION, DEMONSTRATION_SECRET, PRODUCTION, Settings
from referrals import create_app, demonstration, inbox, merge, queue
from referrals.appointment import STATUSES, Appointment
from referrals.clinical import ClinicalPicture, newest_picture
from referrals.db import Base
from referrals.demonstration.cases import RESCREEN, SATURDAY, all_cases
from referrals.demonstration.names import FAMILY_NAMES
from referrals.demonstration.people import PASSWORD
from referrals.duplicates import PatientLink
from referrals.edition_draft import EditionDraft
from referrals.eligibility import facts
from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import assess
from referrals.eligibility.verdict import CANDIDATE, KINDS, NOT_YET
from referrals.events import Event, Notice
from referrals.information import InformationRequest
from referrals.message import Message
from referrals.notice import NoticeCopy
from referrals.outbox import Mail, Stands
from referrals.patients import Patient
from referrals.practice_list import PRACTICE_LISTS, practice_page
from referrals.procedure import ProcedureRecord
from referrals.queue import Wanted
from referrals.referral import Referral
from referrals.reminder import Reminder
from referrals.screening import CRITERIA_SET, Screening, assess_picture
from referrals.staff import Person, Practice, RoleName
from referrals.web import strict
from referrals.web.intake_answers import Intake
from referrals.workflow import OPEN, State, Urgency
from referrals.worklist import CLINIC_LISTS
from tests.clinic import TODAY
from tests.conftest import PLACES, whole_database
from tests.visitor import Visitor

ZONE = ZoneInfo("America/New_York")
MIDNIGHT = datetime.combine(TODAY, time(), ZONE)
REACHED = {
    State.DRAFT,
    State.SUBMITTED,
    State.IN_REVIEW,
    State.AWAITING_INFORMATION,
    State.ACCEPTED,
    State.SCHEDULED,
    State.ATTENDED,
    State.COMPLETED,
    State.DECLINED,
    State.WITHDRAWN,
}
ENDING = {"decline", "withdraw"}
DECIDING = {"accept", "complete", *ENDING}
SCREENED = ("submit", "answer", "amend", "resubmit", "rescreen")
RANDOM = {"password", "fs_uniquifier", "hash", "recorded_at", "stored_as", "kept_at"}
"""Columns that differ each time the clinic is made up, whatever the day; public ids of all but referrals do too."""


def settings(url, **different):
    made_up = Settings(mode=DEMONSTRATION, secret_key=DEMONSTRATION_SECRET, database_url=url, clinic_name="Test Clinic")
    made_up = replace(made_up, public_url="https://localhost", documents=f"{PLACES.name}/{token_hex(6)}")
    return replace(made_up, **different)


def filled(app):
    with app.app_context():
        return demonstration.fill(app.extensions["database"], TODAY, app.extensions["settings"])


@pytest.fixture(scope="module")
def made_up(migrated_sqlite, tmp_path_factory):
    """An application on a clinic made up for TODAY. Nothing here changes it."""
    file = shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("made_up") / "clinic.sqlite")
    app = create_app(settings(f"sqlite:///{file}"))
    filled(app)
    yield app
    app.extensions["database"].engine.dispose()


@pytest.fixture
def session(made_up):
    with made_up.extensions["database"].reading() as session:
        yield session


def everything(session, kind):
    return session.scalars(select(kind).order_by(kind.id)).all()


def by_referral(session, kind):
    """Every referral that was sent, with the rows of this kind that it has, the oldest first."""
    rows = [row for row in everything(session, kind) if kind is not Event or row.version is not None]
    return {sent: [row for row in rows if row.referral_id == sent.id] for sent in sent_referrals(session)}


def sent_referrals(session):
    return [referral for referral in everything(session, Referral) if referral.state != State.DRAFT]


def cases(today=TODAY):
    return all_cases(today, ZONE, Random(demonstration.SEED))  # noqa: S311  made up, not secret


def test_there_are_about_sixty_referrals_in_every_state_that_can_be_reached(session):
    referrals = everything(session, Referral)
    assert 55 <= len(referrals) <= 70
    assert {referral.status for referral in referrals} == REACHED
    assert {referral.asked_urgency for referral in referrals} == set(Urgency)


def test_every_verdict_occurs_for_each_procedure(session):
    sent = sent_referrals(session)
    assert {referral.kyphoplasty for referral in sent} == set(KINDS)
    assert {referral.vertebroplasty for referral in sent} == set(KINDS) - {NOT_YET}, "it has no waiting time"


def test_one_two_three_unknown_and_no_vertebrae_occur(session):
    levels = {referral.levels for referral in sent_referrals(session)}
    assert {0, 1, 2, 3} == {len(text.split()) for text in levels}
    assert "?" in levels


def test_a_referral_was_answered_and_is_in_review_again(session):
    histories = by_referral(session, Event)
    assert any(
        history[-1].action == "answer" and referral.state == State.IN_REVIEW for referral, history in histories.items()
    )


def test_a_picture_was_amended_and_another_came_back_with_advice_and_was_sent_again(session):
    done = {
        event.action: event
        for history in by_referral(session, Event).values()
        for event in history
        if event.action in ("amend", "resubmit")
    }
    for event in done.values():
        assert event.details["before"] != event.details["after"]
    resubmitted = session.get_one(Referral, done["resubmit"].referral_id)
    assert resubmitted.state == State.SUBMITTED
    assert resubmitted.decided_at is None
    assert "return_with_advice" in {event.action for event in by_referral(session, Event)[resubmitted]}


def test_both_sides_have_written_on_three_referrals_and_something_is_new_for_either(session):
    threads = {sent: written for sent, written in by_referral(session, Message).items() if written}
    assert len(threads) >= 3
    assert {"clinic", "referrer"} == {written[-1].side for written in threads.values()}
    assert any(not referral.is_open for referral in threads), "it works on closed ones too"
    for written in threads.values():
        assert [message.sent_at for message in written] == sorted(message.sent_at for message in written)
        assert written[-1].sent_at < MIDNIGHT


def test_some_answers_are_overdue_and_some_are_not(session):
    waited_for = [
        referral.due_on for referral in sent_referrals(session) if referral.state == State.AWAITING_INFORMATION
    ]
    assert min(waited_for) < TODAY <= max(waited_for)


def test_one_was_accepted_against_the_verdict_with_a_reason(session):
    accepted = [referral for referral in sent_referrals(session) if referral.state == State.ACCEPTED]
    assert any(referral.decision_reason for referral in accepted)


@pytest.mark.parametrize("name", CLINIC_LISTS)
def test_no_worklist_of_the_clinic_is_empty(session, name):
    coordinator = next(person for person in everything(session, Person) if RoleName.COORDINATOR in person.role_names)
    assert queue.page(session, coordinator, Wanted(name, CLINIC_LISTS[name].sort), TODAY).rows


def test_no_list_of_any_practice_is_empty(session):
    for person in everything(session, Person):
        if RoleName.PHYSICIAN in person.role_names:
            for name in PRACTICE_LISTS:
                assert practice_page(session, person, name).rows, (person.name, name)


def test_every_practice_has_news_of_some_referrals_and_none_has_a_flood(session):
    for practice in session.scalars(select(Practice).where(~Practice.is_clinic)):
        unread = (
            select(Notice.referral_id)
            .distinct()
            .join(NoticeCopy, Notice.id == NoticeCopy.notice_id)
            .where(Notice.practice_id == practice.id, Notice.audience == "referrer", NoticeCopy.read_at.is_(None))
        )
        assert 1 <= len(session.scalars(unread).all()) <= 16, practice.name


def test_everybody_who_is_told_something_has_an_inbox_with_something_in_it_and_nobody_a_flood(session):
    for person in everything(session, Person):
        if person.role_names & {RoleName.PHYSICIAN, RoleName.COORDINATOR}:
            assert 1 <= len(inbox.unread(session, person)) <= 20, person.name


def test_some_mails_were_given_up_and_none_waits_for_a_past_that_was_not(session):
    assert {mail.state for mail in everything(session, Mail)} == {Stands.DEAD}


def test_who_did_not_answer_was_reminded_after_three_and_seven_days(session):
    for request in everything(session, InformationRequest):
        reminders = [each for each in everything(session, Reminder) if each.request_id == request.id]
        assert all(each.reminded_at - request.asked_at == timedelta(each.days) for each in reminders)
    assert {each.days for each in everything(session, Reminder)} == {3, 7}


def test_there_are_people_of_every_role_and_two_who_can_share_work(session):
    people = everything(session, Person)
    for role in RoleName:
        working = [person for person in people if role in person.role_names]
        assert len(working) >= (1 if role in (RoleName.ADMINISTRATOR, RoleName.AUDITOR) else 2)
    assert len(everything(session, Practice)) == 4


def test_every_npi_has_its_check_digit_and_everybody_who_refers_has_one(session):
    for person in everything(session, Person):
        assert person.npi is not None or RoleName.PHYSICIAN not in person.role_names
        if person.npi:
            assert strict.npi(person.npi).startswith("19999")


def test_every_patient_is_plainly_invented_and_only_one_is_known_to_two_practices(session):
    patients = everything(session, Patient)
    assert len({patient.name for patient in patients}) == len(patients) - 1
    assert len({(patient.name, patient.practice_id) for patient in patients}) == len(patients)
    for patient in patients:
        assert patient.family_name in FAMILY_NAMES
        assert patient.mrn.startswith("DEMO-")
        assert re.fullmatch(r"555-01\d\d", patient.telephone)


def test_one_pair_of_records_was_found_over_practices_and_one_waits_to_be_merged(session):
    links = everything(session, PatientLink)
    assert [(link.practice_id is None, link.decision) for link in links] == [(True, None), (False, "same")]
    for link in links:
        ends = [session.get(Patient, end) for end in (link.patient_id, link.other_id)]
        assert link.found_at == max(end.created_at for end in ends) < (link.decided_at or MIDNIGHT) <= MIDNIGHT
    [waiting] = merge.proposals(session)
    assert waiting.pair[0].mrn == waiting.pair[1].mrn


def test_a_draft_of_an_edition_waits_for_a_second_signature(session):
    (draft,) = everything(session, EditionDraft)
    assert (draft.state, draft.first_signer.name) == ("signed_once", "Dr. Ingrid Imaginary")
    assert draft.first_signed_at < MIDNIGHT
    assert draft.in_force_from > TODAY


def test_every_fact_that_is_told_is_a_legal_one():
    for case in cases():
        for told in (case.picture.patient, *case.picture.vertebrae):
            for name, value in told.items():
                assert facts.BY_NAME[name].check(value, case.began_on) == value, name


def test_the_same_day_makes_the_same_clinic_on_either_database(app, made_up):
    assert filled(app) > 0
    for table in Base.metadata.sorted_tables:
        assert rows(app, table) == rows(made_up, table), table.name


def rows(app, table):
    """A table's rows but for what is random on purpose."""
    left_out = RANDOM | (set() if table.name == "referrals" else {"public_id"})
    columns = [column for column in table.columns if column.name not in left_out]
    with whole_database(app).reading() as session:
        every = session.execute(select(*columns).order_by(*table.primary_key)).mappings()
        return [{**row, "details": named_by_nobody(row.get("details")), "subject": of_a_referral(row)} for row in every]


def of_a_referral(row):
    """What an entry is about, if that is a referral: the public id of anything else is random."""
    return row.get("subject") if row.get("referral_id") else None


def named_by_nobody(details):
    """What an entry says beside the public id of a document."""
    return {name: told for name, told in (details or {}).items() if name != "document"}


def test_a_clinic_that_is_there_is_left_alone(made_up, session):
    before = len(everything(session, Event))
    assert filled(made_up) == 0
    assert len(everything(session, Event)) == before


def test_what_the_lists_say_is_what_the_criteria_say_today(session):
    for referral in sent_referrals(session):
        if referral.state in OPEN:
            verdicts = assess_picture(session, newest_picture(session, referral.id), TODAY).verdicts
            assert (referral.vertebroplasty, referral.kyphoplasty) == (
                verdicts["vertebroplasty"].kind,
                verdicts["kyphoplasty"].kind,
            )


@pytest.mark.parametrize("today", [*(TODAY + timedelta(day) for day in range(7)), date(2028, 2, 29)])
def test_on_any_day_all_is_past_and_no_verdict_has_changed_since(today):
    edition = in_force(CRITERIA_SET, today)
    for case in cases(today):
        moments = [step.at for step in case.steps]
        assert moments == sorted(moments)
        assert moments[-1] < datetime.combine(today, time(), ZONE)
        by_day = [step.at for step in case.steps if step.do != RESCREEN]
        assert case.urgency is Urgency.EMERGENCY or all(at.weekday() < SATURDAY for at in by_day)
        if not ENDING & {step.do for step in case.steps}:
            told = case.picture.patient, case.picture.vertebrae
            assert assess(edition, *told, today).verdicts == assess(edition, *told, case.screened_on).verdicts


@pytest.mark.parametrize("today", [*(TODAY + timedelta(day) for day in range(7)), date(2028, 2, 29)])
def test_on_any_day_the_nights_work_found_a_verdict_that_had_turned_between_three_days_before_and_then(today):
    screened = [case for case in cases(today) if case.screened_on != case.began_on]
    assert len(screened) == 2
    for case in screened:
        told, edition = (case.picture.patient, case.picture.vertebrae), in_force(CRITERIA_SET, today)
        kinds = {
            days: assess(edition, *told, case.screened_on - timedelta(days)).kinds()["kyphoplasty"] for days in (0, 3)
        }
        assert kinds == {0: CANDIDATE, 3: NOT_YET}
        assert sum(step.do == RESCREEN for step in case.steps) == 1


def test_one_whose_verdict_turned_waits_to_be_looked_at_and_another_was_acted_on_since(session):
    histories = by_referral(session, Event)
    turned = {each: history for each, history in histories.items() if "rescreen" in [one.action for one in history]}
    assert len(turned) == 2
    for referral, history in turned.items():
        (event,) = [each for each in history if each.action == "rescreen"]
        assert event.who == "The service"
        assert (referral.turned_on is not None) == (history[-1] is event)
    assert {referral.turned_on is None for referral in turned} == {True, False}


def test_it_can_be_made_up_on_a_leap_day(sqlite_url):
    app = create_app(settings(sqlite_url))
    with app.app_context():
        assert demonstration.fill(app.extensions["database"], date(2028, 2, 29), app.extensions["settings"]) > 55
    app.extensions["database"].engine.dispose()


def test_nothing_happens_in_the_future_or_before_what_it_follows(session):
    for referral, history in by_referral(session, Event).items():
        moments = [event.happened_at for event in history]
        assert moments == sorted(moments)
        assert referral.authored_at < referral.first_submitted_at == moments[0]
        changed = [event.happened_at for event in history if event.version is not None]
        assert referral.changed_at == changed[-1] <= moments[-1] < MIDNIGHT


def test_waiting_times_vary_from_hours_to_weeks(session):
    waits = sorted(MIDNIGHT - referral.first_submitted_at for referral in sent_referrals(session))
    assert waits[0] < timedelta(days=1)
    assert waits[-1] > timedelta(weeks=4)
    assert len(set(waits)) > 50


def test_everything_has_the_moment_of_the_event_it_came_with(session):
    said = {
        referral: [event.happened_at for event in history if event.action in SCREENED]
        for referral, history in by_referral(session, Event).items()
    }
    for referral, pictures in by_referral(session, ClinicalPicture).items():
        assert {picture.told_at for picture in pictures} <= set(said[referral])
        screenings = select(Screening).where(Screening.picture_id.in_([picture.id for picture in pictures]))
        ordered = session.scalars(screenings.order_by(Screening.id)).all()
        assert [screening.recorded_at for screening in ordered] == said[referral]
        assert [screening.as_of for screening in ordered] == [at.astimezone(ZONE).date() for at in said[referral]]


def test_a_request_is_as_old_as_its_event_and_answered_by_the_next(session):
    histories = by_referral(session, Event)
    for referral, requests in by_referral(session, InformationRequest).items():
        asked = [event.happened_at for event in histories[referral] if event.action == "ask_information"]
        answered = [event.happened_at for event in histories[referral] if event.action == "answer"]
        assert [request.asked_at for request in requests] == asked
        assert [request.answered_at for request in requests if request.answered_at] == answered


def test_a_visit_is_as_old_as_its_booking_and_over_with_what_came_of_it(session):
    histories = by_referral(session, Event)
    for referral, visits in by_referral(session, Appointment).items():
        said: dict[str, list[datetime]] = {action: [] for action in ("book", "rebook", "missed", "attend")}
        for event in histories[referral]:
            said.get(event.action, []).append(event.happened_at)
        assert [visit.booked_at for visit in visits] == sorted(said["book"] + said["rebook"])
        over = sorted(said["rebook"] + said["missed"] + said["attend"])
        assert [visit.closed_at for visit in visits if visit.closed_at] == over
        for visit in visits:
            assert visit.starts_on == visit.starts_at.astimezone(ZONE).date()
            assert visit.booked_at < visit.starts_at


def test_visits_are_to_come_today_tomorrow_and_next_week_and_two_are_at_one_place_at_once(session):
    booked = [visit for visit in everything(session, Appointment) if visit.status == "booked"]
    assert {TODAY, TODAY + timedelta(1), TODAY + timedelta(6)} == {visit.starts_on for visit in booked}
    places = {(visit.starts_on, visit.place) for visit in booked}
    assert len(places) < len(booked)


def test_every_way_that_a_visit_can_end_occurs_and_a_record_was_corrected(session):
    assert {visit.status for visit in everything(session, Appointment)} == set(STATUSES)
    assert {record.number for record in everything(session, ProcedureRecord)} == {1, 2}


def test_a_notice_is_as_old_as_its_event_and_read_after_it(session):
    for notice in everything(session, Notice):
        assert notice.created_at == session.get(Event, notice.event_id).happened_at
    for copy in everything(session, NoticeCopy):
        told_at = session.get(Notice, copy.notice_id).created_at
        assert copy.read_at is None or told_at < copy.read_at < MIDNIGHT


def test_a_decision_is_as_old_as_its_event(session):
    for referral, history in by_referral(session, Event).items():
        decided = [event.happened_at for event in history if event.action in DECIDING]
        assert referral.decided_at == (decided[-1] if decided else None)


def test_a_draft_holds_what_the_intake_page_can_read(session):
    drafts = [referral for referral in everything(session, Referral) if referral.state == State.DRAFT]
    assert drafts
    for draft in drafts:
        intake = Intake(MultiDict(draft.draft_answers), TODAY)
        assert not intake.mark_unreadable(), intake.problems
        assert not intake.strangers
        assert intake.chosen
        assert intake.patient_details().family_name in FAMILY_NAMES


@pytest.mark.parametrize("account", demonstration.ACCOUNTS, ids=lambda account: account.nickname)
def test_everybody_can_sign_in_and_sees_a_page(made_up, account):
    visitor = Visitor(made_up)
    assert visitor.sign_in(account.email, account.password).status_code == 302
    assert account.name in visitor.get("/", follow_redirects=True).text


def test_the_sign_in_page_says_how(made_up):
    page = Visitor(made_up).get("/sign-in").text
    assert PASSWORD in page
    assert all(account.email in page for account in demonstration.ACCOUNTS)


def test_in_production_nobody_gets_in_even_with_the_database_and_the_key_of_a_demonstration(made_up):
    app = create_app(settings(made_up.extensions["settings"].database_url, mode=PRODUCTION))
    app.testing = True
    app.config["SESSION_COOKIE_SECURE"] = False  # the test's browser speaks plain HTTP
    assert PASSWORD not in Visitor(app).get("/sign-in").text
    for account in demonstration.ACCOUNTS:
        assert Visitor(app).sign_in(account.email, account.password).status_code in (422, 429), (
            "shown the page again, or told to wait"
        )
    app.extensions["database"].engine.dispose()


def test_the_command_fills_an_empty_database_and_says_how_to_sign_in_as_each_role(sqlite_url):
    app = create_app(settings(sqlite_url))
    first, second = (app.test_cli_runner().invoke(args=["demonstration", "fill"]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert first.output.splitlines()[1:] == second.output.splitlines()[1:]
    for role in RoleName:
        (line,) = (line for line in first.output.splitlines() if line.strip().startswith(role.words))
        assert PASSWORD in line
    app.extensions["database"].engine.dispose()


def test_the_command_refuses_outside_a_demonstration(sqlite_url):
    app = create_app(settings(sqlite_url, mode=PRODUCTION))
    refused = app.test_cli_runner().invoke(args=["demonstration", "fill"])
    assert refused.exit_code == 1
    assert "demonstrations only" in refused.output
    with app.extensions["database"].reading() as session:
        assert everything(session, Person) == []
    app.extensions["database"].engine.dispose()
