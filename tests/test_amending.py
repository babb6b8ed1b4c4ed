"""Amending: the picture is told anew, the old one is kept, and both sides read what became of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals.clinical import NOTE_FIELDS, ClinicalPicture, PictureDetails
from referrals.eligibility import facts
from referrals.events import CLINIC, REFERRER, Event, Notice
from referrals.referral import Referral
from referrals.screening import Screening
from referrals.web.retelling_form import Retelling, as_answers
from tests import clinic
from tests.clinic import TODAY
from tests.eligibility.anything import half_known
from tests.filled_form import FilledForm
from tests.retold import NO_INFECTION, WHOLE, address, as_it_stands, everything, only, retell


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def new(database, people):
    """Sent, and claimed by nobody yet."""
    with database.begin() as session:
        return clinic.refer(session, people["physician"], WHOLE)


@pytest.fixture
def claimed(database, people, new):
    with database.begin() as session:
        return clinic.claim(session, session.get_one(Referral, new.id), people["coordinator"])


# The form


def test_the_form_begins_with_all_that_is_known(at, database, new):
    form = as_it_stands(at["physician"], address(new, "amend"))
    assert form["levels"] == ["T8", "L1"]
    assert form["T8-painful"] == ["no"]
    assert form["pain_score"] == ["7"]
    assert form["narrative"] == ["Fell in the kitchen.\nLives alone."]
    assert form["imaging-1-modality"] == ["mri"]
    assert form["treatment-1-why_stopped"] == ["It hurt…"]
    assert "active_infection" not in form, "what is not known is there to be answered"


def test_sent_back_as_it_stands_nothing_is_different(at, database, new):
    refused = retell(at["physician"], address(new, "amend"), comment="I looked again.")
    assert refused.status_code == 422
    assert "Nothing is different from what is known already" in refused.text
    assert "I looked again." in refused.text
    assert len(everything(database, ClinicalPicture)) == 1


def short(told):
    """As the page takes numbers: with two places behind the point."""
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in told.items()}


def from_the_neck_down(vertebrae):
    return tuple(sorted(vertebrae, key=lambda vertebra: LEVELS.index(vertebra["level"])))


def fitting(**told):
    return st.fixed_dictionaries(told)


def some(rows):
    return st.lists(rows, max_size=6).map(tuple)


LEVELS = [*facts.LEVELS, None]
TEXTS = st.text("ab é…\n", max_size=12).map(str.strip)
LINES = TEXTS.map(lambda text: " ".join(text.split()))
DAYS = st.none() | st.just(TODAY)
FLAGS = st.none() | st.booleans()
NOTES = {name: TEXTS if name in ("allergies", "medication", "narrative") else LINES for name in NOTE_FIELDS}
PICTURES = st.builds(
    PictureDetails,
    patient=half_known(facts.PATIENT).map(short),
    vertebrae=st.lists(
        st.builds(
            lambda level, told: {**short(told), "level": level},
            st.sampled_from(LEVELS),
            half_known([fact for fact in facts.VERTEBRA if fact.name != "level"]),
        ),
        unique_by=lambda vertebra: vertebra["level"],
        max_size=2,
    ).map(from_the_neck_down),
    imaging=some(
        fitting(
            modality=st.sampled_from(["mri", "dxa"]), done_on=DAYS, site=LINES, pictures_at=LINES, report_attached=FLAGS
        )
    ),
    treatments=some(fitting(what=LINES.filter(bool), from_on=DAYS, to_on=st.none(), why_stopped=LINES)),
    notes=fitting(**{**NOTES, "anticoagulant_last_dose_on": DAYS}),
)
"""Any picture that the page can hold."""


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(PICTURES)
def test_any_picture_comes_through_the_form_as_it_was(picture):
    retelling = Retelling(as_answers(picture), TODAY)
    assert not retelling.mark_unreadable(), retelling.problems
    assert not retelling.strangers
    assert retelling.picture() == picture


@pytest.mark.parametrize("button", ["check", "levels", "imaging", "treatment"])
def test_without_script_the_buttons_show_the_verdict_and_store_nothing(at, database, new, button):
    answer = retell(at["physician"], address(new, "amend"), button, **NO_INFECTION)
    assert answer.status_code == 200
    assert answer.text.count("Candidate") >= 2
    assert len(everything(database, ClinicalPicture)) == 1


def test_the_panel_follows_the_answers_for_both_sides(at, claimed):
    form = as_it_stands(at["coordinator"], address(claimed, "amend"))
    for answers, verdict in ((form, "More information"), ({**form, **NO_INFECTION}, "Candidate")):
        panel = at["ir"].post("/referrals/picture/preview", {**answers, "csrf_token": at["ir"].csrf_token})
        assert panel.status_code == 200
        assert verdict in panel.text
    assert at["coordinator"].get("/referrals/new/vertebra/L3").status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"pain_score": "1e1"}, {"narrative": "a\x00b"}, {"T13-injury": "none"}, {"version": ""},
        {"comment": "x" * 2001}, {"given_name": "Ada"}, {"levels": ["L1", "L1"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_nothing_is_stored(at, database, new, said):
    refused = retell(at["physician"], address(new, "amend"), **{**NO_INFECTION, **said})
    assert refused.status_code == 422
    assert 'id="error-summary"' in refused.text
    assert len(everything(database, ClinicalPicture)) == 1
    assert only(database).version == new.version


# Amending


def test_a_new_fact_makes_a_new_picture_and_both_sides_read_what_became_of_the_verdict(at, database, new):
    amended = retell(at["physician"], address(new, "amend"), **NO_INFECTION, comment="Her cultures stay negative.")
    assert amended.status_code == 303
    first, second = everything(database, ClinicalPicture)
    assert (first.number, first.active_infection) == (1, None)
    assert (second.number, second.active_infection) == (2, False)
    assert second.details().vertebrae == first.details().vertebrae
    assert len(everything(database, Screening)) == 2
    assert only(database).kyphoplasty == "candidate"
    (event,) = (each for each in everything(database, Event) if each.action == "amend")
    assert event.details["before"]["kyphoplasty"] == "more_information"
    assert event.details["after"]["kyphoplasty"] == "candidate"
    for side in ("physician", "coordinator"):
        told = at[side].get(f"/referrals/{new.public_id}").text
        history = told[told.index("Clinical picture put right") :]
        assert "Her cultures stay negative." in history
        assert history.index("More information") < history.index("became") < history.index("Candidate")


@pytest.mark.parametrize(("who", "audience"), [("physician", CLINIC), ("ir", REFERRER)])
def test_the_other_side_is_told(at, database, people, new, who, audience):
    if who == "ir":
        with database.begin() as session:
            clinic.claim(session, session.get_one(Referral, new.id), people["coordinator"])
    assert retell(at[who], address(new, "amend"), **NO_INFECTION).status_code == 303
    assert (everything(database, Notice)[-1].kind, everything(database, Notice)[-1].audience) == ("amend", audience)


def test_a_delegate_amends_for_the_physician(at, database, people, new):
    assert retell(at["delegate"], address(new, "amend"), **NO_INFECTION).status_code == 303
    (event,) = (each for each in everything(database, Event) if each.action == "amend")
    assert (event.by_id, event.on_behalf_of_id) == (people["delegate"].id, people["physician"].id)


def test_the_referrer_amends_until_it_is_claimed_and_then_the_clinic(at, database, people, new):
    assert at["physician"].get(address(new, "amend")).status_code == 200
    assert at["coordinator"].get(address(new, "amend")).status_code == 409
    with database.begin() as session:
        clinic.claim(session, session.get_one(Referral, new.id), people["coordinator"])
    assert at["physician"].get(address(new, "amend")).status_code == 409
    assert at["coordinator"].get(address(new, "amend")).status_code == 200
    assert at["ir"].get(address(new, "amend")).status_code == 200
    assert at["neighbor"].get(address(new, "amend")).status_code == 404


def test_a_level_that_is_unticked_leaves_the_picture_with_a_warning(at, database, new):
    page = address(new, "amend")
    checked = retell(at["physician"], page, "check", levels=["L1"])
    assert "T8 is not ticked" in checked.text
    assert "will not be in the picture any more" in checked.text
    assert FilledForm(checked.text, "intake").answers["T8-painful"] == ["no"], "its answers are still on the page"
    assert retell(at["physician"], page, levels=["L1"], comment="T8 is old.").status_code == 303
    assert "What was told of T8 is not in the picture any more." in at["physician"].get(page[:-6]).text
    first, second = everything(database, ClinicalPicture)
    assert [vertebra.level for vertebra in first.vertebrae] == ["T8", "L1"]
    assert [vertebra.level for vertebra in second.vertebrae] == ["L1"]
    assert only(database).levels == "L1"


# Somebody was faster


def test_whoever_comes_too_late_sees_both_pictures_keeps_the_text_and_may_send_it_again(at, database, claimed):
    page = address(claimed, "amend")
    late = {**as_it_stands(at["ir"], page), "do": "send", "T8-painful": "yes", "comment": "T8 hurts as well."}
    assert retell(at["coordinator"], page, **NO_INFECTION, comment="By telephone.").status_code == 303
    refused = at["ir"].post(page, late)
    assert refused.status_code == 409
    assert "Somebody changed this referral while you had it open" in refused.text
    for words in ("By telephone.", "by Test Coordinator", "T8 hurts as well.", "As it is now", "As you wrote it"):
        assert words in refused.text
    assert len(everything(database, ClinicalPicture)) == 2
    kept = FilledForm(refused.text, "intake").answers
    assert (kept["T8-painful"], kept["comment"]) == (["yes"], ["T8 hurts as well."])
    assert at["ir"].post(page, {**kept, "do": "send", **NO_INFECTION}).status_code == 303
    newest = everything(database, ClinicalPicture)[-1]
    assert (newest.number, newest.active_infection, newest.vertebrae[0].painful) == (3, False, True)


def test_once_it_was_claimed_the_referrer_s_text_is_kept_to_be_copied(at, database, people, new):
    page = address(new, "amend")
    late = {
        **as_it_stands(at["physician"], page),
        "do": "send",
        **NO_INFECTION,
        "comment": "Her cultures stay negative.",
    }
    with database.begin() as session:
        clinic.claim(session, session.get_one(Referral, new.id), people["coordinator"])
    refused = at["physician"].post(page, late)
    assert refused.status_code == 409
    for words in (
        "Claimed for review",
        "Her cultures stay negative.",
        "Active infection",
        address(new, "messages"),
    ):
        assert words in refused.text
    assert 'id="intake"' not in refused.text, "there is nothing to be sent any more"
    assert len(everything(database, ClinicalPicture)) == 1
