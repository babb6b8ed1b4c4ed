"""The clocks of a referral: for whom it waited, and by when the clinic owes what, whatever happened to it."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals import clock
from referrals.clock import NOBODY, Question, Step
from referrals.target import Aims, Kind, decide_by, targets
from referrals.workflow import ACTIONS, BACK, OPEN, State, Urgency
from referrals.working_time import WorkingDays
from tests.test_working_time import AT_LEISURE, CLINICS, NEW_YORK

S = State
AIMS = Aims(NEW_YORK)
EASTERN = NEW_YORK.zone


def at(month, day, hour=12, minute=0):
    """By the clock on the clinic's wall, in 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=EASTERN)


def life(*steps):
    return [Step(moment, state) for moment, state in steps]


def days(**parts):
    return {whom: timedelta(parts.get(whom, 0)) for whom in clock.WAITED_FOR}


@st.composite
def lives(draw):
    """A life as the table of actions allows one, with pauses from nothing to months, in moments of any zone."""
    zone = draw(st.sampled_from([UTC, EASTERN, ZoneInfo("Europe/Lisbon"), ZoneInfo("Pacific/Kiritimati")]))
    moment = draw(st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
    steps, came_from = [Step(moment.astimezone(zone), S.SUBMITTED)], S.IN_REVIEW
    for _ in range(draw(st.integers(0, 12))):
        here = steps[-1].state
        possible = [action for action in ACTIONS.values() if here in action.sources and here is not S.DRAFT]
        if not possible:
            break
        action = draw(st.sampled_from(possible))
        if action.name == "ask_information":
            came_from = here
        to = came_from if action.target == BACK else State(action.target or here)
        moment += draw(st.timedeltas(timedelta(), timedelta(60)))
        steps.append(Step(moment.astimezone(zone), to))
    return steps, moment + draw(st.timedeltas(timedelta(), timedelta(60)))


@AT_LEISURE
@given(lives())
def test_the_parts_sum_to_the_whole_to_the_microsecond(lived):
    steps, now = lived
    waited = clock.waited(steps, now)
    assert sum(waited.parts.values(), timedelta()) == waited.whole
    end = now if steps[-1].state in OPEN else steps[-1].at
    assert waited.whole == end.astimezone(UTC) - steps[0].at.astimezone(UTC), "from the first sending, never reset"


@AT_LEISURE
@given(lives(), st.timedeltas(timedelta(), timedelta(400)))
def test_no_clock_runs_backwards(lived, more):
    steps, now = lived
    before, after = clock.waited(steps, now), clock.waited(steps, now + more)
    assert after.whole - before.whole == (more if steps[-1].state in OPEN else timedelta())
    assert all(after.parts[whom] >= before.parts[whom] for whom in clock.WAITED_FOR)


@AT_LEISURE
@given(lives(), st.sampled_from(["Asia/Kathmandu", "America/New_York", "Pacific/Auckland"]))
def test_another_zone_changes_no_time_that_was_waited(lived, name):
    steps, now = lived
    elsewhere = [Step(moment.astimezone(ZoneInfo(name)), state) for moment, state in steps]
    assert clock.waited(elsewhere, now) == clock.waited(steps, now)


@AT_LEISURE
@given(lives())
def test_the_stretches_follow_one_another_without_a_gap(lived):
    steps, now = lived
    every = list(clock.stretches(steps, now))
    assert all(before.ends == after.begins for before, after in pairwise(every))
    assert all(stretch.begins <= stretch.ends for stretch in every)


def test_a_draft_has_not_waited_yet():
    assert clock.waited([], at(11, 1)).whole == timedelta()
    assert clock.waited(life((at(11, 1), S.DRAFT)), at(11, 9)).whole == timedelta()


def test_time_is_split_by_who_is_waited_for():
    steps = life(
        (at(11, 2), S.SUBMITTED),
        (at(11, 3), S.IN_REVIEW),
        (at(11, 4), S.AWAITING_INFORMATION),
        (at(11, 9), S.IN_REVIEW),
        (at(11, 11), S.ACCEPTED),
        (at(11, 12), S.SCHEDULED),
        (at(11, 20), S.ATTENDED),
        (at(11, 23), S.COMPLETED),
    )
    waited = clock.waited(steps, at(12, 31))
    assert waited.whole == timedelta(21)
    assert waited.parts == days(clinic=1 + 1 + 2 + 1 + 3, referrer=5, patient=8)


def test_the_time_between_an_end_and_the_next_sending_is_nobody_s_and_counts_in_the_whole():
    steps = life(
        (at(11, 2), S.SUBMITTED),
        (at(11, 3), S.IN_REVIEW),
        (at(11, 5), S.RETURNED_WITH_ADVICE),
        (at(11, 15), S.SUBMITTED),
    )
    waited = clock.waited(steps, at(11, 16))
    assert waited.whole == timedelta(14)
    assert waited.parts == days(clinic=4) | {NOBODY: timedelta(10)}


@pytest.mark.parametrize(("sunday", "hours"), [((3, 8), 23), ((11, 1), 25)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(sunday, hours):
    month, day = sunday
    waited = clock.waited(life((at(month, day, 0), S.SUBMITTED)), at(month, day + 1, 0))
    assert waited.whole == waited.parts["clinic"] == timedelta(hours=hours)


def test_a_clock_that_was_set_back_counts_no_time_twice():
    steps = life((at(11, 2), S.SUBMITTED), (at(11, 1), S.IN_REVIEW), (at(11, 4), S.ACCEPTED))
    waited = clock.waited(steps, at(11, 5))
    assert waited.whole == waited.parts["clinic"] == timedelta(3)


# by when a decision is owed


def owed(steps, urgency=Urgency.ROUTINE, aims=AIMS):
    return decide_by(clock.question(steps), urgency, aims)


@pytest.mark.parametrize(
    ("sent", "urgency", "due_on"),
    [
        (at(11, 18), Urgency.ROUTINE, date(2026, 11, 23)),  # Wednesday: Thursday, Friday, Monday
        (at(11, 20, 23, 59), Urgency.ROUTINE, date(2026, 11, 25)),  # late on Friday
        (at(11, 21, 0, 1), Urgency.ROUTINE, date(2026, 11, 25)),  # two minutes later, on Saturday
        (at(11, 24), Urgency.ROUTINE, date(2026, 11, 30)),  # over Thanksgiving and a weekend
        (at(11, 24), Urgency.URGENT, date(2026, 11, 27)),
        (at(11, 21), Urgency.EMERGENCY, date(2026, 11, 21)),  # the same day, be it a Saturday
        (at(11, 26), Urgency.EMERGENCY, date(2026, 11, 26)),  # or Thanksgiving
        (at(10, 30), Urgency.URGENT, date(2026, 11, 4)),  # over the end of summer time, and Election Day
        (at(3, 6), Urgency.URGENT, date(2026, 3, 10)),  # over its beginning
    ],
)
def test_a_decision_is_owed_within_the_working_days_of_its_urgency(sent, urgency, due_on):
    assert owed(life((sent, S.SUBMITTED)), urgency) == due_on


def test_the_wait_for_the_referrer_stops_the_clock():
    sent, asked, answered = at(11, 16), at(11, 17), at(11, 24)
    waiting = life((sent, S.SUBMITTED), (sent, S.IN_REVIEW), (asked, S.AWAITING_INFORMATION))
    assert owed(waiting) is None
    # Due on Thursday 19; five working days lie after the 17th up to the 24th; Thanksgiving and a weekend are none.
    assert owed([*waiting, Step(answered, S.IN_REVIEW)]) == date(2026, 11, 27)


def test_what_is_asked_and_answered_on_one_day_moves_nothing():
    sent = at(11, 16)
    steps = life((sent, S.IN_REVIEW), (at(11, 17, 9), S.AWAITING_INFORMATION), (at(11, 17, 15), S.IN_REVIEW))
    assert owed(steps) == owed(life((sent, S.SUBMITTED)))


def test_each_sending_asks_for_a_decision_of_its_own():
    steps = life((at(11, 2), S.SUBMITTED), (at(11, 3), S.IN_REVIEW), (at(11, 5), S.DECLINED), (at(11, 16), S.SUBMITTED))
    assert owed(steps) == date(2026, 11, 19)


@AT_LEISURE
@given(lives(), st.sampled_from(CLINICS), st.sampled_from(list(Urgency)))
def test_waiting_for_the_referrer_never_makes_a_decision_due_earlier(lived, clinic, urgency):
    question, aims = clock.question(lived[0]), Aims(clinic)
    due_on, unheld = decide_by(question, urgency, aims), decide_by(Question(question.asked_at), urgency, aims)
    assert question.asked_at
    assert unheld
    assert unheld >= clinic.day_of(question.asked_at)
    assert due_on is None or due_on >= unheld


@AT_LEISURE
@given(lives(), st.sampled_from(CLINICS))
def test_the_more_urgent_is_never_due_later(lived, clinic):
    question = clock.question(lived[0])
    urgent, routine = (decide_by(question, urgency, Aims(clinic)) for urgency in (Urgency.URGENT, Urgency.ROUTINE))
    assert (urgent is None) == (routine is None)
    assert not urgent or not routine or urgent <= routine


@AT_LEISURE
@given(lives())
def test_the_columns_of_the_queue_keep_what_the_log_says(lived):
    """Step by step as `transition` writes them, and read back."""

    class Row:
        decision_asked_at, decision_holds = None, ()

    came_from, row = S.DRAFT, Row()
    for moment, state in lived[0]:
        kept = clock.written(clock.read(row).after(came_from, state, moment))
        row.decision_asked_at, row.decision_holds, came_from = kept["decision_asked_at"], kept["decision_holds"], state
    assert clock.read(row) == clock.question(lived[0])


# how each target stands


def stand(steps, now, urgency=Urgency.ROUTINE):
    return {each.name: (each.kind, each.due_on, each.done_on) for each in targets(steps, urgency, AIMS, now)}


def test_a_new_referral_is_to_be_claimed_and_decided():
    steps = life((at(11, 18), S.SUBMITTED))
    assert stand(steps, at(11, 19)) == {
        "claimed": (Kind.DUE, date(2026, 11, 19), None),
        "decided": (Kind.DUE, date(2026, 11, 23), None),
    }
    assert {kind for kind, _, _ in stand(steps, at(11, 24)).values()} == {Kind.OVERDUE}


def test_a_target_is_met_until_the_end_of_its_day_and_late_from_the_next():
    steps = life((at(11, 18), S.SUBMITTED), (at(11, 19, 23, 59), S.IN_REVIEW), (at(11, 24, 0, 1), S.ACCEPTED))
    assert stand(steps, at(11, 25)) == {
        "claimed": (Kind.MET, date(2026, 11, 19), date(2026, 11, 19)),
        "decided": (Kind.LATE, date(2026, 11, 23), date(2026, 11, 24)),
    }


def test_a_decision_that_waits_for_the_referrer_is_neither_due_nor_overdue():
    steps = life((at(11, 2), S.SUBMITTED), (at(11, 3), S.IN_REVIEW), (at(11, 3), S.AWAITING_INFORMATION))
    assert stand(steps, at(12, 20))["decided"] == (Kind.STOPPED, None, None)


def test_the_letter_is_due_seven_days_after_the_last_visit():
    steps = life(
        (at(11, 2), S.SUBMITTED), (at(11, 3), S.IN_REVIEW), (at(11, 4), S.ACCEPTED), (at(11, 5), S.SCHEDULED),
        (at(11, 10), S.ATTENDED), (at(11, 11), S.SCHEDULED),
    )  # fmt: skip
    assert "letter" not in stand(steps, at(11, 12)), "another visit is booked"
    steps += life((at(11, 18), S.ATTENDED), (at(11, 19), S.ATTENDED))
    assert stand(steps, at(11, 25))["letter"] == (Kind.DUE, date(2026, 11, 25), None)
    assert stand(steps, at(11, 26))["letter"] == (Kind.OVERDUE, date(2026, 11, 25), None)
    steps += life((at(11, 24), S.COMPLETED))
    assert stand(steps, at(12, 30))["letter"] == (Kind.MET, date(2026, 11, 25), date(2026, 11, 24))


def test_nobody_owes_a_decision_on_what_was_withdrawn():
    assert stand(life((at(11, 2), S.SUBMITTED), (at(11, 30), S.WITHDRAWN)), at(12, 30)) == {}


def test_a_clinic_may_aim_at_other_days():
    steps, aims = life((at(11, 18), S.SUBMITTED)), Aims(WorkingDays(EASTERN), claimed=0, urgent=1, routine=5)
    assert owed(steps, Urgency.ROUTINE, aims) == date(2026, 11, 25)
    assert owed(steps, Urgency.URGENT, aims) == date(2026, 11, 19)
    assert targets(steps, Urgency.ROUTINE, aims, at(11, 18))[0].due_on == date(2026, 11, 18)
