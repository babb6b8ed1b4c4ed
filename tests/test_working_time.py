"""The clinic's working days: weekends, the holidays of its region, and its own clock."""

import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.working_time import NoSuchRegion, WorkingDays, holidays_of

NEW_YORK = WorkingDays(ZoneInfo("America/New_York"), "US-NY")
CLINICS = (
    NEW_YORK,
    WorkingDays(ZoneInfo("America/New_York")),
    WorkingDays(ZoneInfo("Pacific/Kiritimati"), "US-CA"),
    WorkingDays(ZoneInfo("Europe/Lisbon"), "PT"),
)
AT_LEISURE = settings(deadline=None)
"""The first that asks for a holiday waits for the library."""
ANY_DAY = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("begins", "number", "ends"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # Friday to Monday
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # Saturday to Monday
        (date(2026, 11, 22), 1, date(2026, 11, 23)),  # Sunday to Monday
        (date(2026, 11, 25), 1, date(2026, 11, 27)),  # over Thanksgiving
        (date(2026, 11, 24), 3, date(2026, 11, 30)),  # over Thanksgiving and the weekend
        (date(2026, 11, 26), 0, date(2026, 11, 27)),  # a holiday itself
        (date(2026, 11, 27), 0, date(2026, 11, 27)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),  # over New Year's Day, a Friday
        (date(2026, 7, 2), 1, date(2026, 7, 6)),  # 4 July is a Saturday, kept on Friday
    ],
)
def test_working_days_leave_out_weekends_and_holidays(begins, number, ends):
    assert NEW_YORK.add(begins, number) == ends


def test_a_clinic_without_a_region_works_on_every_weekday():
    assert WorkingDays(NEW_YORK.zone).add(date(2026, 11, 25), 1) == date(2026, 11, 26)
    assert holidays_of("", 2026) == frozenset()


def test_the_day_is_the_one_on_the_clinic_s_wall():
    late = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
    assert NEW_YORK.day_of(late) == date(2026, 11, 23)
    assert WorkingDays(ZoneInfo("Europe/Berlin")).day_of(late) == date(2026, 11, 24)


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1)])
def test_a_day_of_23_or_25_hours_is_one_day(change):
    """Both are Sundays: the moments of the hour before and after lie on the same day, and Monday is the next."""
    for hour in (0, 1, 3, 23):
        moment = datetime.combine(change, datetime.min.time(), NEW_YORK.zone).replace(hour=hour)
        assert NEW_YORK.day_of(moment.astimezone(UTC)) == change
    assert NEW_YORK.add(change, 1) == change + timedelta(1)


@AT_LEISURE
@given(st.sampled_from(CLINICS), ANY_DAY, st.integers(0, 40))
def test_so_many_working_days_lie_between_a_day_and_the_so_many_th_after_it(clinic, day, number):
    later = clinic.add(day, number)
    assert clinic.works_on(later)
    assert clinic.between(day, later) == number or (number == 0 and not clinic.works_on(day))


@AT_LEISURE
@given(st.sampled_from(CLINICS), ANY_DAY, st.integers(0, 60), st.integers(0, 60))
def test_days_between_add_up(clinic, day, one, other):
    middle, end = day + timedelta(one), day + timedelta(one + other)
    assert clinic.between(day, middle) + clinic.between(middle, end) == clinic.between(day, end)
    assert clinic.between(end, day) == 0 or one + other == 0


@AT_LEISURE
@given(st.sampled_from(CLINICS), ANY_DAY, st.integers(0, 20))
def test_a_later_day_or_more_days_never_end_earlier(clinic, day, number):
    assert clinic.add(day, number) <= clinic.add(day + timedelta(1), number)
    assert clinic.add(day, number) < clinic.add(day, number + 1) or (number == 0 and not clinic.works_on(day))


def test_a_region_that_nobody_knows_has_no_holidays_to_keep():
    for unknown in ("Atlantis", "US-ZZ", "-"):
        with pytest.raises(NoSuchRegion):
            holidays_of(unknown, 2026)


def test_a_worker_that_knows_its_holidays_does_without_the_library_of_all_countries():
    assert len(holidays_of("US-NY", 2026)) > 8
    assert "holidays" not in sys.modules
