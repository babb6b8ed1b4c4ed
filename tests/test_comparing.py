"""Comparing pictures: any two of a referral, fact by fact, and the criteria that turned between them."""

from datetime import timedelta

import pytest

from referrals import amendment
from referrals.clinical import PictureDetails, newest_picture
from referrals.comparison import ADDED, CHANGED, REMOVED, SAME, compare, turned
from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import as_json, assess
from referrals.events import Event
from referrals.referral import Referral
from referrals.screening import screen
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, TODAY
from tests.page_text import PageText

MRI = {"modality": "mri", "done_on": TODAY, "site": "Elm Imaging", "pictures_at": "", "report_attached": None}
CT = {"modality": "ct", "done_on": TODAY, "site": "Elm Imaging", "pictures_at": "", "report_attached": True}
BRACE = {"what": "Brace", "from_on": TODAY - timedelta(days=30), "to_on": None, "why_stopped": ""}
FIRST = PictureDetails(
    patient={**FRAIL, "active_infection": None, "pain_score": 6},
    vertebrae=(COLLAPSED, {**COLLAPSED, "level": "T8", "painful": False}),
    imaging=(MRI,),
    treatments=(BRACE,),
    notes={"narrative": "Fell in the kitchen.", "allergies": ""},
)
SECOND = PictureDetails(
    patient={**FRAIL, "active_infection": False, "pain_score": None},
    vertebrae=({**COLLAPSED, "height_loss": 30.0}, {**COLLAPSED, "level": "L3"}),
    imaging=({**MRI, "report_attached": True}, CT),
    treatments=(),
    notes={"narrative": "Fell in the kitchen, twice.", "allergies": "Penicillin"},
)
THIRD = PictureDetails(SECOND.patient, SECOND.vertebrae, SECOND.imaging, (BRACE,), SECOND.notes)


def kinds(block):
    return {line.name: line.kind for line in block.lines if line.kind != SAME}


# Fact by fact


def test_a_fact_is_the_same_or_changed_or_known_in_one_of_them_alone():
    patient = compare(FIRST, SECOND).patient
    assert kinds(patient) == {"active_infection": ADDED, "pain_score": REMOVED}
    assert "too_frail_for_surgery" in {line.name for line in patient.same}


def test_vertebrae_are_paired_by_their_level_from_the_neck_down():
    blocks = compare(FIRST, SECOND).vertebrae
    assert [(block.of, block.kind) for block in blocks] == [(("T8",), REMOVED), (("L1",), CHANGED), (("L3",), ADDED)]
    assert kinds(blocks[1]) == {"height_loss": ADDED}


def test_a_level_that_is_not_known_comes_last_and_goes_with_its_like():
    before = PictureDetails(vertebrae=({"level": None, "painful": None}, {"level": "L1", "painful": True}))
    after = PictureDetails(vertebrae=({"level": "L1", "painful": True}, {"level": None, "painful": True}))
    first, last = compare(before, after).vertebrae
    assert (first.kind, last.of, kinds(last)) == (SAME, (None,), {"painful": ADDED})


def test_studies_and_treatments_are_paired_by_what_they_were_and_when():
    both = compare(FIRST, SECOND)
    assert [block.kind for block in both.imaging] == [CHANGED, ADDED]
    assert kinds(both.imaging[0]) == {"report_attached": ADDED}
    assert [(block.of[0], block.kind) for block in both.treatments] == [("Brace", REMOVED)]


def test_two_studies_of_one_kind_and_day_stay_two():
    elsewhere = {**MRI, "site": "Oak Imaging"}
    both = compare(PictureDetails(imaging=(MRI, elsewhere)), PictureDetails(imaging=(MRI,)))
    assert [block.kind for block in both.imaging] == [SAME, REMOVED]


def test_what_was_not_written_is_not_known():
    assert kinds(compare(FIRST, SECOND).notes) == {"narrative": CHANGED, "allergies": ADDED}


def test_the_other_way_round_everything_turns_round():
    there, back = compare(FIRST, SECOND), compare(SECOND, FIRST)
    assert {(line.name, line.before, line.after) for line in there.patient.different} == {
        (line.name, line.after, line.before) for line in back.patient.different
    }
    assert [block.kind for block in back.vertebrae] == [ADDED, CHANGED, REMOVED]


@pytest.mark.parametrize("picture", [FIRST, SECOND, PictureDetails()])
def test_a_picture_differs_in_nothing_from_itself(picture):
    assert not compare(picture, picture).differs
    assert turned(*(said(picture) for _ in range(2))) == []


# What the criteria said


def test_the_criteria_that_turned_are_named_with_the_verdicts():
    was, now = (said(picture) for picture in (FIRST, SECOND))
    found = {(each.level, each.procedure): each for each in turned(was, now)}
    of_l1 = found["L1", "kyphoplasty"]
    assert verdict_of(of_l1.before) == "more_information"
    assert verdict_of(of_l1.after) == "candidate"
    ((before, after),) = of_l1.criteria
    assert (after["facts"], before["holds"], after["holds"]) == ({"active_infection": False}, None, False)
    assert found["T8", "kyphoplasty"].after is None, "the level is not in the second picture"
    assert found["L3", "vertebroplasty"].before is None


def said(told, day=TODAY):
    return as_json(assess(in_force("clinic", day), told.patient, told.vertebrae, day))


def verdict_of(said):
    return said["verdict"]


def test_a_criterion_that_turns_because_days_went_by_is_found_too():
    early = PictureDetails({**FRAIL, "conservative_management_started_on": TODAY - timedelta(days=20)}, (COLLAPSED,))
    was, now = (said(early, day) for day in (TODAY, TODAY + timedelta(days=20)))
    assert [(each.procedure, len(each.criteria)) for each in turned(was, now)] == [("kyphoplasty", 1)]


# The pages


@pytest.fixture
def people(app, database):
    with app.app_context(), database.begin() as session:
        return clinic.everybody(session)


@pytest.fixture
def told_three_times(database, people):
    with database.begin() as session:
        referral = clinic.refer(session, people["physician"], FIRST)
        for picture in (SECOND, THIRD):
            amendment.amend(session, referral, people["physician"], referral.version, TODAY, picture, "")
        return referral


@pytest.fixture
def page(told_three_times):
    return f"/referrals/{told_three_times.public_id}/pictures"


def words(answer):
    return " ".join(PageText(answer.text).words.split())


def test_the_list_says_of_each_picture_who_told_it_and_the_verdicts_then(at, page, database, told_three_times):
    with database.begin() as session:  # judged once more, later: the verdict of the day on which it was told counts
        picture = newest_picture(session, told_three_times.id)
        screen(session, picture.id, FIRST, TODAY)
    for who in ("physician", "coordinator"):
        said = words(at[who].get(page))
        assert said.index("Picture 3 Current") < said.index("Picture 2 ") < said.index("Picture 1 Elm Physician")
        assert said.count("Elm Physician") >= 3
        rows = said[said.index("Picture 3 Current") :].split("Picture ")[1:4]
        assert [row.count("More information") for row in rows] == [0, 0, 2]


@pytest.mark.parametrize(
    ("before", "after", "says", "says_not"),
    [
        (1, 2, ["Active infection + Now known", "Pain score − No longer known", "T8 − Left out", "L3 + Added",
                "CT, 22 Nov 2026 + Added", "Brace, 23 Oct 2026 − Left out", "Kyphoplasty ≠ Changed"], []),
        (2, 3, ["Brace, 23 Oct 2026 + Added", "No criterion turned, and no verdict."], ["Active infection +"]),
        (1, 3, ["T8 − Left out", "Fell in the kitchen, twice."], ["Brace, 23 Oct 2026 +"]),
        (3, 1, ["T8 + Added", "Active infection − No longer known"], []),
    ],
)  # fmt: skip
def test_any_two_are_compared_by_sign_and_word(at, page, before, after, says, says_not):
    answer = at["physician"].get(f"{page}/compare?before={before}&after={after}")
    assert answer.status_code == 200
    said = words(answer)
    for expected in says:
        assert expected in said
    for other in says_not:
        assert other not in said


def test_what_is_the_same_waits_folded_beneath_what_differs(at, page):
    answer = at["physician"].get(f"{page}/compare?before=1&after=2").text
    differences, same = answer.split("Show what is the same", 1)
    assert "<details" in differences[-200:]
    assert "Too frail for surgery" in same
    assert "Too frail for surgery" not in differences


@pytest.mark.parametrize(
    "query",
    ["", "?before=1", "?before=1&after=1", "?before=1&after=4", "?before=0&after=1", "?before=%D9%A1&after=2",
     "?before=1&after=2&x=1", "?before=1&before=2&after=3", "?before=01&after=2", "?before=zz&after=2"],
)  # fmt: skip
def test_an_address_that_names_no_two_pictures_shows_the_list_and_says_so(at, page, query):
    answer = at["physician"].get(f"{page}/compare{query}")
    assert answer.status_code == 422
    assert "These two cannot be compared" in answer.text


def test_with_one_picture_there_is_nothing_to_compare(at, database, people):
    with database.begin() as session:
        once = clinic.refer(session, people["physician"])
    answer = at["coordinator"].get(f"/referrals/{once.public_id}/pictures")
    assert "There is nothing to compare it with yet." in answer.text
    assert "What changed" not in answer.text


def test_pictures_are_for_those_who_open_the_referral_and_it_is_recorded(at, page, database, told_three_times):
    for address in (page, f"{page}/compare?before=1&after=2"):
        assert at["neighbor"].get(address).status_code == 404
        at["coordinator"].get(address)
        with database.reading() as session:
            entry = session.query(Event).order_by(Event.id.desc()).first()
        assert (entry.action, entry.subject) == ("read", told_three_times.public_id)
        assert set(entry.details) == {"page"}


def test_comparing_changes_nothing(at, page, database, told_three_times):
    at["physician"].get(f"{page}/compare?before=1&after=2")
    with database.reading() as session:
        assert session.get_one(Referral, told_three_times.id).version == told_three_times.version
