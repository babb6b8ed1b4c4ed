"""The payer beside the clinic, and the evidence that it is sent: who said what, when, and on which page it stands."""

from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest
import time_machine
from pypdf import PdfReader
from sqlalchemy import select

from referrals import amendment, filing
from referrals.clinical import PictureDetails, newest_picture, pictures_of
from referrals.document import Support, documents_of
from referrals.events import Event
from referrals.evidence import NO_DOCUMENT, NOT_KNOWN, Record, sections
from referrals.payer import PAYER
from referrals.referral import Referral
from referrals.screening import Screening, assess_by
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, TODAY
from tests.page_text import PageText
from tests.visitor import Visitor

ONSET = TODAY - timedelta(days=33)
PATIENT = {**FRAIL, "setting": "outpatient", "pain_score": 6, "pain_trend": "worsening", "bone_density_referral": True}
L1 = {**COLLAPSED, "onset_on": ONSET, "marrow_edema": True, "retropulsion": False}
T8 = {**COLLAPSED, "level": "T8", "onset_on": TODAY - timedelta(days=90), "marrow_edema": False}


@pytest.fixture
def desk(app, database):
    """Two vertebrae, an MRI report on page 2, and a pain score that the coordinator has put right since."""
    with time_machine.travel(datetime.combine(TODAY, time(15), UTC)):
        yield _desk(app, database)


def _desk(app, database):
    with app.app_context(), database.begin() as session:
        people = clinic.everybody(session)
        sent = clinic.refer(session, people["physician"], clinic.told(PATIENT, L1, T8))
        referral = clinic.claim(session, sent, people["coordinator"])
        shown = (Support("marrow_edema", "L1", 2), Support("marrow_edema", "T8"), Support("active_infection", None, 1))
        clinic.document(session, app, referral, people["physician"], supports=shown)
        put_right(session, referral, people["coordinator"], pain_score=7)
    visitors = {name: Visitor(app, person) for name, person in people.items()}
    page = f"/referrals/{referral.public_id}"
    return SimpleNamespace(app=app, database=database, people=people, at=visitors, referral=referral, page=page)


def put_right(session, referral, by, **answers):
    told = newest_picture(session, referral.id).details()
    anew = PictureDetails({**told.patient, **answers}, tuple(reversed(told.vertebrae)), told.imaging, told.treatments)
    amendment.amend(session, referral, by, referral.version, TODAY, anew, "Asked again by telephone.")


def found(desk):
    """The sections by level, and in them each fact by its name."""
    with desk.database.reading() as session:
        referral = session.get_one(Referral, desk.referral.id)
        record = Record(pictures_of(session, referral.id), documents_of(session, referral))
        said = sections(assess_by(session, PAYER, record.pictures[0].details(), TODAY), record)
        return {each.level: each for each in said}


def item(section, name):
    return next(item for support in section.supports for item in support.items if item.fact.name == name)


def words(desk, path, who="physician"):
    answer = desk.at[who].get(f"{desk.page}{path}")
    assert answer.status_code == 200
    return " ".join(PageText(answer.text).words.split())


def test_a_fact_is_of_whoever_told_it_first_as_it_stands_now_and_not_of_who_repeated_it(desk):
    of_l1 = found(desk)["L1"]
    assert item(of_l1, "setting").told_in.told_by.name == "Elm Physician"
    assert item(of_l1, "setting").told_in.number == 1
    assert item(of_l1, "pain_score").told_in.told_by.name == "Test Coordinator"
    assert item(of_l1, "onset_on").told_in.number == 1, "the vertebrae changed places, and it is told of the same one"


def test_what_stands_in_a_document_is_found_on_its_page_and_only_of_its_vertebra(desk):
    said = found(desk)
    ((document, number),) = item(said["L1"], "marrow_edema").pages
    assert (document.words, number) == ("MRI report", 2)
    assert [page.number for page in item(said["T8"], "marrow_edema").pages] == [None]
    assert [page.number for page in item(said["L1"], "active_infection").pages] == [1]
    assert len(item(said["L1"], "level").pages) == 1, "a document that shows anything of L1 shows that it is L1"


def test_what_is_missing_is_marked(desk):
    of_l1 = found(desk)["L1"]
    gaps = {each.fact.name: each.gap for each in of_l1.gaps}
    assert gaps["nonsurgical_management_optimal"] == NOT_KNOWN
    assert gaps["osteoporosis_program"] == NOT_KNOWN
    assert gaps["pain_score"] == NO_DOCUMENT
    assert "marrow_edema" not in gaps
    assert "intractable_cancer_pain" not in gaps, "nothing is asked that the way in does not rest on"


def test_a_document_entered_in_error_proves_nothing(desk):
    with desk.database.begin() as session:
        referral = session.get_one(Referral, desk.referral.id)
        (document,) = documents_of(session, referral)
        filing.mark_in_error(session, referral, document, desk.people["physician"], "Of another patient.")
    assert item(found(desk)["L1"], "marrow_edema").gap == NO_DOCUMENT


def test_both_sides_read_the_packet_of_each_vertebra(desk):
    page = words(desk, "/evidence", "coordinator")
    assert words(desk, "/evidence", "delegate").count("Gap:") == page.count("Gap:") > 0
    for said in (
        "L1: vertebroplasty and kyphoplasty", "T8: vertebroplasty and kyphoplasty", "Provisional",
        "confirms it against the official text", "closes on 12 Jan 2027, in 51 days",
        "Symptoms for at most 12 weeks, unless malignant: not met",
        "Test Coordinator", "Elm Physician", "MRI report of 22 Nov 2026, page 2", "Gap: not known", "Gap: no document",
    ):  # fmt: skip
        assert said in page, said


def test_the_packet_is_a_pdf_as_well(desk):
    answer = desk.at["coordinator"].get(f"{desk.page}/evidence.pdf")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(answer.data)).pages)
    for said in (
        "Evidence for prior authorization", "edition 1, on 22 Nov 2026", "Provisional. Taken from a second-hand",
        "Closes 12 Jan 2027", "MRI report, 22 Nov 2026, page 2", "Gap: no document", "Gap: not known",
        "Worst pain in the last 24 hours 7 of 10",
    ):  # fmt: skip
        assert said in text, said


def test_another_practice_reads_nothing_of_it_and_reading_it_is_in_the_log(desk):
    for path in ("/evidence", "/evidence.pdf"):
        assert desk.at["neighbor"].get(f"{desk.page}{path}").status_code == 404
        assert desk.at["physician"].get(f"{desk.page}{path}").status_code == 200
    with desk.database.reading() as session:
        read = session.scalars(select(Event).where(Event.action == "read")).all()
        assert [each.details["page"] for each in read] == ["evidence.show", "evidence.as_pdf"]


def test_a_vertebra_that_nobody_has_named_has_a_packet_of_gaps(desk, database):
    with desk.app.app_context(), database.begin() as session:
        sent = clinic.refer(session, desk.people["physician"], PictureDetails(patient={}))
    page = " ".join(PageText(desk.at["physician"].get(f"/referrals/{sent.public_id}/evidence").text).words.split())
    assert "Level not known: vertebroplasty and kyphoplasty" in page
    assert "When the payer’s window closes is not known" in page


# The page of the referral


def test_the_payer_stands_beside_the_clinic_with_what_differs_and_why(desk):
    page = words(desk, "")
    _, _, payer = page.partition("Beside them: the payer")
    of_l1 = payer.partition("L1 The payer’s window")[2].partition("Read the criteria")[0]
    assert "closes on 12 Jan 2027, in 51 days" in of_l1
    assert "Vertebroplasty They differ Candidate More information" in of_l1
    assert "Bone health is arranged, unless malignant" in of_l1
    assert "Nonsurgical management optimal" in of_l1
    of_t8 = payer.partition("T8")[2].partition("L1 The payer’s")[0]
    assert "Vertebroplasty They differ Candidate Not indicated" in of_t8
    assert "Marrow edema or uptake on advanced imaging, unless malignant" in of_t8
    assert "Provisional" in payer


def test_where_the_clinic_is_the_stricter_its_own_criteria_are_named(desk):
    complete = {
        "nonsurgical_management_optimal": True, "osteoporosis_program": True, "levels_to_treat": 1,
        "contrast_allergy": False, "spinal_instability": False, "conservative_management_failed": False,
    }  # fmt: skip
    with desk.database.begin() as session:
        put_right(session, session.get_one(Referral, desk.referral.id), desk.people["coordinator"], **complete)
    payer = words(desk, "").partition("Beside them: the payer")[2]
    assert "Kyphoplasty They differ Not indicated Candidate" in payer
    assert "Kyphoplasty, by the clinic’s criteria: Tumor damage, or four weeks of conservative" in payer


def test_what_the_payer_would_say_is_judged_on_the_day_and_never_recorded(desk):
    words(desk, "")
    words(desk, "/evidence")
    with desk.database.reading() as session:
        assert set(session.scalars(select(Screening.criteria_set))) == {"clinic"}
