"""Text from outside turned into what it can only mean, or refused with one line that says what is allowed."""

import re
import unicodedata
from datetime import UTC, date, datetime, time

from referrals.npi import checked

WHOLE_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
DECIMAL_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?", re.ASCII)
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

# Refused in any text: control characters and lone surrogates; characters that reorder or hide what stands around them,
# so that one name could read as another; and U+FFFD, which a decoder leaves where the bytes were not UTF-8.
# The joiners that emoji and some scripts need are not among them.
REFUSED = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd-\uffff"
)
REFUSED_IN_LINES = re.compile(f"[{REFUSED}]")
REFUSED_IN_A_LINE = re.compile(rf"[\t\n{REFUSED}]")
UNSEEN = frozenset({"Cf", "Me", "Mn", "Zs"})  # joiners, marks and blanks: nothing without a character to stand on
LINE_BREAKS = ("\r\n", "\r", "\u2028", "\u2029")


def text(value: str, longest: int, lines: bool = False) -> str:
    """The text in NFC without the space around it; `lines` allows line breaks and tabs."""
    if lines:
        for line_break in LINE_BREAKS:
            value = value.replace(line_break, "\n")
    if refused(value, lines):
        raise ValueError("Remove the hidden or control characters; they may have come with a copied text.")
    value = unicodedata.normalize("NFC", value).strip()
    if value and all(unicodedata.category(character) in UNSEEN for character in value):
        raise ValueError("Nothing of this can be seen: write it again, or leave it blank.")
    if len(value) > longest:
        raise ValueError(f"Use {longest:,} characters at most; this has {len(value):,}.")
    return value


def refused(value: str, lines: bool) -> bool:
    """Whether the text has a character that no text of ours may have."""
    return (REFUSED_IN_LINES if lines else REFUSED_IN_A_LINE).search(value) is not None


def whole_number(value: str) -> int:
    if not WHOLE_NUMBER.fullmatch(value):
        raise ValueError("Write a whole number in digits, such as 7, without spaces or signs.")
    return int(value)


def decimal_number(value: str) -> float:
    if not DECIMAL_NUMBER.fullmatch(value):
        raise ValueError("Write a number in digits, such as 1.2, without spaces or signs.")
    return float(value)


def calendar_date(value: str) -> date:
    if not ISO_DATE.fullmatch(value):
        raise ValueError("Write the date as year-month-day, such as 2026-03-09.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("This date does not exist.") from None


def time_of_day(value: str) -> time:
    if not TIME_OF_DAY.fullmatch(value):
        raise ValueError("Write the time as hours and minutes of 24 hours, such as 09:30 or 14:05.")
    return time.fromisoformat(value)


def moment(value: str) -> datetime:
    """A moment with its zone, as a page of ours wrote it."""
    try:
        known = datetime.fromisoformat(value) if value.isascii() else None
        if known and known.tzinfo:
            return known.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last days have no moment in UTC everywhere
        pass
    raise ValueError("This is not a moment that a page of ours wrote. Open the page again.")


def date_between(value: str, earliest: date, latest: date) -> date:
    day = calendar_date(value)
    if day > latest:
        raise ValueError(f"The date is after {spoken(latest)}, the latest that is possible.")
    if day < earliest:
        raise ValueError(f"The date is before {spoken(earliest)}, the earliest that is possible.")
    return day


def spoken(day: date) -> str:
    """22 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


npi = checked
