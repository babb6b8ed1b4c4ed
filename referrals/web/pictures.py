"""The clinical pictures of a referral: all that were told, and any two of them side by side."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict

from referrals.clinical import MODALITIES, ClinicalPicture, pictures_of
from referrals.comparison import Block, compare, turned
from referrals.eligibility import facts
from referrals.referral import Referral
from referrals.screening import first_screenings
from referrals.web.context import reading, today
from referrals.web.fact_fields import fact_label, spoken
from referrals.web.fields import Choice
from referrals.web.form import StrictForm
from referrals.web.intake_form import NotesForm, StudyForm, TreatmentForm
from referrals.web.part import part, sent_referral
from referrals.web.policy import allow
from referrals.web.words import day, moment

blueprint = Blueprint("pictures", __name__, url_prefix="/referrals")

Page = str | tuple[str, int]


@blueprint.get("/<public_id>/pictures")
@allow("read_referral")
def show(public_id: str) -> str:
    """Every picture: its number, who told it and when, and the verdicts then."""
    referral = sent_referral(public_id)
    pictures = pictures_of(reading(), referral.id)
    return listed(referral, pictures, form_of(pictures))


@blueprint.get("/<public_id>/pictures/compare")
@allow("read_referral")
def comparison(public_id: str) -> Page:
    """Two pictures, which the address names by their numbers."""
    referral = sent_referral(public_id)
    pictures = pictures_of(reading(), referral.id)
    form = form_of(pictures, request.args)
    if not form.validate():
        return listed(referral, pictures, form), 422
    by_number = {str(picture.number): picture for picture in pictures}
    return compared(referral, by_number[form.before.data], by_number[form.after.data])


class ComparisonForm(StrictForm):
    """Which two pictures; what there is to choose from is added to it."""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        for field in (field for field in self if not (field.data or field.errors)):
            field.errors = ["Choose a picture."]
        if valid and self["before"].data == self["after"].data:
            self["after"].errors = ["Choose another picture than the first."]
        return valid and not any(field.errors for field in self)


def form_of(pictures: Sequence[ClinicalPicture], asked: MultiDict[str, str] | None = None) -> Any:
    """The form to compare two of these; begins with the newest and the one before it."""
    known = {str(picture.number): f"Picture {picture.number}, {moment(picture.told_at)}" for picture in pictures}
    newest, *older = known

    class Chosen(ComparisonForm):
        before = Choice("Compare", known, shape="select")
        after = Choice("with", known, shape="select")

    return Chosen(asked, today=today(), before=older[0] if older else newest, after=newest)


def listed(referral: Referral, pictures: Sequence[ClinicalPicture], form: ComparisonForm) -> str:
    said = first_screenings(reading(), pictures)
    return part("picture/list.html", referral, pictures=pictures, screenings=said, form=form)


def compared(referral: Referral, before: ClinicalPicture, after: ClinicalPicture) -> str:
    said = first_screenings(reading(), (before, after))
    return part(
        "picture/comparison.html",
        referral,
        before=before,
        after=after,
        was=said[before.id],
        now=said[after.id],
        turned=turned(said[before.id].explanation, said[after.id].explanation),
        **drawn(compare(before.details(), after.details())),
    )


def drawn(comparison: Any) -> dict[str, Any]:
    """What macros/comparison.html draws a comparison from."""
    return {"comparison": comparison, "asked_words": asked_words, "told_words": told_words, "title": title}


def title(block: Block, what: str) -> str:
    """What a block is about: "L1", "MRI, 12 Nov 2026", "Brace"."""
    if what == "vertebrae":
        return block.of[0] or "Level not known"
    known = [told_words(name, value) for name, value in zip(CALLED_BY[what], block.of, strict=True) if value]
    return ", ".join(known)


CALLED_BY = {"imaging": ("modality", "done_on"), "treatments": ("what", "from_on")}


def asked_words(name: str) -> str:
    """What is told, in a word or three: a question alone does not say what it is about."""
    return fact_label(name) if name in facts.BY_NAME else labels()[name]


def told_words(name: str, value: Any) -> str:
    """What was said to it, as a person reads it."""
    if name in facts.BY_NAME:
        return spoken(facts.BY_NAME[name], value)
    if name == "modality":
        return MODALITIES[value]
    if isinstance(value, bool) or value is None:
        return {True: "Yes", False: "No", None: "Not known"}[value]
    return day(value) if isinstance(value, date) else str(value)


@cache
def labels() -> Mapping[str, str]:
    """The labels of what is no fact of the vocabulary."""
    asked = (kind(today=date(2000, 1, 1)) for kind in (NotesForm, StudyForm, TreatmentForm))
    return {field.short_name: field.label.text for form in asked for field in form}
