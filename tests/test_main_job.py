"""The main job, page by page: refer with a missing fact, be asked, answer, be accepted, and read it."""

import re

import pytest

from referrals.referral import Referral
from referrals.staff import RoleName
from tests import clinic
from tests.intake_form import COMPLETE, UNDECIDED, opened, send
from tests.visitor import hidden


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        return {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "colleague": clinic.person(session, "Elm Colleague", RoleName.PHYSICIAN, elm),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "other": clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }


def act(visitor, page, action, **fields):
    """Open an action's page, fill in the form, send it."""
    opened = visitor.get(f"{page}/{action}")
    assert opened.status_code == 200, opened.text
    return visitor.post(f"{page}/{action}", {"version": hidden(opened.text, "version"), **fields})


def claim(visitor, page):
    version = hidden(visitor.get(page).text, "version")
    return visitor.post(f"{page}/claim", version=version)


def stored(database):
    with database.reading() as session:
        return session.query(Referral).one()


def test_a_referral_goes_from_the_physician_to_a_decision_and_back(at, database):
    answer = send(at["physician"], UNDECIDED)
    assert answer.status_code == 303
    page = answer.headers["Location"]
    shown = at["physician"].get(page).text
    assert "Sent, not yet opened" in shown
    assert "Any active infection" in shown  # what is still needed
    assert stored(database).kyphoplasty == "more_information"

    assert page.rpartition("/")[2] in at["coordinator"].get("/queue/").text
    assert claim(at["coordinator"], page).status_code == 303
    assert "Being reviewed by Test Coordinator" in at["physician"].get(page).text

    asking = at["coordinator"].get(f"{page}/ask").text
    assert re.search(r'value="active_infection"[^>]*checked', asking)
    asked = act(at["coordinator"], page, "ask", items="active_infection", due_on=day(asking), comment="Please look.")
    assert asked.status_code == 303
    assert "We need 1 item from you" in at["physician"].get(page).text

    answered = act(at["physician"], page, "answer", item0="no")
    assert answered.status_code == 303
    assert stored(database).kyphoplasty == "candidate"
    assert stored(database).state == "in_review"

    accepted = act(at["coordinator"], page, "accept", comment="Booking by telephone.")
    assert accepted.status_code == 303
    told = at["physician"].get(page).text
    assert "Accepted, booking to follow" in told
    assert "Booking by telephone." in told
    assert "Accepted" in at["physician"].get("/referrals").text


def day(page):
    return re.findall(r'name="due_on" value="([^"]+)"', page)[0]


def test_a_refusal_carries_reason_comment_and_what_would_change_it(at, database):
    page = send(at["physician"]).headers["Location"]
    claim(at["ir"], page)
    declined = act(
        at["ir"], page, "decline", reason="symptoms-resolved", comment="The pain is gone.", would_change="New pain."
    )
    assert declined.status_code == 303
    told = at["physician"].get(page).text
    for words in (
        "Not accepted, because the symptoms have resolved",
        "The pain is gone.",
        "New pain.",
        "Test Radiologist",
    ):
        assert words in told


@pytest.mark.parametrize("missing", ["reason", "comment", "would_change"])
def test_a_refusal_without_one_of_them_is_not_taken_and_the_text_is_kept(at, database, missing):
    page = send(at["physician"]).headers["Location"]
    claim(at["ir"], page)
    said = {"reason": "symptoms-resolved", "comment": "Said once.", "would_change": "Thought out."}
    refused = act(at["ir"], page, "decline", **{**said, missing: ""})
    assert refused.status_code == 422
    assert stored(database).state == "in_review"
    for name, words in said.items():
        assert name == missing or words in refused.text


def test_a_coordinator_cannot_refuse_for_a_clinical_reason(at, database):
    page = send(at["physician"]).headers["Location"]
    claim(at["coordinator"], page)
    refused = act(at["coordinator"], page, "decline", reason="infection", comment="c", would_change="w")
    assert refused.status_code == 422
    taken = act(at["coordinator"], page, "decline", reason="duplicate", comment="c", would_change="w")
    assert taken.status_code == 303


def test_only_an_ir_physician_accepts_against_the_verdict_and_says_why(at, database):
    page = send(at["physician"], UNDECIDED).headers["Location"]
    claim(at["coordinator"], page)
    version = stored(database).version
    assert at["coordinator"].post(f"{page}/accept", version=version).status_code == 409
    assert act(at["ir"], page, "accept").status_code == 422
    assert act(at["ir"], page, "accept", reason="clinical-judgement").status_code == 303


def test_of_two_who_claim_one_wins_and_the_other_reads_who_was_first(at, database):
    page = send(at["physician"]).headers["Location"]
    version = hidden(at["coordinator"].get(page).text, "version")
    assert at["coordinator"].post(f"{page}/claim", version=version).status_code == 303
    late = at["other"].post(f"{page}/claim", version=version)
    assert late.status_code == 409
    assert "Test Coordinator" in late.text


def test_of_two_who_decide_one_wins_and_the_other_keeps_the_text(at, database):
    page = send(at["physician"]).headers["Location"]
    claim(at["coordinator"], page)
    version = hidden(at["ir"].get(f"{page}/decline").text, "version")
    assert act(at["coordinator"], page, "accept").status_code == 303
    said = {"reason": "allergy", "comment": "A long thought.", "would_change": "Another."}
    late = at["ir"].post(f"{page}/decline", version=version, **said)
    assert late.status_code == 409
    assert "A long thought." in late.text
    assert "Accepted" in late.text
    assert stored(database).state == "accepted"


def test_a_physician_withdraws_with_a_reason(at, database):
    page = send(at["physician"]).headers["Location"]
    assert act(at["physician"], page, "withdraw").status_code == 422
    assert act(at["physician"], page, "withdraw", reason="improved").status_code == 303
    assert "Withdrawn" in at["coordinator"].get(page).text


def test_a_colleague_of_the_practice_answers_in_part(at, database):
    page = send(at["physician"], UNDECIDED).headers["Location"]
    claim(at["coordinator"], page)
    asking = at["coordinator"].get(f"{page}/ask").text
    items = ["active_infection", "too_frail_for_surgery"]
    asked = act(at["coordinator"], page, "ask", items=items, own="Which brace?\nSince when?", due_on=day(asking))
    assert asked.status_code == 303
    assert act(at["colleague"], page, "answer").status_code == 422
    assert act(at["colleague"], page, "answer", item1="not_known", item2="A soft one").status_code == 303
    assert stored(database).state == "in_review"
    shown = at["coordinator"].get(page).text
    assert "A soft one" in shown


def test_news_of_a_decision_stays_until_somebody_marks_it_read(at):
    page = send(at["physician"]).headers["Location"]
    claim(at["coordinator"], page)
    act(at["coordinator"], page, "accept")
    assert "New from the clinic" in at["physician"].get("/referrals").text
    assert at["physician"].post("/referrals/news").status_code == 422
    seen_at = hidden(at["physician"].get("/referrals").text, "seen_at")
    assert at["physician"].post("/referrals/news", seen_at=seen_at).status_code == 303
    assert "New from the clinic" not in at["physician"].get("/referrals").text


def test_news_that_came_after_the_page_was_opened_stay(at):
    page = send(at["physician"]).headers["Location"]
    other = send(at["physician"], separate="yes").headers["Location"]
    claim(at["coordinator"], page)
    claim(at["coordinator"], other)
    act(at["coordinator"], page, "accept", comment="The first.")
    seen_at = hidden(at["physician"].get("/referrals").text, "seen_at")
    act(at["coordinator"], other, "accept", comment="The second.")
    assert at["physician"].post("/referrals/news", seen_at=seen_at).status_code == 303
    left = at["physician"].get("/referrals").text
    assert "The second." in left
    assert "The first." not in left


def test_a_draft_is_kept_as_it_was_typed_and_goes_on_where_it_was(at, database):
    form = {**opened(at["physician"]), "family_name": "Half", "pain_score": "1_0", "levels": "L1", "L1-cause": "cancer"}
    assert at["physician"].post("/referrals/new/draft", form).status_code == 200
    draft = stored(database)
    page = at["physician"].get(f"/referrals/{draft.public_id}/edit").text
    for kept in ('value="Half"', 'value="1_0"', 'id="L1-cause-cancer" value="cancer" checked'):
        assert kept in page
    sent = at["physician"].post("/referrals/new", {**COMPLETE, "token": hidden(page, "token")})
    assert sent.headers["Location"] == f"/referrals/{draft.public_id}"
    assert stored(database).draft_answers is None


def test_a_patient_with_an_open_referral_is_shown_before_a_second_is_sent(at, database):
    first = send(at["physician"]).headers["Location"].rpartition("/")[2]
    shown = send(at["physician"])
    assert shown.status_code == 409
    assert first in shown.text
    assert send(at["physician"], separate="yes").status_code == 303


def test_submitting_is_never_blocked_by_a_verdict(at, database):
    sent = send(at["physician"], neurological_deficit="yes", **{"L1-injury": "none"})
    assert sent.status_code == 303
    assert stored(database).vertebroplasty == "contraindicated"
    assert stored(database).red_flag is True


def test_a_referral_can_be_sent_before_any_imaging(at, database):
    answers = {name: text for name, text in COMPLETE.items() if not name.startswith(("L1", "levels"))}
    assert send(at["physician"], answers).status_code == 303
    assert stored(database).levels == ""
    assert stored(database).vertebroplasty == "more_information"
