"""The intake page: every question of the vocabulary, verdicts as it is filled in, nothing lost, nothing sent twice."""

import html

import pytest

from referrals.eligibility import facts
from referrals.referral import Referral
from referrals.staff import RoleName
from tests import clinic
from tests.intake_form import COMPLETE, L1, opened, send
from tests.visitor import Visitor, hidden


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        elm = clinic.practice(session, "Elm Practice")
        return [clinic.person(session, f"Elm {name}", RoleName.PHYSICIAN, elm) for name in ("Physician", "Colleague")]


@pytest.fixture
def physician(app, people):
    return Visitor(app, people[0])


@pytest.fixture
def colleague(app, people):
    return Visitor(app, people[1])


def drafts(database):
    with database.reading() as session:
        return session.query(Referral).all()


def save(visitor, form, **answers):
    return visitor.post("/referrals/new/draft", {**form, **answers})


def test_every_fact_of_the_vocabulary_is_asked_and_may_be_not_known(physician):
    page = physician.get("/referrals/new").text + physician.get("/referrals/new/vertebra/L1").text
    for fact in (*facts.PATIENT, *facts.VERTEBRA):
        if fact.name == "level":
            assert all(f'value="{level}"' in page for level in (*facts.LEVELS, "unknown"))
            continue
        name = fact.name if fact.scope == "patient" else f"L1-{fact.name}"
        assert html.escape(fact.question) in page or fact.question in page
        assert f'id="{name}-not_known"' in page


def test_the_referrer_is_filled_in(physician):
    page = physician.get("/referrals/new").text
    assert 'name="requester_npi" value="1234567893"' in page
    assert 'name="call_back" value="555-0101"' in page
    assert "Elm Practice" in page


def test_a_new_page_stores_nothing(physician, database):
    opened(physician)
    assert drafts(database) == []


def test_the_verdict_and_what_is_needed_come_while_the_form_is_filled_in(physician):
    form = opened(physician)
    panel = physician.post("/referrals/new/preview", {**form, **L1}).text
    assert "More information" in panel
    assert 'href="#too_frail_for_surgery"' in panel
    assert 'href="#L1-painful"' not in panel
    complete = physician.post("/referrals/new/preview", {**form, **COMPLETE}).text
    assert complete.count("Candidate") == 2 * 2  # of the vertebra, and in the bar of a narrow screen
    assert "Nothing." in complete


def test_before_a_level_is_chosen_the_levels_are_what_is_needed(physician):
    panel = physician.post("/referrals/new/preview", opened(physician)).text
    assert panel.count('href="#levels"') == 1
    assert "injury" not in panel


def test_a_question_that_cannot_be_asked_yet_is_not_needed_yet(physician):
    form = opened(physician)
    trauma = {**L1, "L1-cause": "trauma"}
    assert 'href="#L1-other_fracture_suitable"' in physician.post("/referrals/new/preview", {**form, **trauma}).text
    unknown = {**L1, "L1-cause": "not_known"}
    assert (
        'href="#L1-other_fracture_suitable"' not in physician.post("/referrals/new/preview", {**form, **unknown}).text
    )


def test_without_script_the_buttons_do_the_same(physician, database):
    form = opened(physician)
    levels = physician.post("/referrals/new", {**form, "levels": "T9", "do": "levels"})
    assert levels.status_code == 200
    assert 'id="vertebra-T9"' in levels.text
    checked = physician.post("/referrals/new", {**form, **COMPLETE, "do": "check"})
    assert checked.status_code == 200
    assert "Candidate" in checked.text
    assert physician.post("/referrals/new", {**form, "do": "imaging"}).status_code == 200
    assert drafts(database) == []


def test_the_button_that_enter_presses_does_not_send(physician):
    page = physician.get("/referrals/new").text
    form = page[page.index('id="intake"') :]
    assert 'value="check"' in form[form.index("<button") :][:120]


def test_checking_says_what_cannot_be_read_but_not_what_is_missing(physician):
    answer = physician.post("/referrals/new", {**opened(physician), "pain_score": "1e1", "do": "check"})
    assert answer.status_code == 422
    assert "1 answers" not in answer.text
    assert "One answer needs another look" in answer.text
    assert 'value="1e1"' in answer.text


def test_a_red_flag_shows_the_telephone(physician):
    answer = physician.post("/referrals/new", {**opened(physician), "neurological_deficit": "yes", "do": "check"})
    assert "red-flag-raised" in answer.text
    assert 'href="tel:555-0100"' in answer.text


@pytest.mark.parametrize("path", ["/referrals/new", "/referrals/new/draft", "/referrals/new/preview"])
@pytest.mark.parametrize("name", ["role", "version", "T13-injury", "L1-level"])
def test_a_field_that_the_page_does_not_have_is_refused_everywhere(physician, database, path, name):
    answer = physician.post(path, {**opened(physician), **COMPLETE, name: "admin"})
    assert answer.status_code == 422
    assert drafts(database) == []


@pytest.mark.parametrize("level", ["T13", "L0", "l1", "S6", "%00"])
def test_there_are_no_questions_for_a_level_that_does_not_exist(physician, level):
    assert physician.get(f"/referrals/new/vertebra/{level}").status_code == 404


@pytest.mark.parametrize(
    ("name", "text"), [("narrative", "a\x00b"), ("given_name", "a\u202eb"), ("reason", "a" * 20_001)]
)
def test_what_cannot_be_kept_is_not_saved_as_a_draft(physician, database, name, text):
    answer = save(physician, opened(physician), **{name: text})
    assert answer.status_code == 422
    assert "Not saved" in answer.json["problem"]
    assert drafts(database) == []


def test_a_draft_is_discarded_once_however_often_the_button_is_pressed(physician, database):
    save(physician, opened(physician), family_name="Sample")
    [draft] = drafts(database)
    for says in ("The draft is discarded.", "There was nothing to discard"):
        assert physician.post(f"/referrals/{draft.public_id}/discard").status_code == 303
        assert says in physician.get("/referrals/list/drafts").text
    [left] = drafts(database)
    assert (left.state, left.draft_answers) == ("entered_in_error", None)


def test_what_was_sent_is_not_discarded(physician, database):
    send(physician)
    [sent] = drafts(database)
    physician.post(f"/referrals/{sent.public_id}/discard")
    assert "There was nothing to discard" in physician.get("/referrals/list/drafts").text
    assert [each.state for each in drafts(database)] == ["submitted"]


def test_a_draft_may_be_wrong_as_long_as_it_is_a_draft(physician, database):
    form = opened(physician)
    assert save(physician, form, born_on="yesterday", pain_score="11").status_code == 200
    [draft] = drafts(database)
    assert draft.draft_answers == {"born_on": ["yesterday"], "pain_score": ["11"]}
    page = physician.get(f"/referrals/{draft.public_id}/edit").text
    assert 'value="yesterday"' in page
    assert "needs another look" not in page


def test_saving_again_changes_the_same_draft(physician, database):
    form = opened(physician)
    save(physician, form, given_name="A")
    save(physician, form, given_name="Ada", levels=["L1", "T9"])
    [draft] = drafts(database)
    assert draft.draft_answers == {"given_name": ["Ada"], "levels": ["L1", "T9"]}


def test_an_unfinished_referral_is_offered_on_the_next_new_page(physician, database):
    save(physician, opened(physician), given_name="Ada")
    assert "Go on with Ada" in physician.get("/referrals/new").text


def test_a_colleague_goes_on_with_a_draft_and_sends_it_once(physician, colleague, database):
    save(physician, opened(physician), **COMPLETE)
    [draft] = drafts(database)
    page = colleague.get(f"/referrals/{draft.public_id}/edit").text
    sent = colleague.post("/referrals/new", {**COMPLETE, "token": hidden(page, "token")})
    assert sent.status_code == 303
    assert sent.headers["Location"].endswith(draft.public_id)
    assert len(drafts(database)) == 1


def test_a_draft_that_was_sent_is_not_saved_over(physician, database):
    form = opened(physician)
    assert physician.post("/referrals/new", {**form, **COMPLETE}).status_code == 303
    late = save(physician, form, given_name="Late")
    assert late.status_code == 409
    assert drafts(database)[0].draft_answers is None
    edit = physician.get(late.json["address"] + "/edit")
    assert edit.status_code == 302


@pytest.mark.parametrize("token", ["", "made-up", "WyJ4IiwieSJd.bad"])
def test_a_form_that_was_not_issued_is_refused(physician, database, token):
    assert physician.post("/referrals/new", {**COMPLETE, "token": token}).status_code == 400
    assert save(physician, {"token": token}).status_code == 400
    assert drafts(database) == []


def test_a_form_of_somebody_else_is_refused(physician, colleague, database):
    assert colleague.post("/referrals/new", {**COMPLETE, **opened(physician)}).status_code == 400
    assert drafts(database) == []


def test_whoever_is_sent_back_finds_the_text_as_it_was_typed(physician, database):
    answer = send(physician, COMPLETE, born_on="2026-02-30", narrative='<b>"kept"</b>\nsecond line 🩻')
    assert answer.status_code == 422
    assert 'type="text" id="born_on" name="born_on" value="2026-02-30"' in answer.text
    assert 'aria-describedby="born_on-error" aria-invalid="true"' in answer.text
    assert '<a href="#born_on">Date of birth: This date does not exist.</a>' in answer.text
    assert html.escape('<b>"kept"</b>').replace("&quot;", "&#34;") in answer.text
    assert "second line 🩻" in answer.text
    assert drafts(database) == []


@pytest.mark.parametrize(
    "name", [{"given_name": "X", "family_name": ""}, {"family_name": "O'Brien"}, {"narrative": "🩻"}], ids=str
)
def test_short_single_and_unusual_names_are_names(physician, name):
    assert send(physician, COMPLETE, **name).status_code == 303
