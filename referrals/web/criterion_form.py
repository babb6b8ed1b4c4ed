"""A criterion as a form: its rule place by place, its words, and where each procedure asks for it."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from referrals.administration import Refused
from referrals.eligibility import branch
from referrals.eligibility.branch import Branch, Path, Said
from referrals.eligibility.edition import Criterion, Edition, Source
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node
from referrals.eligibility.revision import Places, with_criterion
from referrals.eligibility.verdict import PROCEDURES
from referrals.web.condition_form import CHOOSE, AskingForm, asking, fields_of, in_words, place, question, values_of
from referrals.web.draft_form import PARTS, refusals
from referrals.web.fields import Area, Choice, Line

OWN = Source("Own", "decided by the clinic, and signed with the edition")
"""The source of what has no other."""


class CriterionForm(AskingForm):
    """Words and places; those of a rule are added to it."""

    of_the_whole = "title"
    title = Line("Title", 120, required="Give it a short title.", hint="As it stands in every explanation.")
    reading = Area(
        "Read as", 1000, required="Say in a sentence or two how it is meant.",
        hint="What it means at the bedside, and what it does not mean.",
    )  # fmt: skip
    ref = Line("Source", 80, hint="A guideline, say. Blank: the clinic’s own.", width="m")
    where = Line("Where in it", 200, hint="Page, section or paragraph.")

    def wrong(self) -> Iterator[Refused]:
        yield from super().wrong()
        yield from refusals(lambda: self.source)

    @property
    def source(self) -> Source:
        ref, where = self["ref"].data or "", self["where"].data or ""
        if bool(ref) != bool(where):
            raise Refused("where" if ref else "ref", "Name both the source and the place in it, or neither.")
        return Source(ref, where) if ref else OWN

    @property
    def places(self) -> Places:
        said = {name: self[f"in-{name}"].data for name in PROCEDURES}
        return {name: None if part == "none" else part for name, part in said.items()}

    def criterion(self, name: str, rule: Node, before: Criterion | None = None, **said: Any) -> Criterion:
        """The criterion as the form has it. It is our reading where no source is named, or the rule is another."""
        source = self.source
        ours = source == OWN or (before is not None and (before.ours or rule != before.rule))
        return Criterion(
            name=name,
            title=self["title"].data,
            rule=rule,
            source=source,
            reading=self["reading"].data,
            ours=ours,
            **said,
        )


def asked_in() -> dict[str, Any]:
    """Where each procedure asks for it."""
    return {f"in-{name}": Choice(name.capitalize(), PARTS, required=CHOOSE) for name in PROCEDURES}


def words_of(criterion: Criterion, places: Places) -> dict[str, Any]:
    """What the form begins with."""
    own = criterion.source == OWN
    return {
        "title": criterion.title,
        "reading": criterion.reading,
        "ref": None if own else criterion.source.ref,
        "where": None if own else criterion.source.where,
        **{f"in-{name}": part or "none" for name, part in places.items()},
    }


def form_of(
    criterion: Criterion, places: Places, answers: MultiDict[str, str] | None, today: date, version: int
) -> CriterionForm:
    """The form of a criterion that is there."""
    fields, values = asked_in(), words_of(criterion, places)
    places_asked = branch.every(branch.tree(criterion.rule))
    asked = {place(each.path): BY_NAME[each.core.fact] for each in places_asked if not each.parts}  # type: ignore[attr-defined]
    for each in places_asked:
        fields |= _fields(each)
        values |= values_of(each)
    made = asking(CriterionForm, fields, asked)
    return made(answers, today=today, version=version, **values)


def rule_of(form: CriterionForm, rule: Node) -> Node:
    """The rule with what the form says at each place of it. Raises Refused."""
    return branch.rebuilt(rule, dict(_said(form, branch.tree(rule))))


def counts(parts: int) -> dict[str, str]:
    """How many of the parts: in the words of the outline."""
    some = range(2, parts)
    return {
        str(parts): "All of these",
        "1": "Any of these",
        **{str(count): f"At least {count} of these" for count in some},
        "not-1": "None of these",
        f"not-{parts}": "Not all of these",
        **{f"not-{count}": f"Fewer than {count} of these" for count in some},
    }


def placed(edition: Edition, base: Edition, criterion: Criterion, places: Places) -> Edition:
    """The edition with the criterion just there. Refused where a procedure would be left without any."""
    try:
        return with_criterion(edition, base, criterion, places)
    except ValueError as wrong:
        procedure = str(wrong).partition(": ")[0]
        raise Refused(f"in-{procedure}", in_words(wrong)) from None


def new_name(title: str, taken: set[str]) -> str:
    """What a criterion is called among us: its title in small letters, and a number where that is taken."""
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:30] or "criterion"
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)


def _fields(each: Branch) -> dict[str, Any]:
    name = place(each.path)
    if each.parts:
        return {f"{name}-count": Choice("Needed", counts(len(each.parts)), shape="select", required=CHOOSE)}
    return dict(fields_of(BY_NAME[each.core.fact], name))  # type: ignore[attr-defined]


def _said(form: CriterionForm, each: Branch) -> Iterator[tuple[Path, Said]]:
    name = place(each.path)
    if isinstance(each.core, AtLeast):
        said = str(form[f"{name}-count"].data)
        yield each.path, (int(said.removeprefix("not-")), said.startswith("not-"))
        for part in each.parts:
            yield from _said(form, part)
    else:
        yield each.path, question(form, name, BY_NAME[each.core.fact], each.core)  # type: ignore[attr-defined]
