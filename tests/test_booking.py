"""Visits below the pages: booked, moved, missed, cancelled, attended, each with its event, its notice and its list."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from referrals import booking, closing, schedule, triage
from referrals.appointment import Appointment, booked_of, visits_of
from referrals.closing import Outcome
from referrals.desk import Desk
from referrals.events import Event, Notice
from referrals.reason import Reason
from referrals.staff import RoleName
from referrals.transition import Incomplete, NotAllowed, Said, Stale
from tests import clinic
from tests.clinic import TODAY, slot

TOMORROW, NEXT_WEEK = TODAY + timedelta(days=1), TODAY + timedelta(days=7)


@pytest.fixture
def desk(database):
    """An accepted referral, a coordinator and an IR physician, in one transaction."""
    with database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
        cora = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
        ira = clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital)
        referral = clinic.accepted(session, clinic.refer(session, physician), cora)
        yield session, referral, cora, ira


def said(session, code, comment=""):
    return Said(session.get(Reason, code), comment)


def book(session, referral, by, when=None, pain="yes", comment=""):
    return booking.book(session, referral, by, referral.version, TODAY, when or slot(NEXT_WEEK), pain, comment)


def last_event(session, referral):
    return session.scalars(select(Event).where(Event.referral_id == referral.id).order_by(Event.id.desc())).first()


def told_the_referrer(session, event):
    return session.scalars(select(Notice.audience).where(Notice.event_id == event.id)).all() == ["referrer"]


def test_a_visit_is_booked_by_the_clinic_s_clock_and_the_referrer_is_told(desk):
    session, referral, cora, _ = desk
    visit = book(session, referral, cora)
    session.expire_all()
    assert visit.starts_at == datetime(2026, 11, 29, 15, 30, tzinfo=UTC)
    assert (visit.starts_on, visit.status, visit.still_in_pain) == (NEXT_WEEK, "booked", "yes")
    assert (referral.state, referral.worklist) == ("scheduled", Desk.BOOKED)
    assert (referral.appointment_at, referral.appointment_on) == (visit.starts_at, NEXT_WEEK)
    assert referral.appointment_kind == "consultation"
    event = last_event(session, referral)
    assert event.action == "book"
    assert event.details == {"kind": "consultation", "at": "2026-11-29T15:30:00+00:00", "place": "Room 2"}
    assert told_the_referrer(session, event)


def test_a_visit_late_in_the_evening_keeps_the_clinic_s_day(desk):
    session, referral, cora, _ = desk
    visit = book(session, referral, cora, slot(NEXT_WEEK, time(22, 30)))
    assert (visit.starts_at.astimezone(UTC).date(), visit.starts_on) == (NEXT_WEEK + timedelta(days=1), NEXT_WEEK)


def test_before_the_first_visit_somebody_has_asked_whether_the_pain_is_still_there(desk):
    session, referral, cora, _ = desk
    with pytest.raises(Incomplete) as missing:
        book(session, referral, cora, pain=None)
    assert missing.value.field == "still_in_pain"
    with pytest.raises(Incomplete) as missing:
        book(session, referral, cora, pain="not_asked")
    assert missing.value.field == "comment"
    assert book(session, referral, cora, pain="not_asked", comment="Not to be reached.").still_in_pain == "not_asked"


def test_that_the_pain_has_gone_blocks_nothing_and_is_kept(desk):
    session, referral, cora, _ = desk
    assert book(session, referral, cora, pain="no").still_in_pain == "no"
    assert referral.state == "scheduled"


def test_at_a_later_visit_nobody_has_to_ask_again_until_the_referral_is_accepted_again(desk):
    session, referral, cora, ira = desk
    clinic.seen(session, referral, cora, "proceed", "consultation")
    assert book(session, referral, cora, pain=None).still_in_pain == "not_asked"
    booking.missed(session, referral, cora, referral.version, TODAY, said(session, "clinic-cancelled"))
    closing.close_incomplete(session, referral, cora, referral.version, TODAY, said(session, "unable-to-contact"))
    closing.reopen(session, referral, cora, referral.version, TODAY, Said(comment="They called."))
    triage.accept(session, referral, ira, referral.version, TODAY)
    with pytest.raises(Incomplete):
        book(session, referral, cora, pain=None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (slot(TODAY - timedelta(days=1)), "starts_on"),
        (slot(NEXT_WEEK, kind="party"), "kind"),
        (slot(NEXT_WEEK, place=""), "place"),
    ],
)
def test_a_visit_without_day_kind_or_place_is_not_booked(desk, wrong, field):
    session, referral, cora, _ = desk
    with pytest.raises(Incomplete) as missing:
        book(session, referral, cora, wrong)
    assert missing.value.field == field
    assert visits_of(session, referral.id) == []


def test_a_visit_is_moved_with_a_reason_and_the_one_before_is_kept(desk):
    session, referral, cora, _ = desk
    before = book(session, referral, cora)
    when = slot(NEXT_WEEK, time(14))
    with pytest.raises(Incomplete):
        booking.rebook(session, referral, cora, referral.version, TODAY, when, None, Said())
    after = booking.rebook(
        session, referral, cora, referral.version, TODAY, when, None, said(session, "patient-asked", "A funeral.")
    )
    session.expire_all()
    assert (before.status, before.reason, before.closed_by_id) == ("rebooked", "patient-asked", cora.id)
    assert (after.status, booked_of(session, referral.id)) == ("booked", after)
    assert (referral.state, referral.appointment_at) == ("scheduled", after.starts_at)
    event = last_event(session, referral)
    assert (event.action, event.reason) == ("rebook", "patient-asked")
    assert event.details["before"] == before.starts_at.isoformat()
    assert told_the_referrer(session, event)


def test_moving_a_visit_to_where_it_is_changes_nothing(desk):
    session, referral, cora, _ = desk
    book(session, referral, cora)
    with pytest.raises(Incomplete, match="booked so already"):
        booking.rebook(
            session, referral, cora, referral.version, TODAY, slot(NEXT_WEEK), None, said(session, "patient-asked")
        )


@pytest.mark.parametrize(
    ("reason", "day", "status"),
    [
        ("forgot", TODAY, "missed"),
        ("transport", TODAY, "missed"),
        ("clinic-cancelled", TODAY, "cancelled"),
        ("cancelled-late", TODAY, "cancelled"),
        ("ill", TOMORROW, "cancelled"),
    ],
)
def test_a_visit_that_did_not_take_place_was_missed_or_cancelled_and_is_to_be_booked_again(desk, reason, day, status):
    session, referral, cora, _ = desk
    visit = book(session, referral, cora, slot(day))
    booking.missed(session, referral, cora, referral.version, TODAY, said(session, reason))
    session.expire_all()
    assert (visit.status, visit.reason) == (status, reason)
    assert (referral.state, referral.worklist, referral.needs_rebooking) == ("accepted", Desk.TO_REBOOK, True)
    assert referral.appointment_at is referral.appointment_on is referral.appointment_kind is None
    event = last_event(session, referral)
    assert (event.action, event.details["status"]) == ("missed", status)
    assert told_the_referrer(session, event)
    book(session, referral, cora, pain=None)
    assert (referral.state, referral.needs_rebooking) == ("scheduled", False)


@pytest.mark.parametrize(
    ("outcome", "list_"),
    [
        ("proceed", Desk.TO_BOOK),
        ("watch", Desk.TO_BOOK),
        ("tests_needed", Desk.TO_BOOK),
        ("not_indicated", Desk.LETTERS),
        ("treated", Desk.LETTERS),
    ],
)
def test_what_came_of_a_visit_says_what_is_owed_next(desk, outcome, list_):
    session, referral, cora, ira = desk
    visit = book(session, referral, cora, slot(TODAY))
    booking.attend(session, referral, ira, referral.version, TODAY, outcome, "Tender at L1.")
    session.expire_all()
    assert (visit.status, visit.outcome, visit.finding, visit.closed_by_id) == (
        "attended", outcome, "Tender at L1.", ira.id,
    )  # fmt: skip
    assert (referral.state, referral.outcome, referral.worklist) == ("attended", outcome, list_)
    event = last_event(session, referral)
    assert "Tender" not in str(event.details), "what was found is not for the log"
    assert told_the_referrer(session, event)


def test_nobody_was_seen_before_the_day_has_come(desk):
    session, referral, cora, _ = desk
    book(session, referral, cora, slot(TOMORROW))
    with pytest.raises(Incomplete, match="still to come"):
        booking.attend(session, referral, cora, referral.version, TODAY, "treated")
    booking.attend(session, referral, cora, referral.version, TOMORROW, "treated")


def test_a_visit_without_an_outcome_was_none(desk):
    session, referral, cora, _ = desk
    book(session, referral, cora, slot(TODAY))
    with pytest.raises(Incomplete):
        booking.attend(session, referral, cora, referral.version, TODAY, "splendid")


def test_a_referral_ends_with_its_outcome_and_the_visit_stays_on_record(desk):
    session, referral, cora, _ = desk
    clinic.seen(session, referral, cora)
    outcome = Outcome("referred", "Told by telephone.")
    closing.complete(session, referral, cora, referral.version, TODAY, outcome, Said())
    assert (referral.state, referral.outcome, referral.worklist) == ("completed", "treated", None)
    assert [visit.status for visit in visits_of(session, referral.id)] == ["attended"]


def test_when_a_withdrawal_is_confirmed_nobody_is_expected_any_more(desk):
    session, referral, cora, _ = desk
    visit = book(session, referral, cora)
    physician = referral.requester
    closing.ask_withdrawal(session, referral, physician, referral.version, TODAY, said(session, "going-elsewhere"))
    assert visit.status == "booked"
    closing.confirm_withdrawal(session, referral, cora, referral.version, TODAY, Said())
    assert (referral.state, visit.status, visit.reason) == ("withdrawn", "cancelled", "going-elsewhere")


def every_verb(session, referral, by, version):
    reason = said(session, "patient-asked")
    yield lambda: booking.book(session, referral, by, version, TODAY, slot(NEXT_WEEK), "yes")
    yield lambda: booking.rebook(session, referral, by, version, TODAY, slot(NEXT_WEEK), None, reason)
    yield lambda: booking.missed(session, referral, by, version, TODAY, said(session, "ill"))
    yield lambda: booking.attend(session, referral, by, version, TODAY, "treated")


def test_a_stale_page_books_and_changes_nothing(desk):
    session, referral, cora, _ = desk
    opened = referral.version
    book(session, referral, cora)
    for verb in every_verb(session, referral, cora, opened):
        with pytest.raises(Stale):
            verb()
    assert [visit.status for visit in visits_of(session, referral.id)] == ["booked"]


def test_what_the_table_does_not_allow_is_refused_whatever_else_is_missing(desk):
    session, referral, cora, ira = desk
    before = referral.version
    _, *of_a_booked_visit = every_verb(session, referral, cora, before)
    for verb in of_a_booked_visit:
        with pytest.raises(NotAllowed):
            verb()
    with pytest.raises(NotAllowed):
        booking.book(session, referral, ira, before, TODAY, slot(TODAY - timedelta(days=9)), None)
    assert referral.version == before


def test_the_database_lets_no_two_visits_stand_at_once(desk):
    session, referral, cora, _ = desk
    book(session, referral, cora)
    with pytest.raises(IntegrityError), session.begin_nested():
        when = slot(TOMORROW)
        session.add(Appointment(referral_id=referral.id, booked_by_id=cora.id, **vars(when)))
        session.flush()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ("status = 'attended', closed_at = booked_at, closed_by_id = booked_by_id", "attended_with_an_outcome"),
        ("status = 'missed', closed_at = booked_at, closed_by_id = booked_by_id", "not_kept_for_a_reason"),
        ("status = 'missed'", "closed_unless_booked"),
        ("closed_by_id = booked_by_id", "closed_by_somebody"),
        ("minutes = 481", "minutes"),
        ("place = ''", "somewhere"),
        ("kind = 'party'", "known_kind"),
        ("still_in_pain = 'perhaps'", "known_pain"),
    ],
)
def test_the_rules_of_a_visit_hold_below_the_code_too(desk, changes, rule):
    session, referral, cora, _ = desk
    book(session, referral, cora)
    with pytest.raises(IntegrityError, match=rule), session.begin_nested():
        session.execute(text(f"UPDATE appointments SET {changes}"))


@pytest.mark.parametrize(
    ("at", "minutes", "place", "clash"),
    [
        (time(10, 30), 30, "Room 2", True),
        (time(10), 31, "Room 2", True),
        (time(10), 30, "Room 2", False),
        (time(11), 30, "Room 2", False),
        (time(10, 45), 5, "room 2", True),
        (time(10, 30), 30, "Room 3", False),
    ],
)
def test_whoever_books_learns_that_the_place_is_taken_then_and_not_by_whom(desk, at, minutes, place, clash):
    session, referral, cora, _ = desk
    book(session, referral, cora, slot(NEXT_WEEK))
    other = clinic.accepted(session, clinic.refer(session, referral.requester), cora)
    taken = schedule.taken_then(session, slot(NEXT_WEEK, at, place=place, minutes=minutes), other)
    expected = [(referral.appointment_at, referral.appointment_at + timedelta(minutes=30))]
    assert taken == (expected if clash else [])


def test_the_own_visit_and_one_that_was_cancelled_take_no_place(desk):
    session, referral, cora, _ = desk
    book(session, referral, cora, slot(NEXT_WEEK))
    assert schedule.taken_then(session, slot(NEXT_WEEK), referral) == []
    other = clinic.accepted(session, clinic.refer(session, referral.requester), cora)
    booking.missed(session, referral, cora, referral.version, TODAY, said(session, "clinic-cancelled"))
    assert schedule.taken_then(session, slot(NEXT_WEEK), other) == []
