"""The clinic's working days: weekdays, less the holidays of its region, by the clock on its wall."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import MINYEAR, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

SATURDAY = 5
DAY = timedelta(days=1)
DECADE = 10
HOLIDAYS = Path(__file__).with_name("holiday.py")
NO_SUCH_REGION = 3
"""How that program ends where the library knows no such region."""


class NoSuchRegion(ValueError):
    """No holidays are kept of a region of this name."""


@lru_cache(maxsize=64)
def holidays_of(region: str, year: int) -> frozenset[date]:
    """The public holidays of a country ("US") or of a part of it ("US-NY") in a year; of no region, none.

    Raises NoSuchRegion.
    """
    return frozenset(day for day in _of_a_decade(region, year // DECADE) if day.year == year) if region else frozenset()


@lru_cache(maxsize=8)
def _of_a_decade(region: str, decade: int) -> list[date]:
    """A program of its own looks them up, in a third of a second; the library would stay with every worker."""
    first = DECADE * decade
    years = (str(max(first, MINYEAR)), str(first + DECADE - 1))
    program = [sys.executable, "-I", str(HOLIDAYS), region, *years]
    ended = subprocess.run(program, capture_output=True, text=True, env={}, cwd="/", check=False)  # noqa: S603  our own
    if ended.returncode == NO_SUCH_REGION:
        raise NoSuchRegion(region)
    ended.check_returncode()
    return [date.fromisoformat(day) for day in ended.stdout.split()]


@dataclass(frozen=True)
class WorkingDays:
    """When a clinic works: in its time zone, and less the holidays of its region ("": weekends only)."""

    zone: ZoneInfo
    region: str = ""

    def day_of(self, moment: datetime) -> date:
        """The day it is at the clinic."""
        return moment.astimezone(self.zone).date()

    def works_on(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in holidays_of(self.region, day.year)

    def add(self, day: date, number: int) -> date:
        """The so many-th working day after this day; for 0 the day itself, or the next on which the clinic works."""
        while number or not self.works_on(day):
            day += DAY
            number -= number > 0 and self.works_on(day)
        return day

    def between(self, earlier: date, later: date) -> int:
        """How many working days lie after the earlier day, up to and with the later one."""
        return sum(self.works_on(earlier + DAY * number) for number in range(1, (later - earlier).days + 1))
