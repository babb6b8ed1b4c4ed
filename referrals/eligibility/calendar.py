"""Elapsed time as date bounds: whole days, counted from the day after the date, windows inclusive."""

from datetime import date, timedelta


def dates_within(low: float | None, high: float | None, as_of: date) -> tuple[date | None, date | None]:
    """The earliest and latest date that lie from `low` to `high` days before the day; None is no bound.

    28 days or more before 29 March is 1 March or earlier.
    """
    earliest = None if high is None else as_of - timedelta(high)
    latest = None if low is None else as_of - timedelta(low)
    return earliest, latest


def passed_on(day: date, days: float) -> date:
    """The first day on which so many days have passed since the date."""
    return day + timedelta(days)
