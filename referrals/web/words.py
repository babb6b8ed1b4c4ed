"""How pages write days, moments, ages and identifiers."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask

from referrals import patients
from referrals.list_page import COUNTED_UP_TO
from referrals.web import context


def day(value: date | str | None) -> str:
    """22 Nov 2026, of a date or of its ISO text in a stored screening; nothing for an unknown day."""
    known = date.fromisoformat(value) if isinstance(value, str) and value else value
    return f"{known.day} {known:%b %Y}" if isinstance(known, date) else ""


def moment(value: datetime | str | None) -> str:
    """22 Nov 2026, 14:03, by the clinic's clock; of a moment or of its ISO text in the log."""
    known = datetime.fromisoformat(value) if isinstance(value, str) and value else value
    if not isinstance(known, datetime):
        return ""
    local = known.astimezone(ZoneInfo(context.settings().time_zone))
    return f"{day(local.date())}, {local:%H:%M}"


def zone() -> str:
    """Whose clock the times are by: "New York time"."""
    name = context.settings().time_zone
    return f"{name.rpartition('/')[2].replace('_', ' ')} time"


def visit_time(value: datetime) -> str:
    """22 Nov 2026, 14:03, New York time."""
    return f"{moment(value)}, {zone()}"


def clock(value: datetime, seconds: bool = False) -> str:
    """14:03 or, to the second, 14:03:20, by the clinic's clock."""
    return f"{value.astimezone(ZoneInfo(context.settings().time_zone)):{'%H:%M:%S' if seconds else '%H:%M'}}"


def age(born_on: date) -> int:
    return patients.age(born_on, context.today())


def days_since(value: date | None) -> int | None:
    """Whole days from then until today; None where the day is not known."""
    return (context.today() - value).days if value else None


def ago(value: date) -> str:
    """How long ago a day was: "35 days ago", "today"."""
    days = (context.today() - value).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def due(value: date) -> str:
    """How a deadline stands: "Due in 5 days", "3 days overdue"."""
    days = (value - context.today()).days
    if days < 0:
        return "1 day overdue" if days == -1 else f"{-days} days overdue"
    return {0: "Due today", 1: "Due tomorrow"}.get(days, f"Due in {days} days")


def waited(value: datetime) -> str:
    """How long something has waited, in the largest unit that says enough."""
    hours = int((datetime.now(value.tzinfo) - value).total_seconds() // 3600)
    if hours < 1:
        return "under 1 h"
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"


def capped(count: int) -> str:
    """A count as a tab shows it: "99+" where the counting stopped."""
    return str(count) if count < COUNTED_UP_TO else f"{COUNTED_UP_TO - 1}+"


def spoken_id(public_id: str) -> str:
    """A public id in groups of four, as it is read over the telephone."""
    return " ".join(public_id[i : i + 4].upper() for i in range(0, len(public_id), 4))


HEARD = str.maketrans("OoIiLl", "001111", " -")


def heard_id(spoken: str) -> str:
    """A public id as it was read over the telephone and typed: letters that it never has stand for the digits."""
    return spoken.translate(HEARD).lower()


def file_size(size: int) -> str:
    """How large a file is, as people say it: 640 KB, 2.4 MB."""
    return f"{max(1, round(size / 1024)):,} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


FILTERS = (day, moment, visit_time, clock, age, days_since, ago, due, waited, spoken_id, file_size)


def register(app: Flask) -> None:
    for written in FILTERS:
        app.add_template_filter(written)
