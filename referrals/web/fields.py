"""Form fields that accept only what a person could have meant, keep the text that they refuse, and say what to do."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from wtforms.fields.core import Field
from wtforms.validators import StopValidation

from referrals.eligibility.fact import Fact
from referrals.web import strict

FIRST_DATE = date(1900, 1, 1)


class StrictField(Field):
    """One answer: its text as written, its value where the text has a meaning, None where it is blank or refused."""

    shape = "text"
    inputmode = ""
    unit = ""
    width = ""
    longest: int | None = None
    may_be_not_known = False
    fact: Fact | None = None

    def __init__(self, label: str, *, hint: str = "", required: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.hint = hint
        self.required = required
        self.process_errors: list[str]

    def process_formdata(self, valuelist: list[str]) -> None:
        if len(valuelist) > 1:
            raise ValueError("This was answered more than once: answer it once.")
        self.data = None
        if valuelist and valuelist[0]:
            self.data = self.parse(valuelist[0])

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def pre_validate(self, form: Any) -> None:
        if self.required and self.data in (None, "") and not self.process_errors:
            raise StopValidation(self.required)

    @property
    def text(self) -> str:
        """What the page shows in the field: the text as it came, or the value that it began with."""
        if self.raw_data is not None:
            return self.raw_data[0] if self.raw_data else ""
        return self.written(self.data)

    def written(self, value: Any) -> str:
        return "" if value is None else str(value)

    @property
    def target(self) -> str:
        """The id that a link in the error summary goes to."""
        return str(self.id)

    @property
    def answered(self) -> bool:
        """Whether something was said that can be read."""
        return self.data is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which its answers come."""
        return (self.name,)


class Line(StrictField):
    """One line of text."""

    lines = False

    def __init__(self, label: str, longest: int, *, width: str = "", **options: Any) -> None:
        super().__init__(label, **options)
        self.longest = longest
        self.width = width

    def parse(self, text: str) -> str | None:
        assert self.longest is not None
        return strict.text(text, self.longest, self.lines) or None


class Area(Line):
    """Several lines of text."""

    shape = "area"
    lines = True


class Npi(StrictField):
    inputmode = "numeric"
    longest = 10
    width = "s"

    def parse(self, text: str) -> str:
        return strict.npi(text)


class Day(StrictField):
    """A calendar date, by default none after today."""

    shape = "date"

    def __init__(self, label: str, *, earliest: date = FIRST_DATE, future: date | None = None, **options: Any) -> None:
        super().__init__(label, **options)
        self._earliest, self._future = earliest, future

    @property
    def earliest(self) -> date:
        return self._earliest

    @property
    def latest(self) -> date:
        today: date = self.meta.today
        return self._future or today

    def parse(self, text: str) -> date:
        return strict.date_between(text, self.earliest, self.latest)


class TimeOfDay(StrictField):
    """A time of day by the clinic's clock, to the minute."""

    shape = "time"

    def parse(self, text: str) -> time:
        return strict.time_of_day(text)

    def written(self, value: Any) -> str:
        return "" if value is None else f"{value:%H:%M}"


class Number(StrictField):
    """A number of something, within limits; `whole` takes no decimals."""

    width = "xs"

    def __init__(
        self, label: str, low: float, high: float, *, unit: str = "", whole: bool = True, **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.low, self.high, self.unit, self.whole = low, high, unit, whole
        self.inputmode = "numeric" if whole else "decimal"

    def parse(self, text: str) -> float:
        number = strict.whole_number(text) if self.whole else strict.decimal_number(text)
        if not self.low <= number <= self.high:
            raise ValueError(f"Write a number from {self.low:g} to {self.high:g}.")
        return number

    def written(self, value: Any) -> str:
        return "" if value is None else f"{value:g}"


class Choice(StrictField):
    """One of the codes; drawn as radios, or as a list where there are many."""

    def __init__(self, label: str, options: Mapping[str, str], *, shape: str = "radios", **rest: Any) -> None:
        super().__init__(label, **rest)
        self.options = options
        self.shape = shape

    def parse(self, text: str) -> str:
        if text not in self.options:
            raise ValueError(f"Choose one of: {', '.join(self.options.values())}.")
        return text

    @property
    def target(self) -> str:
        return f"{self.id}-{next(iter(self.options))}" if self.shape == "radios" else str(self.id)


class Tick(StrictField):
    """A checkbox: True when ticked, None when not."""

    shape = "checkbox"

    def parse(self, text: str) -> bool:
        if text != "yes":
            raise ValueError("Tick the box or leave it.")
        return True

    def written(self, value: Any) -> str:
        return "yes" if value is True else ""


class Ticks(StrictField):
    """Any number of the codes, each at most once."""

    shape = "checkboxes"

    def __init__(self, label: str, options: Mapping[str, str], **rest: Any) -> None:
        super().__init__(label, **rest)
        self.options = options

    def process_formdata(self, valuelist: list[str]) -> None:
        if len(set(valuelist)) < len(valuelist) or not set(valuelist) <= set(self.options):
            raise ValueError("Choose from the list, each once.")
        self.data = valuelist

    @property
    def chosen(self) -> list[str]:
        return list(self.raw_data if self.raw_data is not None else self.data or ())

    @property
    def target(self) -> str:
        return f"{self.id}-{next(iter(self.options), 'none')}"


class Hidden(Line):
    """A value that the page carries for us: a token, a version."""

    shape = "hidden"


class Moment(StrictField):
    """When a page was made, carried by the page."""

    shape = "hidden"

    def parse(self, text: str) -> datetime:
        return strict.moment(text)
