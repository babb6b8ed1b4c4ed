"""The clinic's clock: the moment that a day and a time of day make there, also when the clocks change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from referrals.web.context import settings


class NoSuchTime(ValueError):
    """The clocks go forward over it on that day; the message says what to do."""


def at(day: date, time_of_day: time) -> datetime:
    """The moment, by the clinic's clock. Of a time that comes twice it is the first; one that is skipped is refused."""
    zone = ZoneInfo(settings().time_zone)
    local = datetime.combine(day, time_of_day, zone)
    as_shown = local.astimezone(UTC).astimezone(zone)
    if as_shown.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(
            f"The clocks go forward that day and there is no {time_of_day:%H:%M}: choose {as_shown:%H:%M} or another."
        )
    return local


def time_of(moment: datetime) -> time:
    """The time of day that the clinic's clock shows at a moment."""
    return moment.astimezone(ZoneInfo(settings().time_zone)).time()


def comes_twice(moment: datetime) -> bool:
    """Whether the clock shows this time once more an hour later, when it goes back."""
    return moment.utcoffset() != moment.replace(fold=1).utcoffset()
