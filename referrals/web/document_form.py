"""What a person tells of a document: what it is, when the study was done, what it supports, and on which page."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from referrals.document import KINDS, LONGEST_NUMBER, LONGEST_PLACE, PICTURES, About, Support
from referrals.eligibility import facts
from referrals.filing import LONGEST_REASON
from referrals.inspection import LARGEST_IN_WORDS, Inspected, Refused, inspected
from referrals.web import strict
from referrals.web.fact_fields import fact_label
from referrals.web.fields import Area, Choice, Day, Line, StrictField
from referrals.web.form import StrictForm

ROWS = 4
MOST_PAGES = 9999
GROUPS = {
    "Of the vertebra": ("vertebra",),
    "Pain and function": ("pain", "function"),
    "Conservative management": ("conservative",),
    "Safety": ("safety",),
    "Bone health": ("bone_health",),
}
Groups = list[tuple[str, list[tuple[str, str]]]]
"""What a list offers, in groups: (words of the group, [(value, words)])."""
FACTS: Groups = [
    (
        words,
        [(name, fact_label(name)) for name, fact in facts.BY_NAME.items() if fact.section in of and name != "level"],
    )
    for words, of in GROUPS.items()
]
CHOOSE = "Choose a file."
AGAIN = "Choose the file again: a browser does not keep it. Nothing of it was stored."


class Upload(StrictField):
    """The file itself, which does not come among the answers."""

    shape = "file"

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None


class Page(StrictField):
    """The number of a page, the first being 1."""

    inputmode = "numeric"
    longest = 4
    width = "xs"

    def parse(self, text: str) -> int:
        number = strict.whole_number(text)
        if not 1 <= number <= MOST_PAGES:
            raise ValueError("Count the pages from 1.")
        return number


FILE = Upload(
    "File", hint=f"PDF, PNG, JPEG or TIFF, {LARGEST_IN_WORDS} at most. What it is shows in the file, not in its name."
)
"""Made before the other fields, so that it stands before them."""


class AboutForm(StrictForm):
    """What is asked of every document."""

    kind = Choice("What is it?", KINDS, required="Choose what it is.")
    study_on = Day("Date of the study", hint="Of the examination or the letter, not of today.")

    def about(self, supports: tuple[Support, ...] = ()) -> About:
        study_on: date | None = self.study_on.data
        return About(self.kind.data, study_on, supports)


class PicturesForm(AboutForm):
    """Where the pictures of a study are."""

    kind = Choice("Which study?", PICTURES, required="Choose which study.")
    pictures_at = Line(
        "Images are in PACS at …", LONGEST_PLACE, required="Say where: the hospital, or the image exchange.",
        hint="The hospital or the image exchange, as the clinic can ask for them.",
    )  # fmt: skip
    accession_number = Line("Accession number", LONGEST_NUMBER, width="m", hint="If you know it.")


class ErrorForm(StrictForm):
    """Why a document should not be here."""

    reason = Area(
        "Why is it an error?", LONGEST_REASON, required="Say why, in a sentence.",
        hint="For example: another patient’s. Stands beside the document, with your name.",
    )  # fmt: skip


def _support_fields() -> dict[str, Any]:
    """Rows of a fact, the vertebra that it is of, and the page that it stands on."""
    levels = {level: level for level in facts.LEVELS}
    known = dict(fact for _, group in FACTS for fact in group)
    return {
        name: field
        for row in range(ROWS)
        for name, field in (
            (f"fact{row}", Choice("It shows", known, shape="select")),
            (f"level{row}", Choice("Level", levels, shape="select")),
            (f"page{row}", Page("Page")),
        )
    }


class DocumentForm(type("Supporting", (AboutForm,), _support_fields())):  # type: ignore[misc]
    """A file, and what is told of it."""

    file = FILE

    def rows(self) -> Iterator[tuple[StrictField, StrictField, StrictField]]:
        for row in range(ROWS):
            yield self[f"fact{row}"], self[f"level{row}"], self[f"page{row}"]

    @property
    def supports(self) -> tuple[Support, ...]:
        return tuple(Support(fact.data, level.data, page.data) for fact, level, page in self.rows() if fact.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Each row has to make sense by itself; and the file, once everything else does, is looked at."""
        valid = super().validate(extra_validators)
        for fact, level, page in self.rows():
            _check_row(fact, level, page)
        sent = request.files.get("file")
        if not sent or not sent.filename:
            self["file"].errors = [CHOOSE]
        elif not valid or self.problems:
            self["file"].errors = [AGAIN]
        return not self.problems

    def received(self) -> tuple[Inspected, str] | None:
        """The file and its name; None where it is not one that we keep, and then the form says why."""
        sent: FileStorage = request.files["file"]
        try:
            file = inspected(sent.read())
        except Refused as refused:
            self["file"].errors = [str(refused)]
            return None
        for _, _, page in self.rows():
            if page.data and page.data > file.pages:
                page.errors = [f"The file has {file.pages} {'page' if file.pages == 1 else 'pages'}."]
                self["file"].errors = [AGAIN]
        return None if self.problems else (file, sent.filename or "")


def _check_row(fact: StrictField, level: StrictField, page: StrictField) -> None:
    """Errors where they can be put right; what could not be read has one already."""
    if (level.data or page.data) and not fact.data and not fact.errors:
        fact.errors = ["Choose what it shows, or leave the row blank."]
    if fact.data and not level.errors:
        of_a_vertebra = facts.BY_NAME[fact.data].scope == "vertebra"
        if of_a_vertebra and not level.data:
            level.errors = ["Choose the level: this is said of one vertebra."]
        elif level.data and not of_a_vertebra:
            level.errors = ["Leave the level blank: this is said of the patient."]
