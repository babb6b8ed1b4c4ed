"""Visits, page by page: booked, moved, missed, attended, recorded, finished, and what either side reads of it."""

import re
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from referrals import booking, restriction
from referrals.appointment import Appointment, visits_of
from referrals.events import Event
from referrals.procedure import ProcedureRecord
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.submission import open_draft
from referrals.web.clinic_clock import NoSuchTime, comes_twice
from referrals.web.clinic_clock import at as by_the_clock
from tests import clinic
from tests.clinic import slot
from tests.conftest import application, whole_database
from tests.corpus import today
from tests.page_text import PageText
from tests.visitor import Visitor, hidden

NEXT_WEEK = today() + timedelta(days=7)


class Ward:
    """An accepted referral, everybody's browser, and what the database holds."""

    def __init__(self, app, database):
        self.app, self.database = app, database
        with app.app_context(), database.begin() as session:
            elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
            self.people = {
                "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
                "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
                "other": clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital),
                "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
            }
            self.page = f"/referrals/{self.accepted(session, 'Sample').public_id}"
        self.at = {name: Visitor(app, person) for name, person in self.people.items()}

    def accepted(self, session, family_name):
        physician, coordinator = self.people["physician"], self.people["coordinator"]
        told, day = clinic.patient(family_name=family_name), today()
        referral = clinic.refer(session, physician, of=told, today=day)
        return clinic.accepted(session, referral, coordinator, day)

    def act(self, action, who="coordinator", **fields):
        """Open the page, fill in the form, send it."""
        opened = self.at[who].get(f"{self.page}/{action}")
        assert opened.status_code == 200, opened.text
        return self.at[who].post(f"{self.page}/{action}", {"version": hidden(opened.text, "version"), **fields})

    def read(self, path="/visits", who="coordinator"):
        answer = self.at[who].get(self.page + path)
        assert answer.status_code == 200
        return words(answer)

    @property
    def referral(self):
        with self.database.reading() as session:
            return session.query(Referral).filter_by(public_id=self.page.rpartition("/")[2]).one()

    @property
    def visits(self):
        with self.database.reading() as session:
            return visits_of(session, self.referral.id)


def words(answer):
    return " ".join(PageText(answer.text).words.split())


@pytest.fixture
def ward(app, database):
    return Ward(app, database)


def booking_of(**said):
    usual = {
        "kind": "procedure", "starts_on": NEXT_WEEK.isoformat(), "starts_at": "10:30", "minutes": "60",
        "place": "Room 2", "still_in_pain": "yes",
    }  # fmt: skip
    return {name: text for name, text in {**usual, **said}.items() if text is not None}


def shown(day, at="10:30"):
    return f"{day.day} {day:%b %Y}, {at}"


# The whole way


def test_a_visit_is_booked_moved_and_missed_and_both_sides_read_when_and_where(ward):
    assert ward.act("book", **booking_of(note="Nothing to eat.")).headers["Location"] == f"{ward.page}/visits"
    for who in ("coordinator", "physician"):
        page = ward.read(who=who)
        for said in (f"Procedure on {shown(NEXT_WEEK)}", f"{shown(NEXT_WEEK)}, New York time", "Nothing to eat."):
            assert said in page
    assert f"Procedure on {shown(NEXT_WEEK)}" in words(ward.at["physician"].get("/referrals"))
    moved = ward.act("rebook", reason="clinic-asked", **booking_of(starts_at="14:00", still_in_pain=None))
    assert moved.status_code == 303
    assert f"Procedure on {shown(NEXT_WEEK, '14:00')}" in ward.read(who="physician")
    assert ward.act("missed", reason="transport").status_code == 303
    page = ward.read(who="physician")
    for said in ("Accepted, to be booked again", "There was no transport", "The clinic has to change the time"):
        assert said in page


def test_a_patient_is_treated_and_the_referral_is_finished(ward):
    ward.act("book", **booking_of(starts_on=today().isoformat()))
    seen = ward.act("attend", outcome="treated", finding="Pain 2 afterwards.")
    assert seen.headers["Location"] == f"{ward.page}/visits/1/procedure", "its record comes next"
    assert "The procedure is not recorded yet" in ward.read()
    assert ward.act("visits/1/procedure", **record_of(ward)).headers["Location"] == f"{ward.page}/visits"
    told = ward.read(who="physician")
    assert f"Seen on {today().day} {today():%b %Y}; next: the letter" in told
    for said in ("Pain 2 afterwards.", "22514", "Kyphoplasty, first level, lumbar", "4.5 mL"):
        assert said in told
    assert ward.act("complete", who="ir", bone_health="referred").status_code == 422
    done = ward.act("complete", who="ir", bone_health="referred", no_letter_because="Told by telephone.")
    assert done.status_code == 303
    end = ward.read(who="physician")
    for said in ("Finished, without a letter", "Told by telephone.", "Referred to a bone-health service", "Treated"):
        assert said in end
    history = ward.read("", who="physician")
    for said in ("Visit booked", "Patient seen", "Procedure recorded", "Finished"):
        assert said in history


def record_of(ward, **said):
    by = ward.people["ir"].public_id
    usual = {
        "performed_by": by, "guidance": "fluoroscopy", "anesthesia": "sedation", "complicated": "no", "level1": "L1",
        "procedure1": "kyphoplasty", "approach1": "bipedicular", "balloon1": "yes", "cement1": "pmma",
        "cement_ml1": "4.5", "leak1": "none",
    }  # fmt: skip
    return {name: text for name, text in {**usual, **said}.items() if text is not None}


def test_moving_a_visit_begins_with_how_it_was_booked(ward):
    ward.act("book", **booking_of(starts_at="22:30", note="Nothing to eat."))
    boxes = PageText(ward.at["coordinator"].get(f"{ward.page}/rebook").text).boxes
    assert (boxes["starts_on"], boxes["place"], boxes["minutes"]) == (NEXT_WEEK.isoformat(), "Room 2", "60")
    assert "Nothing to eat." in boxes["note"]
    assert 'name="starts_at" value="22:30"' in ward.at["coordinator"].get(f"{ward.page}/rebook").text
    unchanged = ward.act("rebook", reason="clinic-asked", **booking_of(starts_at="22:30", note="Nothing to eat."))
    assert unchanged.status_code == 422
    assert "It is booked so already" in unchanged.text


def test_news_tell_the_practice_when_and_where(ward):
    ward.act("book", **booking_of())
    assert f"Procedure, {shown(NEXT_WEEK)}, Room 2" in words(ward.at["physician"].get("/referrals"))
    ward.act("missed", reason="clinic-cancelled", comment="The suite is being repaired.")
    told = words(ward.at["physician"].get("/referrals"))
    assert f"Cancelled: procedure, {shown(NEXT_WEEK)}, Room 2" in told
    assert "The suite is being repaired." in told


# The pain


def test_before_the_first_booking_the_patient_is_asked_and_the_text_is_kept(ward):
    refused = ward.act("book", **booking_of(still_in_pain=None, note="A long thought."))
    assert refused.status_code == 422
    assert "Ask the patient before you book" in refused.text
    assert "A long thought." in refused.text
    assert 'value="10:30"' in refused.text
    assert ward.visits == []


def test_that_nobody_asked_has_to_be_explained(ward):
    assert ward.act("book", **booking_of(still_in_pain="not_asked")).status_code == 422
    assert ward.act("book", **booking_of(still_in_pain="not_asked", comment="No telephone.")).status_code == 303


def test_where_the_pain_has_gone_the_page_says_what_to_do_instead_and_blocks_nothing(ward):
    form = ward.at["coordinator"].get(f"{ward.page}/book").text
    assert "An IR physician can decline it as resolved" in form
    for way in ("ask", "assign"):
        assert f'href="{ward.page}/{way}"' in form
    assert ward.act("book", **booking_of(still_in_pain="no")).status_code == 303
    assert "The pain had gone when you asked" in ward.read()
    assert "The pain had gone when the patient was asked" in ward.read()
    assert [visit.still_in_pain for visit in ward.visits] == ["no"]


# The time


def clocks_go(forward):
    """The next day on which New York's clocks are changed: it has an hour less, or one more."""
    zone, day = ZoneInfo("America/New_York"), today() + timedelta(days=1)
    while True:
        midnights = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
        begins, ends = midnights
        if ends - begins == timedelta(hours=23 if forward else 25):
            return day
        day += timedelta(days=1)


def test_a_time_that_the_clocks_skip_is_refused_with_what_to_do(ward):
    day = clocks_go(forward=True)
    refused = ward.act("book", **booking_of(starts_on=day.isoformat(), starts_at="02:30"))
    assert refused.status_code == 422
    assert "The clocks go forward that day and there is no 02:30: choose 03:30 or another." in refused.text
    assert ward.visits == []


def test_a_time_that_comes_twice_is_the_first_and_that_is_said(ward):
    day = clocks_go(forward=False)
    assert ward.act("book", **booking_of(starts_on=day.isoformat(), starts_at="01:30")).status_code == 303
    assert "the time comes twice: the first of the two is booked" in ward.read()
    assert ward.visits[0].starts_at == datetime.combine(day, time(5, 30), UTC)


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2027, 3, 14), time(1, 59), datetime(2027, 3, 14, 6, 59, tzinfo=UTC)),
        (date(2027, 3, 14), time(2, 0), None),
        (date(2027, 3, 14), time(2, 59), None),
        (date(2027, 3, 14), time(3, 0), datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        (date(2026, 11, 1), time(0, 59), datetime(2026, 11, 1, 4, 59, tzinfo=UTC)),
        (date(2026, 11, 1), time(1, 0), datetime(2026, 11, 1, 5, 0, tzinfo=UTC)),
        (date(2026, 11, 1), time(1, 59), datetime(2026, 11, 1, 5, 59, tzinfo=UTC)),
        (date(2026, 11, 1), time(2, 0), datetime(2026, 11, 1, 7, 0, tzinfo=UTC)),
    ],
)
def test_the_clinic_s_clock_when_it_changes(sqlite_app, day, at, utc):
    with sqlite_app.app_context():
        if utc is None:
            with pytest.raises(NoSuchTime):
                by_the_clock(day, at)
        else:
            moment = by_the_clock(day, at)
            assert moment.astimezone(UTC) == utc
            assert comes_twice(moment) is (day == date(2026, 11, 1) and at.hour == 1)


@pytest.fixture
def sqlite_app(sqlite_url):
    return application(sqlite_url)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("starts_at", "24:00"),
        ("starts_at", "9:30"),
        ("starts_at", "10:30:00"),
        ("starts_at", "10.30"),
        ("starts_at", "١٠:٣٠"),
        ("starts_at", "noon"),
        ("starts_at", ""),
        ("starts_on", (today() - timedelta(days=1)).isoformat()),
        ("starts_on", (today() + timedelta(days=366)).isoformat()),
        ("starts_on", "2027-02-30"),
        ("minutes", "4"),
        ("minutes", "481"),
        ("minutes", "1_0"),
        ("minutes", ""),
        ("kind", "party"),
        ("kind", ""),
        ("place", ""),
        ("place", "Room\x00"),
        ("place", "x" * 201),
        ("note", "x" * 1001),
        ("still_in_pain", "perhaps"),
        ("status", "attended"),
    ],
)
def test_what_nobody_can_mean_is_refused_with_the_text_kept_and_nothing_stored(ward, field, text):
    refused = ward.act("book", **{**booking_of(note="Kept."), field: text})
    assert refused.status_code == 422
    assert "Nothing has been sent" in refused.text
    assert field == "note" or "Kept." in refused.text
    assert ward.visits == []


# Who else is there then


def test_another_visit_at_the_same_place_is_said_without_its_patient(ward):
    with ward.database.begin() as session:
        other = ward.accepted(session, "Secretname")
        clinic.booked(session, other, ward.people["coordinator"], slot(NEXT_WEEK), today())
    assert ward.act("book", **booking_of(starts_at="10:45")).status_code == 303
    page = ward.read()
    assert "Another referral is booked there then, 10:30 to 11:00." in page
    assert "10:30 to 11:00, at Room 2" in page
    assert "Secretname" not in page
    assert "booked there then" not in ward.read(who="physician")
    assert "booked there then" not in ward.read(who="coordinator").partition("Visits")[0], "it was said once"
    ward.act("rebook", reason="clinic-asked", **booking_of(starts_at="11:00", still_in_pain=None))
    assert "booked there then" not in ward.read()


def test_a_place_is_taken_by_a_restricted_referral_too(ward):
    with whole_database(ward.app).begin() as session:
        other = ward.accepted(session, "Secretname")
        clinic.booked(session, other, ward.people["coordinator"], slot(NEXT_WEEK, place="Room 7"), today())
        restriction.restrict(session, other, ward.people["physician"], other.version, "A public person")
    assert "Room 7" not in ward.at["other"].get(f"{ward.page}/book").text, "a place that tells on nobody else"
    assert ward.act("book", who="other", **booking_of(place="Room 7")).status_code == 303
    page = ward.read(who="other")
    assert "Another referral is booked there then, 10:30 to 11:00." in page
    assert "Secretname" not in page


def test_places_that_were_booked_are_offered_again(ward):
    ward.act("book", **booking_of(place="Angiography suite 1"))
    assert '<option value="Angiography suite 1">' in ward.at["coordinator"].get(f"{ward.page}/rebook").text


# Who may, and who was faster


def test_the_practice_reads_the_visits_and_changes_none(ward):
    ward.act("book", **booking_of())
    page = ward.at["physician"].get(f"{ward.page}/visits").text
    for action in ("rebook", "missed", "attend"):
        assert f"{ward.page}/{action}" not in page
        assert ward.at["physician"].get(f"{ward.page}/{action}").status_code == 403
        assert ward.at["physician"].post(f"{ward.page}/{action}", version=1).status_code == 403


def test_an_ir_physician_records_the_visit_and_does_not_book(ward):
    assert ward.at["ir"].get(f"{ward.page}/book").status_code == 409
    ward.act("book", **booking_of(starts_on=today().isoformat()))
    assert ward.act("attend", who="ir", outcome="proceed").headers["Location"] == f"{ward.page}/visits"


def test_of_two_who_book_one_wins_and_the_other_keeps_the_text(ward):
    version = hidden(ward.at["other"].get(f"{ward.page}/book").text, "version")
    ward.act("book", **booking_of())
    late = ward.at["other"].post(f"{ward.page}/book", version=version, **booking_of(place="Room 9"))
    assert late.status_code == 409
    assert "Room 9" in late.text
    assert f"Procedure on {shown(NEXT_WEEK)}" in words(late)
    assert [visit.place for visit in ward.visits] == ["Room 2"]


def test_a_visit_is_not_recorded_before_its_day(ward):
    ward.act("book", **booking_of())
    early = ward.act("attend", outcome="treated", finding="Kept.")
    assert early.status_code == 422
    assert "still to come" in early.text
    assert "Kept." in early.text
    assert ward.referral.state == "scheduled"


@pytest.mark.parametrize(
    "action", ["rebook", "missed", "attend", "complete", "visits/1/procedure", "visits/0/procedure"]
)
def test_what_is_not_possible_now_says_so(ward, action):
    assert ward.at["coordinator"].get(f"{ward.page}/{action}").status_code == 409
    assert ward.at["coordinator"].post(f"{ward.page}/{action}", version=ward.referral.version).status_code in (409, 422)


def test_a_referral_that_waits_to_be_decided_says_that_no_visit_is_booked_yet(ward):
    with ward.database.begin() as session:
        told = clinic.patient(family_name="Undecided")
        ward.page = f"/referrals/{clinic.refer(session, ward.people['physician'], of=told, today=today()).public_id}"
    assert "A visit is booked once the referral is accepted." in ward.read()


def test_a_draft_has_no_visits(ward):
    with ward.database.begin() as session:
        draft = open_draft(session, "draft", ward.people["physician"]).public_id
    led = ward.at["physician"].get(f"/referrals/{draft}/visits")
    assert led.headers["Location"].endswith(f"/referrals/{draft}/edit")


# The record


@pytest.fixture
def treated(ward):
    with ward.database.begin() as session:
        referral = session.query(Referral).one()
        clinic.seen(session, referral, ward.people["coordinator"], today=today())
    ward.record = "visits/1/procedure"
    return ward


def records(ward):
    with ward.database.reading() as session:
        return session.query(ProcedureRecord).order_by(ProcedureRecord.number).all()


def test_the_record_begins_with_the_levels_that_were_referred(treated):
    form = treated.at["ir"].get(f"{treated.page}/{treated.record}").text
    assert '<option value="L1" selected>' in form
    assert f'<option value="{treated.people["ir"].public_id}" selected>' in form


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"level1": None}, "Say which level it was."),
        ({"procedure1": None}, "Say what was done here."),
        ({"procedure1": "vertebroplasty"}, "With a balloon it is a kyphoplasty"),
        ({"leak1": "symptomatic"}, "Say where it leaked to"),
        ({"leak_where1": "disc"}, "say whether there were symptoms"),
        ({"complicated": "yes"}, "Say which complication it was"),
        ({"complications": "Bled."}, "A complication is described below"),
        ({"level2": "L1", "procedure2": "kyphoplasty"}, "stands here twice"),
        ({"cement_ml1": "0"}, "Write a number from 0.1 to 30."),
        ({"cement_ml1": "4,5"}, "Write a number in digits"),
        ({"cpt_code1": "99999"}, "Choose one of"),
        ({"level11": "L2"}, "a question that it does not ask"),
        ({"performed_by": None}, "Name the IR physician who did it."),
    ],
)
def test_a_record_that_lacks_something_or_speaks_against_itself_is_not_taken(treated, said, problem):
    refused = treated.act(treated.record, comment="Kept.", **record_of(treated, **said))
    assert refused.status_code == 422
    assert problem in unescape(refused.text)
    assert "Kept." in refused.text
    assert records(treated) == []


def test_a_record_without_any_level_is_not_taken(treated):
    nothing = {name: text for name, text in record_of(treated).items() if not name.endswith("1")}
    refused = treated.act(treated.record, **nothing)
    assert refused.status_code == 422
    assert "Say which level was treated." in refused.text


def test_what_is_left_blank_is_not_recorded_and_never_no(treated):
    bare = {"performed_by": treated.people["ir"].public_id, "level1": "L1", "procedure1": "vertebroplasty"}
    assert treated.act(treated.record, **bare).status_code == 303
    (made,) = records(treated)
    assert made.complicated is made.guidance is made.levels[0].balloon is made.levels[0].leak is None
    assert treated.read().count("Not recorded") == 7


def test_a_correction_begins_with_what_was_recorded_and_keeps_it(treated):
    treated.act(treated.record, **record_of(treated, cpt_code1="22513"))
    assert "chosen by hand" in treated.read()
    form = treated.at["ir"].get(f"{treated.page}/{treated.record}").text
    for kept in ('value="4.5"', '<option value="bipedicular" selected>', '<option value="22513" selected>'):
        assert kept in form
    more = {"level2": "L3", "procedure2": "vertebroplasty", "leak2": "asymptomatic", "leak_where2": "disc L2-L3"}
    corrected = treated.act(treated.record, comment="Seen on CT.", **record_of(treated, **more))
    assert corrected.status_code == 303
    page = treated.read(who="physician")
    assert "version 2" in page
    assert "What was recorded before" in page
    assert "Without symptoms: disc L2-L3" in page
    assert [[level.cpt_code for level in each.levels] for each in records(treated)] == [["22513"], ["22514", "22511"]]
    assert "Seen on CT." in treated.read("")


def test_the_letters_tell_of_the_visit_and_of_what_was_done(treated):
    treated.act(treated.record, **record_of(treated))
    letter = treated.read("/letters/outcome")
    for said in ("Tender at L1.", "Kyphoplasty, bipedicular, PMMA, 4.5 mL, leak: none seen", "Complications"):
        assert said in letter
    assert f'href="{treated.page}/letters/outcome"' in treated.at["coordinator"].get(f"{treated.page}/visits").text
    assert f'href="{treated.page}/letters/outcome"' in treated.at["coordinator"].get(f"{treated.page}/complete").text


def test_the_letter_of_an_appointment_says_when_and_where(ward):
    ward.act("book", **booking_of(note="Nothing to eat."))
    letter = ward.read("/letters/appointment")
    for said in (f"{shown(NEXT_WEEK)}, New York time", "Room 2", "60 minutes", "Nothing to eat."):
        assert said in letter


def test_a_record_is_corrected_also_after_the_referral_has_ended(treated):
    treated.act(treated.record, **record_of(treated))
    treated.act("complete", bone_health="not_needed", no_letter_because="Told by telephone.")
    assert treated.act(treated.record, **record_of(treated, leak1=None)).status_code == 303
    assert treated.referral.state == "completed"
    assert len(records(treated)) == 2


def test_a_referral_is_finished_without_the_record_and_the_page_says_that_it_is_missing(treated):
    assert "A procedure is not recorded yet" in treated.at["ir"].get(f"{treated.page}/complete").text
    assert treated.act("complete", bone_health="referred", no_letter_because="Told by telephone.").status_code == 303


# What is first


@pytest.mark.parametrize(
    ("outcome", "first"),
    [("proceed", "book"), ("watch", "book"), ("not_indicated", "complete")],
)
def test_the_page_puts_first_what_is_owed(ward, outcome, first):
    assert primary(ward) == "book"
    with ward.database.begin() as session:
        referral = session.query(Referral).one()
        clinic.booked(session, referral, ward.people["coordinator"], slot(today()), today())
    assert primary(ward) == "attend"
    with ward.database.begin() as session:
        referral = session.query(Referral).one()
        booking.attend(session, referral, ward.people["coordinator"], referral.version, today(), outcome)
    assert primary(ward) == first


def primary(ward):
    """The action of the one primary button, alike on both pages."""
    found = {
        re.search(r'button-primary" href="([^"]+)"', ward.at["coordinator"].get(ward.page + path).text)
        for path in ("", "/visits")
    }
    (action,) = {each.group(1).rpartition("/")[2] for each in found if each}
    return action


def test_reading_the_visits_is_in_the_log(ward):
    ward.read(who="physician")
    with whole_database(ward.app).reading() as session:
        read = session.query(Event).filter_by(action="read").order_by(Event.id.desc()).limit(1).one()
    assert (read.details["page"], read.by_id) == ("visits.show", ward.people["physician"].id)


def test_the_log_holds_nothing_clinical_of_a_visit(treated):
    treated.act(treated.record, **record_of(treated, complicated="yes", complications="Bled a little."))
    with whole_database(treated.app).reading() as session:
        said = " ".join(f"{event.details} {event.comment}" for event in session.query(Event))
        held = session.query(Appointment).one()
    assert held.finding == "Tender at L1."
    for clinical in ("Tender", "Bled", "bipedicular", "22514"):
        assert clinical not in said
