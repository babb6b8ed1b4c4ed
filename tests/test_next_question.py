"""What to ask next and what each answer would do, on the pages that are read while something is missing."""

import re

import pytest

from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import assess
from referrals.eligibility.language import Yes
from referrals.staff import RoleName
from referrals.web.deciding import few_facts, next_question
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, SAFE, TODAY
from tests.eligibility.pictures import made_up
from tests.intake_form import COMPLETE, L1, UNDECIDED, opened, send
from tests.intake_form import SAFE as SAFE_ANSWERS
from tests.visitor import hidden


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
        }


def assessed(patient, *vertebrae, edition=None):
    return assess(edition or in_force("clinic", TODAY), patient, vertebrae or (COLLAPSED,), TODAY)


def words(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def ask_next(page):
    """What the page marks as the next question, in words."""
    found = re.search(r'class="ask-next".*?</dl>', page, re.DOTALL)
    return words("<" + found[0]) if found else None


def preview(visitor, **answers):
    return visitor.post("/referrals/new/preview", {**opened(visitor), **answers}).text


def test_the_page_asks_next_what_settles_most_and_says_what_each_answer_does(at):
    panel = preview(at["physician"], **{**COMPLETE, "L1-painful": "not_known"})
    assert ask_next(panel) == ("Ask next Is the pain at this level, on examination? L1 Yes Candidate No Not indicated")
    assert 'href="#L1-painful"' in panel
    assert 'data-next="L1-painful"' in panel


def test_an_answer_that_settles_one_procedure_names_it(at):
    panel = preview(at["physician"], **{**COMPLETE, "active_infection": "", "bedridden_risk": ""})
    assert ask_next(panel) == (
        "Ask next Any active infection: systemic, of the spine, or at the site? "
        "Yes Contraindicated No Vertebroplasty: Candidate Kyphoplasty: Not settled yet"
    )


def test_a_question_that_cannot_be_asked_yet_is_never_next(at):
    """Whether another kind of fracture suits is asked once the cause is one of the others."""
    panel = preview(at["physician"], **{**COMPLETE, "L1-cause": ""})
    assert 'data-next="L1-cause"' in panel
    trauma = preview(at["physician"], **{**COMPLETE, "L1-cause": "trauma"})
    assert 'data-next="L1-other_fracture_suitable"' in trauma


def test_nothing_is_next_before_a_level_is_chosen_or_once_all_is_settled(at):
    assert ask_next(preview(at["physician"], **SAFE_ANSWERS)) is None
    assert ask_next(preview(at["physician"], **COMPLETE)) is None


def test_without_script_the_check_button_shows_the_next_question(at):
    form = opened(at["physician"])
    page = at["physician"].post("/referrals/new", {**form, **COMPLETE, "L1-painful": "", "do": "check"}).text
    assert "Is the pain at this level, on examination? L1 Yes Candidate" in ask_next(page)


def test_a_narrow_form_with_one_vertebra_and_nothing_else_still_has_a_next_question(at):
    assert "What does imaging show?" in ask_next(preview(at["physician"], levels="L1"))
    assert "Level not known" not in preview(at["physician"], **L1)


def test_the_clinic_reads_it_on_the_referral_and_asks_it_first(at):
    page = send(at["physician"], UNDECIDED).headers["Location"]
    shown = at["coordinator"].get(page).text
    assert "Any active infection" in ask_next(shown)
    assert "Two answers together" in words(shown)
    assert "Too frail for surgery: yes; Active infection: no Candidate" in words(shown)
    version = hidden(shown, "version")
    at["coordinator"].post(f"{page}/claim", version=version)
    asking = at["coordinator"].get(f"{page}/ask").text
    assert asking.index('value="active_infection"') < asking.index('value="too_frail_for_surgery"')


def declining(at, **answers):
    """The page on which the clinic declines a referral with these answers, in words."""
    page = send(at["physician"], {**COMPLETE, **answers}).headers["Location"]
    at["coordinator"].post(f"{page}/claim", version=hidden(at["coordinator"].get(page).text, "version"))
    return words(at["coordinator"].get(f"{page}/decline").text)


def test_a_decline_is_begun_with_what_would_change_it(at):
    said = declining(at, **{"L1-painful": "no"})
    assert "Kyphoplasty, L1: would be a candidate if the pain is at this level." in said
    assert "Offered by the checker" in said


def test_whoever_declines_a_candidate_is_told_that_there_is_nothing_to_offer(at):
    said = declining(at)
    assert "No criterion speaks against it, so the checker has nothing to offer" in said
    assert "Offered by the checker" not in said


def test_an_answer_about_the_patient_is_told_level_by_level_where_it_differs():
    patient = {**FRAIL, "too_frail_for_surgery": None}
    asked = next_question(assessed(patient, COLLAPSED, {**COLLAPSED, "level": "T12", "too_weak": False}))
    assert asked is not None
    assert asked.question.startswith("Is the patient too frail")
    assert [(each.said, each.leads_to) for each in asked.effects] == [
        ("Yes", (("candidate", "vertebroplasty at L1 and T12"),)),
        ("No", ((None, "vertebroplasty at L1"), ("not_indicated", "vertebroplasty at T12"))),
    ]


def test_what_is_alike_for_both_procedures_is_said_once():
    patient = {**FRAIL, "pregnant": None, "active_infection": None}
    (few,) = few_facts(assessed(patient))
    assert few.where == "vertebroplasty and kyphoplasty"
    ((names, led),) = few.sets
    assert names == ("active_infection", "pregnant")
    assert [each.said for each in led] == [
        "Active infection: yes",
        "Active infection: no; Pregnant: yes",
        "Active infection: no; Pregnant: no",
    ]


def test_what_the_next_question_says_already_is_not_said_again():
    assessment = assessed({**FRAIL, "pregnant": None})
    assert len(few_facts(assessment)) == 1
    assert few_facts(assessment, next_question(assessment)) == []


def test_more_than_three_missing_facts_are_counted_and_no_further():
    (few, *_) = few_facts(assessed(dict.fromkeys(SAFE), {**COLLAPSED, "too_weak": True}))
    assert few.sets == ()
    assert few.reachable is True


def test_where_the_record_lacks_something_it_is_named():
    edition = made_up(inclusion=(Yes("painful"),), documentation=(Yes("osteoporosis_program"),))
    (few,) = few_facts(assessed({"osteoporosis_program": False}, {"level": "L1"}, edition=edition))
    assert few.reachable is False
    assert few.missing == ("documentation 0",)
