"""The clinical picture told anew: the questions of the intake page, begun with what is known already."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from werkzeug.datastructures import MultiDict

from referrals.clinical import PictureDetails
from referrals.transition import Incomplete
from referrals.web.act import ActionForm
from referrals.web.fact_fields import NOT_KNOWN
from referrals.web.fields import Area, Choice
from referrals.web.form import StrictForm
from referrals.web.intake_form import BUTTONS, RED_FLAG, UNKNOWN_LEVEL, Row, StudyForm, TreatmentForm
from referrals.web.picture_answers import ALL_LEVELS, Answers, PictureAnswers, names_of


class AmendingForm(ActionForm):
    """What goes with a picture that is put right."""

    do = Choice("What to do", BUTTONS)
    comment = Area("What has changed", 2000, hint=ActionForm.COMMENT)


class ResubmittingForm(AmendingForm):
    """What goes with a referral that is sent again."""

    comment = Area(
        "What has changed", 2000, hint=ActionForm.COMMENT, required="Say what has changed since, in a sentence or two."
    )


class Retelling(PictureAnswers):
    """The forms of the page with their answers."""

    def __init__(
        self, answers: Answers | None, today: date, kind: type[AmendingForm] = AmendingForm, **begun_with: Any
    ) -> None:
        super().__init__(answers, today, **begun_with)
        self.action: AmendingForm = self._form(kind)

    @property
    def forms(self) -> list[StrictForm]:
        return [*super().forms, self.action]

    @property
    def names(self) -> frozenset[str]:
        return names_of_the_page()

    def refuse(self, missing: Incomplete) -> None:
        """Show what the verb found missing."""
        self.action.refuse(missing)


@cache
def names_of_the_page() -> frozenset[str]:
    """Every name that the page can send, for any level and row."""
    return names_of(Retelling(ALL_LEVELS, date(2000, 1, 1)))


def as_answers(known: PictureDetails) -> Answers:
    """What is known, as the page would send it. What is not known is left blank, to be answered now."""
    return MultiDict((name, text) for name, text in _typed(known) if text)


def _typed(known: PictureDetails) -> Iterator[tuple[str, str]]:
    yield from _texts(known.notes)
    yield from _texts({**known.patient, RED_FLAG: _said(known.patient.get(RED_FLAG))})
    for vertebra in known.vertebrae:
        level = vertebra.get("level") or UNKNOWN_LEVEL
        yield "levels", level
        yield from _texts({name: value for name, value in vertebra.items() if name != "level"}, f"{level}-")
    for kind, rows in ((StudyForm, known.imaging), (TreatmentForm, known.treatments)):
        yield from _rows(kind, rows)


def _rows(kind: type[Row], rows: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(rows, 1):
        yield from _texts(row, f"{kind.name}-{number}-")


def _said(flag: bool | None) -> Any:
    """Nobody sends a referral without having answered this; "not known" was the answer then."""
    return NOT_KNOWN if flag is None else flag


def _texts(told: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    yield from ((prefix + name, _text(value)) for name, value in told.items())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, int | float) else value
