"""A question of the vocabulary as form fields: what is asked of a fact depends on its kind, and is never free text."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from referrals.administration import Refused
from referrals.eligibility.branch import Branch, Path, Said
from referrals.eligibility.fact import Fact
from referrals.eligibility.language import LONGEST_WINDOW, AtLeast, Leaf, Node, OneOf, Within, Yes
from referrals.web.draft_form import DraftForm, refusals
from referrals.web.fields import Choice, Number, StrictField, Ticks
from referrals.web.form import StrictForm

SAYS: dict[str, dict[str, str]] = {
    "flag": {"yes": "Yes", "no": "No"},
    "coded": {"yes": "One of these", "no": "None of these"},
    "quantity": {"yes": "Within", "no": "Outside"},
    "date": {"yes": "Within", "no": "Outside"},
}
SECTIONS = {
    "vertebra": "Of each vertebra",
    "pain": "Pain",
    "function": "Function",
    "conservative": "Conservative management",
    "safety": "Safety",
    "bone_health": "Bone health",
}
CHOOSE = "Choose one."
Form = TypeVar("Form", bound="AskingForm")


def place(path: Path) -> str:
    """How the fields of a place are called: "q", "q-0", "q-0-2"."""
    return "-".join(("q", *map(str, path)))


def fields_of(fact: Fact, name: str) -> dict[str, StrictField]:
    """The fields of one question."""
    if fact.kind == "flag":
        return {f"{name}-says": Choice(fact.question, SAYS["flag"], hint=fact.hint, required=CHOOSE)}
    says = Choice("Which count", SAYS[fact.kind], required=CHOOSE, default="yes")
    if fact.kind == "coded":
        return {f"{name}-codes": Ticks(fact.question, fact.codes, hint=fact.hint), f"{name}-says": says}
    return {f"{name}-low": _bound(fact, "From"), f"{name}-high": _bound(fact, "To"), f"{name}-says": says}


def _bound(fact: Fact, label: str) -> StrictField:
    if fact.kind == "date":
        return Number(label, 0, LONGEST_WINDOW, unit="days ago")
    assert fact.low is not None
    assert fact.high is not None
    return Number(label, fact.low, fact.high, unit=fact.unit, whole=fact.whole)


def values_of(branch: Branch) -> dict[str, Any]:
    """What the fields of a place begin with."""
    name = place(branch.path)
    says = {f"{name}-says": "no" if branch.denied else "yes"}
    match branch.core:
        case OneOf(_, codes):
            return says | {f"{name}-codes": list(codes)}
        case Within(_, low, high):
            return says | {f"{name}-low": low, f"{name}-high": high}
        case AtLeast(count):
            return {f"{name}-count": f"not-{count}" if branch.denied else str(count)}
    return says


class AskingForm(DraftForm):
    """A form with questions of the vocabulary: {how the fields of each are called: the fact}."""

    asks: ClassVar[Mapping[str, Fact]] = {}

    def wrong(self) -> Iterator[Refused]:
        for name, fact in self.asks.items():
            yield from refusals(partial(question, self, name, fact))


def asking(base: type[Form], fields: Mapping[str, Any], asks: Mapping[str, Fact]) -> type[Form]:
    """The form with these fields, some of which are those of questions."""
    return type(base.__name__, (base,), {**fields, "asks": asks})


def question(form: StrictForm, name: str, fact: Fact, before: Node | None = None) -> Said:
    """What the fields ask, and whether that is denied; `before`, if it is the same. Refused: which field, and why."""
    says = form[f"{name}-says"].data == "no"
    if fact.kind == "flag":
        return Yes(fact.name), says
    if fact.kind == "coded":
        return _codes(form, f"{name}-codes", fact, before), says
    low, high = form[f"{name}-low"].data, form[f"{name}-high"].data
    if low is None and high is None:
        raise Refused(f"{name}-low", "Give at least one of the two numbers.")
    return _checked(f"{name}-low", lambda: Within(fact.name, low, high), before), says


def _codes(form: StrictForm, name: str, fact: Fact, before: Node | None) -> Leaf:
    chosen = [code for code in fact.codes if code in (form[name].data or ())]
    if not chosen:
        raise Refused(name, "Tick at least one.")
    if isinstance(before, OneOf) and before.fact == fact.name and set(before.codes) == set(chosen):
        return before
    return _checked(name, lambda: OneOf(fact.name, tuple(chosen)), before)


def _checked(name: str, made: Callable[[], Leaf], before: Node | None) -> Leaf:
    """The question, as the language takes it; what it refuses is said beside the field."""
    try:
        leaf = made()
    except ValueError as wrong:
        raise Refused(name, in_words(wrong)) from None
    return before if leaf == before else leaf  # numbers that are the same as before


def in_words(wrong: ValueError) -> str:
    """What the language refuses, without the name of the fact: "The window ends before it begins."."""
    said = str(wrong).rpartition(": ")[2]
    return f"{said[0].upper()}{said[1:]}."
