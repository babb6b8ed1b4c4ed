"""The clinical vocabulary as form fields: each fact asked in its own words, and always answerable with "Not known"."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask

from referrals.eligibility import english, facts
from referrals.eligibility.fact import EARLIEST, Fact
from referrals.web import strict
from referrals.web.fields import Choice, Day, StrictField

NOT_KNOWN = "not_known"
NOT_KNOWN_WORDS = "Not known"
YES_NO = {"yes": "Yes", "no": "No"}
SHORT = {"inr": "INR", "disability_rdq": "Roland–Morris score", "onset_on": "Symptoms began"}


class Coded(Choice):
    """A fact with codes, as radios; "Not known" is one of them."""

    def __init__(self, fact: Fact, **options: Any) -> None:
        super().__init__(fact.question, {**fact.codes, NOT_KNOWN: NOT_KNOWN_WORDS}, hint=fact.hint, **options)
        self.fact = fact

    def parse(self, text: str) -> Any:
        code = super().parse(text)
        return None if code == NOT_KNOWN else code

    @property
    def said_not_known(self) -> bool:
        return self.text == NOT_KNOWN

    @property
    def answered(self) -> bool:
        """Whether anything was said; "Not known" is something."""
        return self.data is not None or self.said_not_known

    def pre_validate(self, form: Any) -> None:
        if not self.answered:
            super().pre_validate(form)


class Flag(Coded):
    """Yes, no or not known."""

    def __init__(self, fact: Fact, **options: Any) -> None:
        super().__init__(fact, **options)
        self.options = {**YES_NO, NOT_KNOWN: NOT_KNOWN_WORDS}

    def parse(self, text: str) -> Any:
        code = super().parse(text)
        return None if code is None else code == "yes"

    def written(self, value: Any) -> str:
        return "" if value is None else "yes" if value is True else "no"


class OrNotKnown(StrictField):
    """A written answer with a tick beside it that says "Not known"."""

    may_be_not_known = True
    ticks: Sequence[str] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}-{NOT_KNOWN}")

    def process(self, formdata: Any, *arguments: Any, **more: Any) -> None:
        self.ticks = () if formdata is None else formdata.getlist(f"{self.name}-{NOT_KNOWN}")
        super().process(formdata, *arguments, **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if list(self.ticks) not in ([], ["yes"]):
            raise ValueError("Tick “Not known” or leave it.")
        if self.ticks and self.data is not None:
            raise ValueError("Give an answer or tick “Not known”, not both.")

    @property
    def said_not_known(self) -> bool:
        return bool(self.ticks)

    @property
    def answered(self) -> bool:
        return self.data is not None or self.said_not_known


class Quantity(OrNotKnown):
    """A number with a unit and a legal range."""

    width = "xs"
    fact: Fact

    def __init__(self, fact: Fact, **options: Any) -> None:
        super().__init__(fact.question, hint=fact.hint, **options)
        self.fact = fact
        self.unit = fact.unit
        self.inputmode = "numeric" if fact.whole else "decimal"

    def parse(self, text: str) -> Any:
        number = strict.whole_number(text) if self.fact.whole else strict.decimal_number(text)
        try:
            return self.fact.check(number, self.meta.today)
        except ValueError:
            raise ValueError(f"Write a number from {self.fact.low:g} to {self.fact.high:g}.") from None

    def written(self, value: Any) -> str:
        return "" if value is None else f"{value:g}"


class Dated(OrNotKnown, Day):
    """A calendar date until today."""

    def __init__(self, fact: Fact, **options: Any) -> None:
        super().__init__(fact.question, hint=fact.hint, earliest=EARLIEST, **options)
        self.fact = fact


KINDS: dict[str, type[StrictField]] = {"flag": Flag, "coded": Coded, "quantity": Quantity, "date": Dated}


def fact_field(fact: Fact, **options: Any) -> Any:
    """The unbound field of a fact, to be given to a form."""
    kind: Any = KINDS[fact.kind]
    return kind(fact, **options)


def spoken(fact: Fact, value: Any) -> str:
    """A value of the fact as a person reads it: "Yes", "Partial", "25 %", "22 Nov 2026", "Not known"."""
    return english.value(fact, date.fromisoformat(value) if fact.kind == "date" and isinstance(value, str) else value)


def fact_value(value: Any, name: str) -> str:
    return spoken(facts.BY_NAME[name], value)


def fact_label(name: str) -> str:
    """A fact in a word or three, where the question would be too long: "Too frail for surgery"."""
    return SHORT.get(name) or name.removesuffix("_on").replace("_", " ").capitalize()


def fact_question(name: str) -> str:
    return facts.BY_NAME[name].question


def register(app: Flask) -> None:
    for written in (fact_value, fact_label, fact_question):
        app.add_template_filter(written)
