"""Everything that was answered on the intake page: read once, strictly, then previewed, kept or sent."""

from collections.abc import Sequence
from datetime import date
from functools import cache, partial
from typing import Any

from werkzeug.datastructures import MultiDict

from referrals.clinical import NOTE_FIELDS, PictureDetails
from referrals.patients import PatientDetails
from referrals.staff import Person
from referrals.submission import Submission
from referrals.web import fields
from referrals.web.form import StrictForm, problems, stranger_problems, strangers
from referrals.web.intake_form import (
    LEVELS,
    ROW_NUMBERS,
    UNKNOWN_LEVEL,
    CarriedForm,
    FactsForm,
    LevelsForm,
    NotesForm,
    PatientForm,
    RequesterForm,
    RequestForm,
    Row,
    StudyForm,
    TreatmentForm,
    VertebraForm,
)
from referrals.web.on_behalf import sender_form
from referrals.workflow import Urgency

Answers = MultiDict[str, str]


class Intake:
    """The forms of the page with their answers. Answers about levels no longer ticked are carried, not read.

    `physicians` are those among whom a delegate chooses; None: a physician sends their own.
    """

    def __init__(
        self, answers: Answers | None, today: date, physicians: Sequence[Person] | None = None, **begun_with: Any
    ) -> None:
        self.answers: Answers = MultiDict() if answers is None else answers
        self._form = partial(_form, answers, today, begun_with)
        self.physicians, self.sender = physicians, self._form(sender_form(physicians))
        self.carried, self.patient = self._form(CarriedForm), self._form(PatientForm)
        self.requester, self.levels = self._form(RequesterForm), self._form(LevelsForm)
        self.facts, self.notes, self.request = self._form(FactsForm), self._form(NotesForm), self._form(RequestForm)
        self.vertebrae = {level: self._form(VertebraForm, level) for level in self.chosen}
        self.studies, self.treatments = self._filled_rows(StudyForm), self._filled_rows(TreatmentForm)

    @property
    def chosen(self) -> list[str]:
        """The levels that are ticked, from the neck down; what is not a level is left to validation."""
        return [level for level in LEVELS if level in self.levels.levels.chosen]

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
        return [
            self.patient, self.sender, self.requester, self.levels, *self.vertebrae.values(), self.facts, self.notes,
            *self.treatments, *self.studies, self.request, self.carried,
        ]  # fmt: skip

    @property
    def strangers(self) -> list[str]:
        """Names that the page does not ask for."""
        return strangers(self.answers, names_of_the_page() | {field.name for field in self.sender})

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
        notes = {name: value_of(self, name) for name in NOTE_FIELDS}
        return PictureDetails(
            patient=self.facts.data,
            vertebrae=tuple(
                {"level": None if level == UNKNOWN_LEVEL else level, **form.data}
                for level, form in self.vertebrae.items()
            ),
            imaging=tuple(told(row) for row in self.studies),
            treatments=tuple(told(row) for row in self.treatments),
            notes=notes,
        )

    def patient_details(self) -> PatientDetails:
        return PatientDetails(**told(self.patient))

    def submission(self) -> Submission:
        """All of it, once `validate` has said that it is fit to send."""
        return Submission(
            patient=self.patient_details(),
            picture=self.picture(),
            reason=self.request.reason.data,
            call_back=self.requester.call_back.data,
            requester_npi=self.requester.requester_npi.data or "",
            requester="".join(field.data for field in self.sender),
            urgency=Urgency[self.request.urgency.data.upper()],
        )


def told(form: StrictForm) -> dict[str, Any]:
    """The values of a form as they are stored: a text that was not given is empty, everything else None."""
    return {field.short_name: stored(field) for field in form}


def stored(field: fields.StrictField) -> Any:
    return "" if field.data is None and isinstance(field, fields.Line | fields.Npi) else field.data


def value_of(intake: Intake, name: str) -> Any:
    form = intake.notes if name in intake.notes else intake.request
    return stored(form[name])


def _form(
    answers: Answers | None, today: date, begun_with: dict[str, Any], kind: type[StrictForm], prefix: str = ""
) -> Any:
    """One form of the page. Which names are strangers only the page as a whole can tell."""
    form = kind(answers, today=today, prefix=prefix, **begun_with)
    form.strangers = []
    return form


@cache
def names_of_the_page() -> frozenset[str]:
    """Every name that the page can send, for any level and row."""
    page = Intake(MultiDict(("levels", level) for level in LEVELS), date(2000, 1, 1))
    rows = [*page.all_rows(StudyForm), *page.all_rows(TreatmentForm)]
    return frozenset(name for form in (*page.forms, *rows) for field in form for name in field.names)
