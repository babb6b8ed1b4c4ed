"""A form of ours: it knows what day it is, and takes no answer to a question that it did not ask."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, cast

from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.fields.core import UnboundField

from referrals.web.fields import StrictField

OF_THE_PAGE = frozenset({"csrf_token", "submit"})  # every form of ours may carry these two


class StrictForm(Form):
    """A form that knows today's date and refuses any field that it did not ask for."""

    made: ClassVar[dict[str, StrictField]] = {}

    class Meta:
        """How a form gets its fields: each is made once for its class and copied for every form after."""

        def bind_field(self, form: "StrictForm", unbound_field: "UnboundField[Any]", options: dict[str, Any]) -> Any:
            name = options["prefix"] + options["name"]
            made = form.made.get(name)
            if made is None:
                made = form.made[name] = unbound_field.bind(form=form, **options)
            field = object.__new__(type(made))  # copy() would call the constructor, which gives an unbound field
            vars(field).update(vars(made), meta=form.meta, _form=form)
            return field

    def __init_subclass__(cls) -> None:
        cls.made = {}

    def __init__(
        self, answers: MultiDict[str, str] | None = None, *, today: date, prefix: str = "", **values: Any
    ) -> None:
        super().__init__(answers, prefix=prefix, meta={"today": today}, **values)
        self.prefix, self.answers = prefix, answers

    @cached_property
    def strangers(self) -> list[str]:
        """Names that the form does not ask for."""
        return strangers(self.answers or (), (name for field in self for name in field.names))

    def __iter__(self) -> Iterator[StrictField]:
        return cast(Iterator[StrictField], super().__iter__())

    def __getitem__(self, name: str) -> StrictField:
        return cast(StrictField, super().__getitem__(name))

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and not self.strangers

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the error summary: where to go, and what is wrong there."""
        return [*problems(self), *stranger_problems(self.strangers)]


def strangers(answers: Iterable[str], known: Iterable[str]) -> list[str]:
    return sorted(set(answers) - set(known) - OF_THE_PAGE)


def stranger_problems(names: list[str]) -> list[tuple[str, str]]:
    problem = "The page sent an answer to a question that it does not ask. Reload the page and send it again."
    return [("", problem)] if names else []


def problems(form: Iterable[StrictField]) -> list[tuple[str, str]]:
    return [(field.target, f"{_asked(field.label.text)} {field.errors[0]}") for field in form if field.errors]


def _asked(label: str) -> str:
    return label if label.endswith(("?", "…")) else f"{label}:"
