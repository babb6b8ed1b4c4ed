"""The questions of the intake page, in the order of a consultation, as forms made from the clinical vocabulary."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from referrals.clinical import MODALITIES
from referrals.eligibility import facts
from referrals.patients import SEXES
from referrals.web.fact_fields import NOT_KNOWN, NOT_KNOWN_WORDS, YES_NO, fact_field
from referrals.web.fields import Area, Choice, Day, Hidden, Line, Npi, StrictField, Tick, Ticks
from referrals.web.form import StrictForm
from referrals.web.spine import named
from referrals.workflow import Urgency

RED_FLAG = "neurological_deficit"
UNKNOWN_LEVEL = "unknown"
LEVELS = {**{level: named(level) for level in facts.LEVELS}, UNKNOWN_LEVEL: "Level not known yet"}
OLDEST = 130  # years; nobody on record has lived longer
ROW_NUMBERS = ("1", "2", "3", "4", "5", "6")  # of imaging studies, and of treatments tried
BUTTONS = {
    "send": "Send the referral",
    "check": "Check eligibility",
    "levels": "Show the questions for these levels",
    "imaging": "Add a study",
    "treatment": "Add a treatment",
}
URGENCIES = {urgency.name.lower(): urgency.words for urgency in sorted(Urgency, reverse=True)}


def called(level: str) -> str:
    """A level inside a sentence."""
    return "level not known" if level == UNKNOWN_LEVEL else level


class CarriedForm(StrictForm):
    """What the page carries beside the answers: its token, the button pressed, and a second thought about sending."""

    token = Hidden("Token", 300)
    do = Choice("What to do", BUTTONS)
    separate = Tick("Send it as a separate referral all the same")


class BirthDay(Day):
    """A date of birth that somebody alive can have."""

    @property
    def earliest(self) -> date:
        return years_before(self.latest, OLDEST)


def years_before(day: date, years: int) -> date:
    """The same day so many years ago; 28 February for a 29th that was not there."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


class YesNo(Choice):
    """Yes, no or not known about something that is not a clinical fact."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, {**YES_NO, NOT_KNOWN: NOT_KNOWN_WORDS}, **options)

    def parse(self, text: str) -> Any:
        return {"yes": True, "no": False, NOT_KNOWN: None}[super().parse(text)]


class PatientForm(StrictForm):
    given_name = Line("Given name", 100)
    family_name = Line("Family name", 100)
    born_on = BirthDay("Date of birth", required="Give the date of birth.")
    sex = Choice("Sex", SEXES, shape="select", required="Choose the sex; “Not known” is an answer.")
    mrn = Line("Medical record number", 40)
    telephone = Line("Telephone", 40)
    language = Line("Language", 60)
    interpreter = YesNo("Is an interpreter needed?")
    carer_name = Line("Carer’s name", 100)
    carer_telephone = Line("Carer’s telephone", 40)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        names = (self.given_name, self.family_name)
        if not any(name.data or name.errors for name in names):
            self.given_name.errors = ["Give at least one name."]
            return False
        return valid


class RequesterForm(StrictForm):
    requester_npi = Npi("NPI")
    call_back = Line("Call-back number", 40, required="Give a number at which the clinic can call you back.")


class RequestForm(StrictForm):
    reason = Area("Reason for referral", 1000, required="Say why you refer this patient.")
    urgency = Choice("How soon?", URGENCIES, required="Choose how soon the clinic should look at it.")


class LevelsForm(StrictForm):
    levels = Ticks("Which vertebrae?", LEVELS)


class NotesForm(StrictForm):
    """Told and shown, but read by no criterion."""

    mobility_before = Line("Mobility before this fracture", 200, hint="For example: walked outdoors alone")
    mobility_now = Line("Mobility now", 200, hint="For example: bed to chair with help")
    allergies = Area("Other allergies", 2000)
    medication = Area("Medication", 5000)
    anticoagulant = Line("Anticoagulant or antiplatelet drug", 100)
    anticoagulant_last_dose_on = Day("Its last dose")
    narrative = Area("Anything else the clinic should know", 5000)


class Row(StrictForm):
    """One of a few rows of the same questions. `told_by` is the answer without which the others say nothing."""

    name = ""
    told_by = ""
    what_to_do = ""

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        told_by = self[self.told_by]
        if told_by.data is None and not told_by.errors:
            told_by.errors = [self.what_to_do]
            return False
        return valid


class StudyForm(Row):
    """An imaging study."""

    name, told_by, what_to_do = "imaging", "modality", "Say what kind of study it was."

    modality = Choice("Kind of study", MODALITIES, shape="select")
    done_on = Day("Date")
    site = Line("Where it was done", 100)
    pictures_at = Line("Where the pictures are", 200)
    report_attached = YesNo("Is the report attached?")


class TreatmentForm(Row):
    """A treatment tried."""

    name, told_by, what_to_do = "treatment", "what", "Say which treatment it was."

    what = Line("What was tried", 100)
    from_on = Day("From")
    to_on = Day("To")
    why_stopped = Line("Why it was stopped", 200)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.from_on.data and self.to_on.data and self.to_on.data < self.from_on.data:
            self.to_on.errors = ["This is before the treatment began."]
            return False
        return valid


def form_of(vocabulary: Iterable[facts.Fact], name: str) -> type[StrictForm]:
    """A form that asks for these facts, each under its own name."""
    return type(name, (StrictForm,), {fact.name: question(fact) for fact in vocabulary})


def question(fact: facts.Fact) -> Any:
    if fact.name == RED_FLAG:
        return fact_field(fact, required="Answer this before sending; “Not known” is an answer.")
    return fact_field(fact)


FactsForm = form_of(facts.PATIENT, "FactsForm")
VertebraForm = form_of((fact for fact in facts.VERTEBRA if fact.name != "level"), "VertebraForm")


def in_section(form: StrictForm, section: str) -> Iterator[StrictField]:
    """The questions of one section of the page, the red flag first."""
    fields = [field for field in form if field.fact is not None and field.fact.section == section]
    return iter(sorted(fields, key=lambda field: field.short_name != RED_FLAG))
