"""The form of a procedure record: a row for each level that was treated, its code filled in unless it is chosen."""

from collections.abc import Iterator, Mapping
from typing import Any

from referrals import cpt
from referrals.eligibility.facts import LEVELS
from referrals.procedure import (
    ANESTHESIA,
    APPROACHES,
    CEMENTS,
    GUIDANCE,
    LEAKS,
    LEAST_ML,
    MOST_LEVELS,
    MOST_ML,
    LevelDetails,
    ProcedureDetails,
    ProcedureRecord,
)
from referrals.referral import Referral
from referrals.staff import Person
from referrals.web.act import ActionForm, answers
from referrals.web.context import me, today
from referrals.web.fact_fields import YES_NO
from referrals.web.fields import Area, Choice, Line, Number

PROCEDURES = {"vertebroplasty": "Vertebroplasty", "kyphoplasty": "Kyphoplasty"}
CODES = {code: f"{code} {words}" for code, words in cpt.WORDS.items()}
WORDS = {
    "APPROACHES": APPROACHES,
    "GUIDANCE": GUIDANCE,
    "ANESTHESIA": ANESTHESIA,
    "CEMENTS": CEMENTS,
    "LEAKS": LEAKS,
    "PROCEDURES": PROCEDURES,
    "CPT": cpt.WORDS,
    "CPT_READING": cpt.READING,
}
"""How a record reads."""
ROW = (
    "level", "procedure", "approach", "balloon", "cement", "cement_ml", "leak", "leak_where", "cpt_code",
)  # fmt: skip
"""What is asked of each level, in the order of the page; its fields are called level1, procedure1 and so on."""


def _row(number: int) -> dict[str, Any]:
    of_level = {
        "level": Choice("Level", {level: level for level in LEVELS}, shape="select"),
        "procedure": Choice("Procedure", PROCEDURES, shape="select"),
        "approach": Choice("Approach", APPROACHES, shape="select"),
        "balloon": Choice("Balloon used", YES_NO, shape="select"),
        "cement": Choice("Cement", CEMENTS, shape="select"),
        "cement_ml": Number("Cement volume", LEAST_ML, MOST_ML, unit="mL", whole=False),
        "leak": Choice("Cement leak", LEAKS, shape="select"),
        "leak_where": Line("Where it leaked to", 200),
        "cpt_code": Choice("CPT code", CODES, shape="select"),
    }
    return {f"{name}{number}": of_level[name] for name in ROW}


class RecordForm(ActionForm):
    """What was done; rows without a level are not meant."""

    guidance = Choice("Guidance", GUIDANCE, shape="select")
    anesthesia = Choice("Anesthesia", ANESTHESIA, shape="select")
    complicated = Choice("Any complication?", YES_NO)
    complications = Area("Which, and what was done", 2000)
    performed_by: Any
    of_the_whole = "level1"

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(number, {what: field}) of each row of the page."""
        for number in range(1, MOST_LEVELS + 1):
            yield number, {name: self[f"{name}{number}"] for name in ROW}

    @property
    def used(self) -> list[tuple[int, dict[str, Any]]]:
        return [(number, row) for number, row in self.rows() if any(field.text for field in row.values())]

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        for _, row in self.used:
            _check(row)
        if self.complicated.data == "yes" and not self.complications.data and not self.complications.errors:
            self.complications.errors = ["Say which complication it was, and what was done."]
        if self.complications.data and self.complicated.data != "yes":
            self.complicated.errors = ["A complication is described below: answer Yes, or take the text away."]
        return valid and not any(field.errors for field in self)

    def told(self, performed_by: Person) -> ProcedureDetails:
        return ProcedureDetails(
            performed_by=performed_by,
            levels=tuple(_told(row) for _, row in self.used),
            guidance=self.guidance.data,
            anesthesia=self.anesthesia.data,
            complicated=_yes(self.complicated.data),
            complications=self.complications.data or "",
        )


def _check(row: dict[str, Any]) -> None:
    """What one row lacks, or says against itself."""
    for name, what_to_do in (("level", "Say which level it was."), ("procedure", "Say what was done here.")):
        if not row[name].data and not row[name].errors:
            row[name].errors = [what_to_do]
    if row["balloon"].data == "yes" and row["procedure"].data == "vertebroplasty":
        row["balloon"].errors = ["With a balloon it is a kyphoplasty: change the one or the other."]
    leaked = row["leak"].data in ("asymptomatic", "symptomatic")
    if leaked and not row["leak_where"].data and not row["leak_where"].errors:
        row["leak_where"].errors = ["Say where it leaked to: disc, vein, canal, beside the vertebra, lung …"]
    if row["leak_where"].data and not leaked:
        row["leak"].errors = ["A place of a leak is written beside it: say whether there were symptoms."]


def _told(row: Mapping[str, Any]) -> LevelDetails:
    said = {name: field.data for name, field in row.items()}
    return LevelDetails(**{**said, "balloon": _yes(said["balloon"]), "leak_where": said["leak_where"] or ""})


def _yes(answer: str | None) -> bool | None:
    return None if answer is None else answer == "yes"


def record_form(referral: Referral, before: ProcedureRecord | None, treating: Mapping[str, Person]) -> RecordForm:
    named = {public_id: person.name for public_id, person in treating.items()}
    rows = {name: field for number in range(1, MOST_LEVELS + 1) for name, field in _row(number).items()}
    asked = Choice("Performed by", named, shape="select", required="Name the IR physician who did it.")
    form = type("RecordFormOfNow", (RecordForm,), {**rows, "performed_by": asked})
    values = _as_recorded(before) if before else _expected(referral, treating)
    made: RecordForm = form(answers(), today=today(), version=referral.version, **values)
    return made


def _as_recorded(record: ProcedureRecord) -> dict[str, Any]:
    """The form as the record says; a code that was filled in is left to be filled in again."""
    values: dict[str, Any] = {
        "performed_by": record.performed_by.public_id, "guidance": record.guidance, "anesthesia": record.anesthesia,
        "complicated": _no_or_yes(record.complicated), "complications": record.complications,
    }  # fmt: skip
    for number, (level, filled_in) in enumerate(zip(record.levels, record.filled_in, strict=True), 1):
        told = {name: getattr(level, name) for name in ROW} | {"balloon": _no_or_yes(level.balloon)}
        told["cpt_code"] = None if level.cpt_code == filled_in else level.cpt_code
        values |= {f"{name}{number}": value for name, value in told.items()}
    return values


def _no_or_yes(flag: bool | None) -> str | None:
    return {True: "yes", False: "no", None: None}[flag]


def _expected(referral: Referral, treating: Mapping[str, Person]) -> dict[str, Any]:
    """The levels that were referred, and who is likely to have treated them."""
    levels = [level for level in referral.levels.split() if level in LEVELS]
    likely = (person for person in treating.values() if person.id in (me().id, referral.ir_physician_id))
    return {
        "performed_by": next((person.public_id for person in likely), None),
        **{f"level{number}": level for number, level in enumerate(levels[:MOST_LEVELS], 1)},
    }
