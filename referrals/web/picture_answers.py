"""What is answered about the clinical picture, on whichever page it is told: read once, strictly."""

from datetime import date
from functools import partial
from typing import Any

from werkzeug.datastructures import MultiDict

from referrals.clinical import PictureDetails
from referrals.web import fields
from referrals.web.form import StrictForm, problems, stranger_problems, strangers
from referrals.web.intake_form import (
    LEVELS,
    RED_FLAG,
    ROW_NUMBERS,
    UNKNOWN_LEVEL,
    FactsForm,
    LevelsForm,
    NotesForm,
    Row,
    StudyForm,
    TreatmentForm,
    VertebraForm,
    in_section,
)

Answers = MultiDict[str, str]


class PictureAnswers:
    """The forms of a page that tells a picture. Answers about levels no longer ticked are carried, not read."""

    def __init__(self, answers: Answers | None, today: date, **begun_with: Any) -> None:
        self.answers: Answers = MultiDict() if answers is None else answers
        self._form = partial(_form, answers, today, begun_with)
        self.levels, self.facts, self.notes = self._form(LevelsForm), self._form(FactsForm), self._form(NotesForm)
        self.vertebrae = {level: self._form(VertebraForm, level) for level in self.chosen}
        self.studies, self.treatments = self._filled_rows(StudyForm), self._filled_rows(TreatmentForm)

    @property
    def chosen(self) -> list[str]:
        """The levels that are ticked, from the neck down; what is not a level is left to validation."""
        return [level for level in LEVELS if level in self.levels.levels.chosen]

    @property
    def dropped(self) -> list[str]:
        """The levels that something is answered about and that are not ticked: that does not get into the picture."""
        answered = {name.partition("-")[0] for name, text in self.answers.items() if text}
        return [level for level in LEVELS if level in answered and level not in self.vertebrae]

    def _filled_rows(self, kind: type[Row]) -> list[Row]:
        start = f"{kind.name}-"
        filled = {name.split("-")[1] for name, text in self.answers.items() if text and name.startswith(start)}
        return [self._form(kind, f"{kind.name}-{number}") for number in ROW_NUMBERS if number in filled]

    def all_rows(self, kind: type[Row]) -> list[Row]:
        """The rows that the page shows: those that were filled, as they were judged, and empty ones."""
        judged = {row.prefix: row for row in (*self.studies, *self.treatments)}
        prefixes = [f"{kind.name}-{number}" for number in ROW_NUMBERS]
        return [judged.get(prefix) or self._form(kind, prefix) for prefix in prefixes]

    def all_vertebrae(self) -> dict[str, StrictForm]:
        """Levels that are ticked, as they were judged, or were answered about and unticked since."""
        answered = {name.partition("-")[0] for name in self.answers}
        return {
            level: self.vertebrae.get(level) or self._form(VertebraForm, level)
            for level in LEVELS
            if level in self.vertebrae or level in answered
        }

    @property
    def forms(self) -> list[StrictForm]:
        """The forms whose answers count, in the order of the page."""
        return [self.levels, *self.vertebrae.values(), self.facts, self.notes, *self.treatments, *self.studies]

    @property
    def strangers(self) -> list[str]:
        """Names that the page does not ask for."""
        return strangers(self.answers, self.names)

    @property
    def names(self) -> frozenset[str]:
        """Every name that the page can send."""
        raise NotImplementedError

    def validate(self) -> bool:
        valid = [form.validate() for form in self.forms]
        return all(valid) and not self.strangers

    def mark_unreadable(self) -> bool:
        """Say at each field what cannot be read, without asking for what is still missing. Whether there is any."""
        for form in self.forms:
            for field in form:
                field.errors = list(field.process_errors)
        return bool(self.problems)

    @property
    def problems(self) -> list[tuple[str, str]]:
        found = [problem for form in self.forms for problem in problems(form)]
        return [*found, *stranger_problems(self.strangers)]

    def picture(self) -> PictureDetails:
        """What is known so far; what cannot be read counts as not known."""
        return PictureDetails(
            patient=self.facts.data,
            vertebrae=tuple(
                {"level": None if level == UNKNOWN_LEVEL else level, **form.data}
                for level, form in self.vertebrae.items()
            ),
            imaging=tuple(told(row) for row in self.studies),
            treatments=tuple(told(row) for row in self.treatments),
            notes=told(self.notes),
        )

    def drawn(self) -> dict[str, Any]:
        """What intake/_picture.html draws beside the forms themselves."""
        return {
            "levels": LEVELS,
            "red_flag": RED_FLAG,
            "in_section": in_section,
            "vertebrae": self.all_vertebrae(),
            "studies": self.all_rows(StudyForm),
            "treatments": self.all_rows(TreatmentForm),
        }


def told(form: StrictForm) -> dict[str, Any]:
    """The values of a form as they are stored: a text that was not given is empty, everything else None."""
    return {field.short_name: stored(field) for field in form}


def stored(field: fields.StrictField) -> Any:
    return "" if field.data is None and isinstance(field, fields.Line | fields.Npi) else field.data


def _form(
    answers: Answers | None, today: date, begun_with: dict[str, Any], kind: type[StrictForm], prefix: str = ""
) -> Any:
    """One form of the page. Which names are strangers only the page as a whole can tell."""
    form = kind(answers, today=today, prefix=prefix, **begun_with)
    form.strangers = []
    return form


ALL_LEVELS: Answers = MultiDict(("levels", level) for level in LEVELS)


def names_of(page: PictureAnswers) -> frozenset[str]:
    """Every name in a page that was made with ALL_LEVELS, and in any row of it."""
    rows = [*page.all_rows(StudyForm), *page.all_rows(TreatmentForm)]
    return frozenset(name for form in (*page.forms, *rows) for field in form for name in field.names)
