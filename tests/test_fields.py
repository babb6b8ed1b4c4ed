"""The strict fields: what a person could have meant is taken, everything else is refused with what to do, text kept."""

from datetime import date, time

import pytest
from werkzeug.datastructures import MultiDict

from referrals.eligibility.facts import BY_NAME, PATIENT, VERTEBRA
from referrals.web.fact_fields import fact_field, spoken
from referrals.web.fields import Area, Choice, Day, Line, Npi, Number, Tick, Ticks, TimeOfDay
from referrals.web.form import StrictForm
from referrals.web.intake_answers import Intake
from referrals.web.intake_form import BirthDay, PatientForm, years_before
from tests.intake_form import COMPLETE

TODAY = date(2026, 11, 22)


class EveryKind(StrictForm):
    line = Line("Name", 20)
    area = Area("Comment", 40)
    npi = Npi("NPI")
    day = Day("Seen on")
    born_on = BirthDay("Date of birth")
    choice = Choice("Sex", {"female": "Female", "male": "Male"})
    tick = Tick("Separate")
    at = TimeOfDay("At")
    minutes = Number("How long", 5, 480)
    volume = Number("How much", 0.1, 30, whole=False)
    ticks = Ticks("Levels", {"L1": "L1", "L2": "L2"})
    pain_score = fact_field(BY_NAME["pain_score"])
    inr = fact_field(BY_NAME["inr"])
    pregnant = fact_field(BY_NAME["pregnant"])
    collapse = fact_field(BY_NAME["collapse"])
    onset_on = fact_field(BY_NAME["onset_on"])


def answered(*pairs):
    form = EveryKind(MultiDict(pairs), today=TODAY)
    form.validate()
    return form


def taken(name, text):
    form = answered((name, text))
    assert not form.problems
    return form[name].data


def refusal(name, *texts):
    form = answered(*((name, text) for text in texts))
    assert form[name].data is None
    return form[name].errors[0]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("line", "O'Brien", "O'Brien"),
        ("line", "X", "X"),
        ("line", "  Núñez ", "Núñez"),
        ("line", "Nu\u0301n\u0303ez", "Núñez"),
        ("line", "a" * 20, "a" * 20),
        ("line", "👩‍🦽🇧🇷", "👩‍🦽🇧🇷"),
        ("area", "one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("npi", "1234567893", "1234567893"),
        ("day", "2026-11-22", TODAY),
        ("day", "1900-01-01", date(1900, 1, 1)),
        ("day", "2024-02-29", date(2024, 2, 29)),
        ("born_on", "1896-11-22", date(1896, 11, 22)),
        ("choice", "female", "female"),
        ("tick", "yes", True),
        ("ticks", "L2", ["L2"]),
        ("at", "00:00", time(0)),
        ("at", "23:59", time(23, 59)),
        ("minutes", "5", 5),
        ("minutes", "480", 480),
        ("volume", "0.1", 0.1),
        ("volume", "30", 30.0),
        ("pain_score", "0", 0),
        ("pain_score", "10", 10),
        ("pain_score", "07", 7),
        ("inr", "1.25", 1.25),
        ("inr", "20", 20.0),
        ("pregnant", "no", False),
        ("pregnant", "yes", True),
        ("pregnant", "not_known", None),
        ("collapse", "partial", "partial"),
        ("collapse", "not_known", None),
        ("onset_on", "2026-11-22", TODAY),
    ],
)
def test_what_a_person_could_mean_is_taken(name, text, value):
    assert taken(name, text) == value


@pytest.mark.parametrize(
    "name",
    [
        "line",
        "area",
        "npi",
        "day",
        "choice",
        "tick",
        "at",
        "minutes",
        "volume",
        "pain_score",
        "inr",
        "pregnant",
        "onset_on",
    ],
)
def test_blank_is_not_an_answer(name):
    assert taken(name, "") is None
    assert not answered((name, ""))[name].answered
    assert not answered()[name].answered


@pytest.mark.parametrize("name", ["line", "area"])
@pytest.mark.parametrize(
    "text",
    [
        "a\x00b",
        "a\x1bb",
        "a\x7fb",
        "a\x85b",
        "a\u202eb",
        "a\u2066b",
        "a\u200fb",
        "a\u200bb",
        "\ufeffa",
        "a\ud800b",
    ],
    ids=ascii,
)
def test_hidden_and_control_characters_are_refused(name, text):
    assert "hidden or control characters" in refusal(name, text)


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\u2028b"], ids=ascii)
def test_a_line_has_no_line_breaks_or_tabs(text):
    assert "hidden or control characters" in refusal("line", text)


def test_text_is_measured_as_it_is_stored():
    assert "20 characters at most; this has 21" in refusal("line", "a" * 21)
    assert taken("line", "e\u0301" * 20) == "é" * 20


@pytest.mark.parametrize(
    "text", [" 3 ", "3 ", "1_0", "1e1", "+3", "-1", "3.0", "٣", "３", "²", "0x1", "NaN", "inf", "9" * 5000, str(2**63)]
)
def test_a_whole_number_is_ascii_digits_and_no_more_than_it_needs(text):
    assert "whole number in digits" in refusal("pain_score", text)


@pytest.mark.parametrize("text", ["1,2", "1.", ".5", "1.2.3", "1e0", "nan", " 1.2", "١.٢", "1" * 5000])
def test_a_decimal_number_has_one_point(text):
    assert "number in digits" in refusal("inr", text)


@pytest.mark.parametrize(("name", "text"), [("pain_score", "11"), ("inr", "0.4"), ("inr", "20.1")])
def test_a_number_out_of_range_is_told_the_range(name, text):
    fact = BY_NAME[name]
    assert refusal(name, text) == f"Write a number from {fact.low:g} to {fact.high:g}."


@pytest.mark.parametrize(
    ("name", "text", "low", "high"),
    [("minutes", "4", 5, 480), ("minutes", "481", 5, 480), ("volume", "0", 0.1, 30), ("volume", "30.1", 0.1, 30)],
)
def test_a_number_of_something_is_told_its_limits(name, text, low, high):
    assert refusal(name, text) == f"Write a number from {low:g} to {high:g}."


@pytest.mark.parametrize(
    "text", ["24:00", "12:60", "9:30", "09:3", "09:30:00", "0930", " 09:30", "9h30", "09:30 AM", "٠٩:٣٠", "０９:30"]
)
def test_a_time_of_day_is_written_one_way(text):
    assert "hours and minutes of 24 hours" in refusal("at", text)


@pytest.mark.parametrize("text", ["2026-02-30", "2023-02-29", "0000-01-01", "2026-13-01"])
def test_a_date_that_does_not_exist_is_refused(text):
    assert refusal("day", text) == "This date does not exist."


@pytest.mark.parametrize(
    "text", ["22.11.2026", "11/22/2026", "20261122", "2026-W47-7", "2026-1-2", " 2026-11-22", "２０２６-11-22"]
)
def test_a_date_is_written_one_way(text):
    assert "year-month-day" in refusal("day", text)


@pytest.mark.parametrize("name", ["day", "born_on", "onset_on"])
def test_tomorrow_has_not_come(name):
    assert refusal(name, "2026-11-23") == "The date is after 22 Nov 2026, the latest that is possible."


def test_nobody_is_older_than_130_years():
    assert "earliest that is possible" in refusal("born_on", "1896-11-21")
    assert years_before(date(2024, 2, 29), 130) == date(1894, 2, 28)


@pytest.mark.parametrize("text", ["123456789", "12345678901", "1234567890", "123456789a", "١٢٣٤٥٦٧٨٩٣"])
def test_an_npi_has_ten_digits_of_which_the_last_checks_the_others(text):
    assert "digit" in refusal("npi", text)


@pytest.mark.parametrize(
    ("name", "text"), [("choice", "hamster"), ("pregnant", "true"), ("pregnant", "YES"), ("collapse", "")]
)
def test_a_code_is_one_of_those_offered(name, text):
    if text:
        assert refusal(name, text).startswith("Choose one of: ")
    else:
        assert taken(name, text) is None


def test_the_text_refused_is_kept():
    assert answered(("day", "30 February"))["day"].text == "30 February"


@pytest.mark.parametrize("name", ["line", "day", "choice", "tick", "pain_score", "pregnant"])
def test_a_question_is_answered_once(name):
    assert refusal(name, "yes", "yes") == "This was answered more than once: answer it once."


def test_several_of_a_list_are_each_named_once():
    assert answered(("ticks", "L1"), ("ticks", "L2"))["ticks"].data == ["L1", "L2"]
    assert answered(("ticks", "L1"), ("ticks", "L1")).problems
    assert answered(("ticks", "T13")).problems


def test_an_unknown_field_is_refused():
    assert answered(("role", "admin")).problems
    assert not answered(("csrf_token", "x"), ("submit", "x")).problems


@pytest.mark.parametrize("name", ["pain_score", "onset_on"])
def test_a_written_answer_may_be_not_known_but_not_both(name):
    not_known = answered((f"{name}-not_known", "yes"))
    assert not not_known.problems
    assert not_known[name].answered
    assert not_known[name].data is None
    both = answered((name, "2026-11-01" if name == "onset_on" else "3"), (f"{name}-not_known", "yes"))
    assert both[name].errors == ["Give an answer or tick “Not known”, not both."]
    assert answered((f"{name}-not_known", "no")).problems


@pytest.mark.parametrize("fact", [*PATIENT, *VERTEBRA], ids=lambda fact: fact.name)
def test_every_fact_has_a_field_that_can_be_answered_with_not_known(fact):
    form = type("OneFact", (StrictForm,), {fact.name: fact_field(fact)})
    by_choice = MultiDict({fact.name: "not_known"})
    by_tick = MultiDict({f"{fact.name}-not_known": "yes"})
    said = form(by_choice if fact.kind in ("flag", "coded") else by_tick, today=TODAY)
    assert said.validate()
    assert said[fact.name].answered
    assert said[fact.name].data is None
    assert spoken(fact, None) == "Not known"


def test_a_fact_is_spoken_as_a_person_reads_it():
    assert spoken(BY_NAME["pregnant"], False) == "No"
    assert spoken(BY_NAME["collapse"], "partial") == "Partial"
    assert spoken(BY_NAME["height_loss"], 25) == "25 %"
    assert spoken(BY_NAME["onset_on"], TODAY) == spoken(BY_NAME["onset_on"], "2026-11-22") == "22 Nov 2026"


def patient(**changed):
    form = PatientForm(
        MultiDict({"given_name": "Ada", "born_on": "1943-03-09", "sex": "female"} | changed), today=TODAY
    )
    form.validate()
    return form


def test_one_name_is_enough():
    assert not patient().problems
    assert not patient(given_name="", family_name="X").problems
    assert patient(given_name="").problems == [("given_name", "Given name: Give at least one name.")]
    assert patient(given_name="   ").problems


def read(**changed):
    intake = Intake(MultiDict({"token": "t", **COMPLETE, **changed}), TODAY)
    intake.validate()
    return intake


def test_a_complete_page_has_no_problems():
    intake = read()
    assert not intake.problems
    assert intake.submission().picture.vertebrae[0]["level"] == "L1"
    assert intake.submission().picture.patient["pain_score"] is None


@pytest.mark.parametrize("name", ["born_on", "sex", "call_back", "reason", "urgency", "neurological_deficit"])
def test_only_what_must_be_known_to_act_is_required(name):
    assert len(read(**{name: ""}).problems) == 1


def test_not_known_answers_the_red_flag():
    assert not read(neurological_deficit="not_known").problems


@pytest.mark.parametrize(
    "name", ["role", "version", "T13-injury", "L1-level", "L1-hair_color", "imaging-7-site", "imaging-0-site"]
)
def test_the_page_refuses_what_it_does_not_ask(name):
    assert read(**{name: "1"}).strangers == [name]


def test_answers_about_a_level_that_was_unticked_are_carried_but_not_read():
    intake = read(**{"T8-injury": "nonsense"})
    assert not intake.problems
    assert [each["level"] for each in intake.picture().vertebrae] == ["L1"]
    assert list(intake.all_vertebrae()) == ["T8", "L1"]
    assert intake.all_vertebrae()["T8"]["injury"].text == "nonsense"


def test_an_unknown_level_is_a_vertebra_too():
    intake = read(levels="unknown", **{"unknown-painful": "yes"})
    assert not intake.problems
    assert intake.picture().vertebrae[0]["level"] is None
    assert intake.picture().vertebrae[0]["painful"] is True


def test_a_row_needs_the_answer_that_makes_sense_of_it():
    assert read(**{"imaging-2-site": "Elsewhere"}).problems[0][0] == "imaging-2-modality"
    assert read(**{"treatment-1-to_on": "2026-11-01"}).problems[0][0] == "treatment-1-what"
    told = read(**{"imaging-3-modality": "mri", "imaging-3-report_attached": "no"}).picture().imaging
    assert told == ({"modality": "mri", "done_on": None, "site": "", "pictures_at": "", "report_attached": False},)


def test_a_treatment_does_not_end_before_it_begins():
    row = {"treatment-1-what": "Brace", "treatment-1-from_on": "2026-11-02", "treatment-1-to_on": "2026-11-01"}
    assert read(**row).problems == [("treatment-1-to_on", "To: This is before the treatment began.")]
