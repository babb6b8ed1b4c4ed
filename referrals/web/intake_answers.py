"""Everything that was answered on the intake page: who, for whom, the clinical picture, and what is asked for."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from referrals.patients import PatientDetails
from referrals.staff import Person
from referrals.submission import Submission
from referrals.web.form import StrictForm
from referrals.web.intake_form import CarriedForm, PatientForm, RequesterForm, RequestForm
from referrals.web.on_behalf import sender_form
from referrals.web.picture_answers import ALL_LEVELS, Answers, PictureAnswers, names_of, told
from referrals.workflow import Urgency


class Intake(PictureAnswers):
    """The forms of the page with their answers.

    `physicians` are those among whom a delegate chooses; None: a physician sends their own.
    """

    def __init__(
        self, answers: Answers | None, today: date, physicians: Sequence[Person] | None = None, **begun_with: Any
    ) -> None:
        super().__init__(answers, today, **begun_with)
        self.physicians, self.sender = physicians, self._form(sender_form(physicians))
        self.carried, self.patient = self._form(CarriedForm), self._form(PatientForm)
        self.requester, self.request = self._form(RequesterForm), self._form(RequestForm)

    @property
    def forms(self) -> list[StrictForm]:
        return [self.patient, self.sender, self.requester, *super().forms, self.request, self.carried]

    @property
    def names(self) -> frozenset[str]:
        return names_of_the_page() | {field.name for field in self.sender}

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


@cache
def names_of_the_page() -> frozenset[str]:
    """Every name that the page can send, for any level and row."""
    return names_of(Intake(ALL_LEVELS, date(2000, 1, 1)))
