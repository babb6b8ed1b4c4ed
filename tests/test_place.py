"""The place of a referral in the queue: the order as it is stored, set by hand, kept right, and told in words."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from referrals import clock, inquiry, migrate, place, queue, restriction, worklist
from referrals.clinical import PictureDetails, newest_picture
from referrals.db import now
from referrals.events import Event
from referrals.inquiry import Answer, Item
from referrals.priority import score
from referrals.queue import Wanted
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.transition import Incomplete, NotAllowed, Stale
from referrals.workflow import Urgency
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY
from tests.visitor import Visitor, hidden

FLAG = st.sampled_from([True, False, None])
PATIENTS = st.fixed_dictionaries({"neurological_deficit": FLAG, "bedridden_risk": FLAG})
VERTEBRAE = st.lists(
    st.fixed_dictionaries(
        {
            "injury": st.sampled_from(["compression_fracture", "none", None]),
            "cause": st.sampled_from(["osteoporosis", "cancer", None]),
            "onset_on": st.none() | st.integers(0, 120).map(lambda days: TODAY - timedelta(days)),
        }
    ),
    max_size=3,
)
REFERRALS = st.lists(
    st.tuples(st.sampled_from(list(Urgency)), PATIENTS, VERTEBRAE, st.none() | st.integers(0, 100)), max_size=6
)
PATH = "/referrals/{0.public_id}/place"


@pytest.fixture
def desk(app, database):
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }


def sent(database, by, facts=FRAIL, vertebra=None, **said):
    """A referral as it is sent; `vertebra` None: a fracture of unknown age."""
    with database.begin() as session:
        return clinic.refer(session, by, clinic.told(facts, {**COLLAPSED, **(vertebra or {})}), **said)


def line(session, person, name="new"):
    return [row.public_id for row in queue.page(session, person, Wanted(name, "pressing"), TODAY).rows]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(referrals=REFERRALS, later=st.integers(0, 130))
def test_the_order_as_it_is_stored_is_the_order_worked_out_afresh_on_any_day(database, desk, referrals, later):
    today = TODAY + timedelta(later)
    with database.begin() as session:
        made = []
        for urgency, patient, vertebrae, by_hand in referrals:
            picture = PictureDetails(patient=patient, vertebrae=tuple(vertebrae))
            referral = clinic.refer(session, desk["physician"], picture, urgency=urgency, separate=True)
            if by_hand is not None:
                place.override(session, referral, desk["ir"], referral.version, by_hand, "Seen on the ward")
            made.append((referral, urgency, patient, vertebrae, by_hand))
        while place.refresh(session, today):
            pass
        afresh = [
            (-(by_hand if by_hand is not None else score(urgency, patient, vertebrae, today).points), referral.id)
            for referral, urgency, patient, vertebrae, by_hand in made
        ]
        ids = {referral.id: referral.public_id for referral, *_ in made}
        assert line(session, desk["coordinator"]) == [ids[number] for _, number in sorted(afresh)]
        session.rollback()


def test_the_most_pressing_comes_first_and_among_equals_the_longest_waiting(database, desk):
    by = desk["physician"]
    first, second = sent(database, by, SAFE), sent(database, by, SAFE)
    at_risk = sent(database, by, {**SAFE, "bedridden_risk": True})
    urgent = sent(database, by, SAFE, urgency=Urgency.URGENT)
    flagged = sent(database, by, {**SAFE, "neurological_deficit": True})
    with database.reading() as session:
        order = [referral.public_id for referral in (flagged, urgent, at_risk, first, second)]
        assert line(session, desk["coordinator"]) == order
    assert worklist.CLINIC_LISTS["new"].sort == worklist.CLINIC_LISTS["undecided"].sort == "pressing"


def test_refreshing_touches_what_the_days_have_changed_and_nothing_else(database, desk):
    fresh = sent(database, desk["physician"], vertebra={"onset_on": TODAY})
    unknown = sent(database, desk["physician"])
    assert fresh.priority_changes_on == TODAY + timedelta(14)
    assert unknown.priority_changes_on is None
    assert place.refresh_all(database, TODAY + timedelta(13)) == 0
    assert place.refresh_all(database, TODAY + timedelta(14)) == 1
    assert place.refresh_all(database, TODAY + timedelta(14)) == 0
    with database.reading() as session:
        stored = session.get_one(Referral, fresh.id)
        assert (stored.priority, stored.version) == (fresh.priority - 2, fresh.version)
        assert len(session.scalars(select(Event).where(Event.referral_id == fresh.id)).all()) == 1


def test_what_has_ended_is_left_alone_and_a_batch_is_followed_by_the_next(database, desk, monkeypatch):
    monkeypatch.setattr(place, "DUE", place.DUE.limit(2))
    made = [sent(database, desk["physician"], vertebra={"onset_on": TODAY}) for _ in range(6)]
    with database.begin() as session:
        clinic.withdraw(session, session.merge(made[0]), desk["physician"])
    assert place.refresh_all(database, TODAY + timedelta(50)) == 5


def test_the_command_refreshes_and_says_how_many(app, database, desk):
    sent(database, desk["physician"], vertebra={"onset_on": TODAY - timedelta(200)})
    with database.begin() as session:
        session.execute(update(Referral).values(priority_changes_on=date(2020, 1, 1), priority=99))
    runner = app.test_cli_runner()
    assert "Scored anew: 1." in runner.invoke(args=["priority", "refresh"]).output
    assert "Scored anew: 0." in runner.invoke(args=["priority", "refresh"]).output


def test_an_answer_scores_anew(database, desk):
    referral = sent(database, desk["physician"], SAFE)
    with database.begin() as session:
        referral = clinic.claim(session, session.merge(referral), desk["coordinator"])
        items = [Item("At risk of becoming bedridden?", "bedridden_risk")]
        inquiry.ask(session, referral, desk["coordinator"], referral.version, TODAY, items, TODAY)
        before = referral.priority
        inquiry.answer(session, referral, desk["physician"], referral.version, TODAY, {0: Answer("Yes", True)})
        assert referral.priority == before + 8


def test_another_urgency_is_scored_from_the_newest_picture(database, desk):
    referral = sent(database, desk["physician"], {**SAFE, "bedridden_risk": True})
    with database.reading() as session:
        kept = place.scored(session, referral, Urgency.URGENT, TODAY)
    assert kept == {"priority": 28, "priority_in_outline": 20, "priority_changes_on": None}


# by hand


def test_an_ir_physician_sets_a_place_by_hand_and_the_log_says_so(database, desk):
    referral, before = sent(database, desk["physician"], SAFE), sent(database, desk["physician"], FRAIL)
    with database.begin() as session:
        held = session.merge(referral)
        place.override(session, held, desk["ir"], held.version, 60, "Cannot lie flat")
        assert (held.priority_override, held.priority_reason, held.priority_set_by.name) == (
            60, "Cannot lie flat", "Test Radiologist",
        )  # fmt: skip
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert (event.action, event.comment, event.details) == (
            "override_priority", "Cannot lie flat", {"from": None, "to": 60},
        )  # fmt: skip
        assert line(session, desk["coordinator"]) == [referral.public_id, before.public_id]
        place.override(session, held, desk["ir"], held.version, None, "She can again")
        assert held.priority_reason is None
        assert line(session, desk["coordinator"]) == [before.public_id, referral.public_id]


def test_nobody_else_sets_it_nor_without_a_reason_nor_out_of_range_nor_on_a_stale_page(database, desk):
    referral = sent(database, desk["physician"])
    ir, version = desk["ir"], referral.version
    for who in ("physician", "coordinator"):
        with pytest.raises(NotAllowed), database.begin() as session:
            place.override(session, session.merge(referral), desk[who], version, 60, "Why")
    for points, why in ((60, ""), (101, "Why"), (-1, "Why"), (None, "Why")):
        with pytest.raises(Incomplete), database.begin() as session:
            place.override(session, session.merge(referral), ir, version, points, why)
    with pytest.raises(Stale), database.begin() as session:
        place.override(session, session.merge(referral), ir, version - 1, 60, "Why")
    with database.begin() as session:
        clinic.withdraw(session, session.merge(referral), desk["physician"])
    with pytest.raises(NotAllowed), database.begin() as session:
        place.override(session, session.get_one(Referral, referral.id), ir, version + 1, 60, "Why")


@pytest.mark.parametrize(
    "kept", [{"priority": 101}, {"priority_in_outline": -1}, {"priority_override": 50}, {"priority_reason": "Why"}]
)
def test_the_rules_hold_below_the_code_too(database, desk, kept):
    sent(database, desk["physician"])
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(update(Referral).values(**kept))


def test_the_place_of_a_restricted_referral_tells_no_more_than_its_outline(database, desk):
    by = desk["physician"]
    plain, closed = sent(database, by, SAFE), sent(database, by)
    assert closed.priority > plain.priority
    with database.begin() as session:
        held = session.merge(closed)
        restriction.restrict(session, held, by, held.version, "A public person")
        assert line(session, desk["coordinator"]) == [plain.public_id, closed.public_id], "equal: the longest waiting"
        restriction.lift(session, held, by, held.version, "No more")
        assert line(session, desk["coordinator"]) == [closed.public_id, plain.public_id]


# its pages


def test_the_page_says_why_to_the_clinic_and_not_to_the_practice(app, database, desk):
    referral = sent(database, desk["physician"], vertebra={"onset_on": TODAY})
    pages = {who: Visitor(app, person).get(f"/referrals/{referral.public_id}").text for who, person in desk.items()}
    assert "Why this place in the queue" not in pages["physician"]
    assert "Why this place in the queue" in pages["coordinator"]
    assert PATH.format(referral) not in pages["coordinator"]
    assert PATH.format(referral) in pages["ir"]
    for words in ("The freshest fracture", "Payer’s window", "At risk of becoming bedridden"):
        assert words in pages["ir"]


def test_the_form_sets_it_and_gives_it_back(app, database, desk):
    referral, visitor = sent(database, desk["physician"]), Visitor(app, desk["ir"])
    path, page = PATH.format(referral), f"/referrals/{referral.public_id}"
    version = hidden(visitor.get(path).text, "version")
    assert visitor.post(path, version=version, points="77", comment="Cannot lie flat").status_code == 303
    shown = visitor.get(page).text
    assert "set by Test Radiologist" in shown
    assert "77 of 100" in shown
    assert visitor.post(path, version=version, points="1", by="hand", comment="Late").status_code == 409
    version = hidden(visitor.get(path).text, "version")
    assert visitor.post(path, version=version, by="score", comment="Can again").status_code == 303
    assert "By its score again, before that 77" in visitor.get(page).text


@pytest.mark.parametrize("points", ["", "101", "-1", "1e2", "7.5", "٧", "9" * 5000, "1_0", "high"])
def test_what_is_no_number_from_0_to_100_is_refused_and_the_reason_kept(app, database, desk, points):
    referral, visitor = sent(database, desk["physician"]), Visitor(app, desk["ir"])
    answer = visitor.post(PATH.format(referral), version=referral.version, points=points, comment="A long thought")
    assert answer.status_code == 422
    assert "A long thought" in answer.text
    with database.reading() as session:
        assert session.get_one(Referral, referral.id).priority_override is None


def test_a_coordinator_is_told_that_this_is_not_theirs_to_do(app, database, desk):
    referral, visitor = sent(database, desk["physician"]), Visitor(app, desk["coordinator"])
    assert visitor.get(PATH.format(referral)).status_code == 409
    answer = visitor.post(PATH.format(referral), version=referral.version, points="5", comment="A long thought")
    assert answer.status_code == 409
    assert "A long thought" in answer.text


def test_the_criteria_say_how_the_score_is_made(app, desk):
    page = Visitor(app, desk["physician"]).get("/criteria").text
    assert "The order of the queue" in page
    assert "Closes within 21 days" in page


# its clocks

EASTERN = ZoneInfo("America/New_York")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=EASTERN)


@pytest.mark.parametrize(
    ("urgency", "days", "words"),
    [
        (Urgency.ROUTINE, 0, "Decide by 27 Nov"),  # the tests' clinic keeps no holidays
        (Urgency.URGENT, 2, "Decide today"),
        (Urgency.URGENT, 3, "1 day overdue"),
        (Urgency.EMERGENCY, 0, "Decide today, by telephone"),
        (Urgency.EMERGENCY, 2, "2 days overdue"),
    ],
)
def test_a_row_of_the_queue_says_by_when_to_decide(app, database, desk, urgency, days, words):
    with time_machine.travel(TUESDAY, tick=False):
        sent(database, desk["physician"], urgency=urgency)
    with time_machine.travel(TUESDAY + timedelta(days), tick=False):
        assert words in Visitor(app, desk["coordinator"]).get("/queue/new").text


def test_the_row_waits_with_the_referrer_and_keeps_the_days_that_were_left(app, database, desk):
    cora, by = desk["coordinator"], desk["physician"]
    with time_machine.travel(TUESDAY, tick=False) as traveled:
        referral = sent(database, by)
        with database.begin() as session:
            referral = clinic.claim(session, session.merge(referral), cora)
            inquiry.ask(session, referral, cora, referral.version, TODAY, [Item("Which brace?")], TODAY)
        assert "Decide" not in Visitor(app, cora).get("/queue/waiting").text.partition("<tbody>")[2]
        traveled.move_to(TUESDAY + timedelta(8))
        with database.begin() as session:
            referral = session.get_one(Referral, referral.id)
            inquiry.answer(session, referral, by, referral.version, TODAY, {0: Answer("A soft one")})
        page = Visitor(app, cora).get("/queue/undecided").text
    assert "Decide by 7 Dec" in page, "sent on Tuesday, three working days, and six that we waited: Monday week"
    with database.reading() as session:
        stored = session.get_one(Referral, referral.id)
        history = session.scalars(select(Event).where(Event.referral_id == stored.id)).all()
        assert clock.read(stored) == clock.question(clock.steps_of(history))


def test_a_restricted_line_says_by_when_too(app, database, desk):
    with time_machine.travel(TUESDAY, tick=False):
        referral = sent(database, desk["physician"])
        with database.begin() as session:
            held = session.merge(referral)
            restriction.restrict(session, held, desk["physician"], held.version, "A public person")
        page = Visitor(app, desk["coordinator"]).get("/queue/new").text
    assert "Restricted referral" in page
    assert "Decide by 27 Nov" in page


@pytest.mark.parametrize("who", ["physician", "coordinator"])
def test_the_page_says_how_long_it_waited_for_whom_and_what_is_due(app, database, desk, who):
    cora = desk["coordinator"]
    with time_machine.travel(TUESDAY, tick=False) as traveled:
        referral = sent(database, desk["physician"])
        traveled.move_to(TUESDAY + timedelta(1))
        with database.begin() as session:
            referral = clinic.claim(session, session.merge(referral), cora)
        traveled.move_to(TUESDAY + timedelta(4))
        with database.begin() as session:
            referral = session.merge(referral)
            inquiry.ask(session, referral, cora, referral.version, TODAY, [Item("Which brace?")], TODAY)
        traveled.move_to(TUESDAY + timedelta(9, 60))
        page = " ".join(Visitor(app, desk[who]).get(f"/referrals/{referral.public_id}").text.split())
    assert "<strong>9 days</strong>" in page
    assert '<span>The clinic</span> <span class="number">4 days</span>' in page
    assert '<span>Elm Practice</span> <span class="number">5 days</span>' in page
    assert "Met 25 Nov 2026" in page
    assert "Stopped until the referrer answers" in page


@pytest.fixture
def before_priority(database, desk):
    """Three urgent referrals, one of them asked about and answered, as the revision before this one had them."""
    today = now().date()
    pictures = [
        clinic.told({**FRAIL, "neurological_deficit": True}, {**COLLAPSED, "onset_on": today - timedelta(70)}),
        clinic.told(SAFE, {**COLLAPSED, "onset_on": today - timedelta(20)}, {"level": "L2", "cause": "cancer"}),
        clinic.told(FRAIL, {**COLLAPSED, "onset_on": today - timedelta(1)}),
    ]
    by, cora = desk["physician"], desk["coordinator"]
    with database.begin() as session:
        asked, *_ = [clinic.refer(session, by, each, urgency=Urgency.URGENT, today=today) for each in pictures]
        clinic.claim(session, asked, cora)
        inquiry.ask(session, asked, cora, asked.version, today, [Item("Which brace?")], today)
        inquiry.answer(session, asked, by, asked.version, today, {0: Answer("A soft one")})
    return today


def test_the_migration_scores_and_keeps_the_waits_of_what_was_there(database, owner_url, before_priority):
    with database.reading() as session:
        before = [(row.priority, row.priority_in_outline, row.pressing) for row in rows(session)]
        waits = [clock.read(row).holds for row in rows(session)]
    migrate.downgrade(owner_url, "20261123_own_entries")
    migrate.upgrade(owner_url)
    with database.reading() as session:
        assert [(row.priority, row.priority_in_outline, row.pressing) for row in rows(session)] == before
        assert {row.priority_changes_on for row in rows(session)} == {before_priority + timedelta(1)}
        after = [clock.read(row).holds for row in rows(session)]
    assert [len(holds) for holds in after] == [len(holds) for holds in waits] == [1, 0, 0]
    for kept, was in zip(after[0][0], waits[0][0], strict=True):
        assert kept
        assert was
        assert abs(kept - was) < timedelta(seconds=1)


def test_the_day_after_the_migration_all_is_scored_anew(database, owner_url, before_priority):
    migrate.downgrade(owner_url, "20261123_own_entries")
    migrate.upgrade(owner_url)
    tomorrow = before_priority + timedelta(1)
    assert place.refresh_all(database, tomorrow) == 3
    with database.reading() as session:
        for row in rows(session):
            told = newest_picture(session, row.id).details()
            expected = score(Urgency.URGENT, told.patient, told.vertebrae, tomorrow)
            assert (row.priority, row.priority_changes_on) == (expected.points, expected.changes_on)


def rows(session):
    return session.scalars(select(Referral).order_by(Referral.id)).all()
