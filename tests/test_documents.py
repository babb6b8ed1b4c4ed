"""Documents of a referral: both sides add and open them, each once, whole and for good; the log says who did what."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select

from referrals import closing, keeping, restriction
from referrals.db import now
from referrals.document import Document, DocumentSupport
from referrals.events import Event, Notice
from referrals.file_name import cleaned, fitting
from referrals.inspection import LARGEST
from referrals.keeping import HereAlready
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.storage import Folder
from referrals.submission import open_draft
from referrals.transition import NotAllowed, Said
from referrals.virus import Scanner
from tests import clinic
from tests.clamd import clamd
from tests.clinic import TODAY
from tests.files import EICAR, body_of, bomb, pdf, picture, within_pdf
from tests.page_text import PageText
from tests.visitor import Visitor

A_DAY_AGO = TODAY - timedelta(1)


@pytest.fixture
def ward(app, database):
    """Two practices and the clinic, and a referral of the one, which a coordinator has claimed."""
    with app.app_context(), database.begin() as session:
        elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "delegate": clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm),
            "neighbor": clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, oak),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "colleague": clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital),
            "auditor": clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital),
        }
        sent = clinic.claim(session, clinic.refer(session, people["physician"]), people["coordinator"])
    visitors = {name: Visitor(app, person) for name, person in people.items()}
    page = f"/referrals/{sent.public_id}/documents"
    return SimpleNamespace(app=app, database=database, people=people, visitors=visitors, referral=sent, page=page)


def add(ward, who="physician", content=None, name="report.pdf", page=None, **told):
    """Send the form as a browser does."""
    content = pdf() if content is None else content
    told = {"kind": "mri_report", "file": (BytesIO(content), name), **told}
    return ward.visitors[who].post(f"{page or ward.page}/new", told)


def kept(ward):
    with ward.database.reading() as session:
        return session.scalars(select(Document).order_by(Document.id)).all()


def files_of(ward):
    return [ward.app.extensions["storage"].get(name) for name, _ in ward.app.extensions["storage"].kept()]


def entries(ward, *actions):
    with ward.database.reading() as session:
        return session.scalars(select(Event).where(Event.action.in_(actions)).order_by(Event.id)).all()


def told(ward):
    """Who is told of what: [(audience, kind)]."""
    with ward.database.reading() as session:
        rows = session.scalars(select(Notice).where(Notice.kind.like("document%")).order_by(Notice.id))
        return [(notice.audience, notice.kind) for notice in rows]


def open_it(ward, who="coordinator", which=0):
    return ward.visitors[who].get(f"{ward.page}/{kept(ward)[which].public_id}")


# Adding


@pytest.mark.parametrize(
    ("content", "name", "media_type", "given_name"),
    [
        (pdf(), "MRI Lumbar Spine.PDF", "application/pdf", "MRI Lumbar Spine.PDF"),
        (picture("PNG"), "x-ray", "image/png", "x-ray.png"),
        (picture("JPEG"), "report.pdf", "image/jpeg", "report.pdf.jpg"),
        (picture("TIFF"), "fax.tiff", "image/tiff", "fax.tiff"),
    ],
)
def test_a_file_is_kept_and_given_out_as_what_it_is(ward, content, name, media_type, given_name):
    answer = add(ward, content=content, name=name)
    assert (answer.status_code, answer.location) == (303, ward.page)
    for who in ("physician", "delegate", "coordinator", "colleague"):
        given = open_it(ward, who)
        assert given.status_code == 200
        assert (given.data, given.mimetype) == (content, media_type)
        assert given.headers["Content-Disposition"].endswith(f'filename="{given_name}"') or given_name in str(
            given.headers
        )


def test_a_file_given_out_does_nothing_in_a_browser_and_is_not_kept_there(ward):
    add(ward)
    given = open_it(ward)
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Cache-Control"] == "no-store"
    assert given.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "ETag" not in given.headers


def test_the_list_says_what_it_is_of_when_what_it_supports_and_who_added_it(ward):
    supports = {"fact0": "marrow_edema", "level0": "L1", "page0": "2", "fact1": "inr", "page1": "1"}
    add(ward, study_on=A_DAY_AGO.isoformat(), **supports)
    for who in ("physician", "coordinator"):
        words = PageText(ward.visitors[who].get(ward.page).text).words
        for said in (
            "MRI report",
            "report.pdf",
            "21 Nov 2026",
            "L1 Marrow edema page 2",
            "INR page 1",
            "2 pages",
            "Elm Physician",
        ):
            assert said in words, said
    with ward.database.reading() as session:
        rows = session.scalars(select(DocumentSupport).order_by(DocumentSupport.position)).all()
        assert [(row.fact, row.level, row.page) for row in rows] == [("marrow_edema", "L1", 2), ("inr", None, 1)]


def test_the_tab_counts_what_counts(ward):
    assert "Documents</a>" in ward.visitors["physician"].get(f"/referrals/{ward.referral.public_id}").text
    add(ward)
    add(ward, content=picture())
    mark(ward, "physician")
    assert 'Documents <span class="count">1</span>' in ward.visitors["coordinator"].get(ward.page).text


def test_a_long_list_asks_no_more_of_the_database_than_a_short_one(ward):
    asked = []
    event.listen(ward.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    counts = []
    for more in (1, 12):
        with ward.database.begin() as session:
            for number in range(more):
                clinic.document(session, ward.app, ward.referral, ward.people["physician"], f"{more} {number}".encode())
        ward.visitors["coordinator"].get(ward.page)
        asked.clear()
        ward.visitors["coordinator"].get(ward.page)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


def test_both_sides_add_and_the_other_is_told_and_nothing_else_of_the_referral_changes(ward):
    add(ward, "delegate")
    add(ward, "coordinator", picture())
    assert told(ward) == [("clinic", "document_added"), ("referrer", "document_added")]
    first, second = entries(ward, "document_added")
    assert (first.by_id, first.on_behalf_of_id) == (ward.people["delegate"].id, ward.people["physician"].id)
    assert (second.by_id, second.on_behalf_of_id) == (ward.people["coordinator"].id, None)
    assert first.details == {"document": kept(ward)[0].public_id}
    assert (first.version, first.to_state) == (None, None)
    with ward.database.reading() as session:
        now_is = session.get_one(Referral, ward.referral.id)
        assert (now_is.version, now_is.state) == (ward.referral.version, "in_review")
    assert "added a document" in ward.visitors["physician"].get("/referrals").text


def test_a_page_that_was_open_meanwhile_is_still_good(ward):
    add(ward)
    decided = ward.visitors["coordinator"].post(
        f"/referrals/{ward.referral.public_id}/accept", version=ward.referral.version, comment=""
    )
    assert decided.status_code == 303


def test_a_double_click_keeps_one_file_and_says_so(ward):
    content = pdf()
    assert add(ward, content=content).status_code == 303
    again = add(ward, content=content, name="another name.pdf")
    assert (again.status_code, again.location) == (303, ward.page)
    assert (
        "This file is here already: MRI report, added by Elm Physician."
        in PageText(ward.visitors["physician"].get(ward.page).text).words
    )
    assert len(kept(ward)) == len(files_of(ward)) == len(entries(ward, "document_added")) == 1


def test_of_two_who_add_the_same_at_once_one_is_told_that_it_is_here(ward, monkeypatch):
    """Neither sees the other's when it looks; the database sees both."""
    with ward.database.begin() as session:
        clinic.document(session, ward.app, ward.referral, ward.people["physician"])
    look, looked = keeping._refuse_the_same, []  # type: ignore[var-annotated]
    monkeypatch.setattr(keeping, "_refuse_the_same", lambda *said: look(*said) if looked else looked.append(said))
    with pytest.raises(HereAlready), ward.database.begin() as session:
        clinic.document(session, ward.app, ward.referral, ward.people["physician"])
    assert len(kept(ward)) == len(files_of(ward)) == 1


def test_another_referral_may_have_the_same_file(ward):
    content = pdf()
    with ward.database.begin() as session:
        other = clinic.refer(session, ward.people["physician"])
    assert add(ward, content=content).status_code == 303
    assert add(ward, content=content, page=f"/referrals/{other.public_id}/documents").status_code == 303
    assert len(kept(ward)) == 2


REFUSED = {
    "a locked file": {"content": pdf(locked="hush")},
    "a bomb": {"content": bomb()},
    "a program with a good name": {"content": b"MZ\x90", "name": "report.pdf"},
    "nothing in it": {"content": b""},
    "no file at all": {"file": (BytesIO(), "")},
    "a file as text": {"file": "report.pdf"},
    "no kind": {"kind": ""},
    "a kind that there is not": {"kind": "mri"},
    "a study of tomorrow": {"study_on": "2999-01-01"},
    "a study on 30 February": {"study_on": "2026-02-30"},
    "a fact of a vertebra without one": {"fact0": "marrow_edema"},
    "a fact of the patient with one": {"fact0": "inr", "level0": "L1"},
    "a level alone": {"level1": "L1"},
    "a page alone": {"page3": "1"},
    "a fact that there is not": {"fact0": "level", "level0": "L1"},
    "a level that there is not": {"fact0": "marrow_edema", "level0": "L6"},
    "a page that there is not": {"fact0": "inr", "page0": "3"},
    "page none": {"fact0": "inr", "page0": "0"},
    "a page in words": {"fact0": "inr", "page0": "two"},
    "two kinds": {"kind": ["ct", "x_ray"]},
    "an answer that was not asked for": {"stored_as": "x"},
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_nobody_can_mean_is_refused_and_nothing_is_kept(ward, what):
    said = {"study_on": A_DAY_AGO.isoformat(), **REFUSED[what]}
    if isinstance(said.get("file"), tuple):
        said["file"] = (BytesIO(), "")
    answer = add(ward, **said)
    assert answer.status_code == 422
    assert "another look" in answer.text
    assert kept(ward) == []
    assert files_of(ward) == []
    assert entries(ward, "document_added") == []


def test_what_was_told_is_kept_when_the_file_is_refused(ward):
    page = add(ward, content=pdf(locked="x"), kind="laboratory", fact0="inr", page0="1", study_on="2026-11-02").text
    assert "locked or encrypted" in page
    assert re.search(r'value="laboratory" checked', page)
    assert '<option value="inr" selected>' in page
    assert 'value="2026-11-02"' in page


def test_a_wrong_answer_says_that_the_file_has_to_be_chosen_again(ward):
    assert "Choose the file again" in add(ward, kind="").text


def test_more_than_twenty_megabytes_are_refused_with_the_limit(ward):
    for size in (LARGEST + 1, LARGEST + 2_000_000):
        sent, kind = body_of({"csrf_token": ward.visitors["physician"].csrf_token, "kind": "ct"}, bytes(size))
        answer = ward.visitors["physician"].client.post(f"{ward.page}/new", data=sent, content_type=kind)
        assert answer.status_code == (422 if size < LARGEST + 500_000 else 413)
        assert "20 MB" in answer.text
    assert kept(ward) == []


def test_no_other_form_takes_more_than_a_form(ward):
    for who, path in (
        ("coordinator", f"/referrals/{ward.referral.public_id}/decline"),
        ("physician", f"{ward.page}/images"),
        ("auditor", f"{ward.page}/new"),
    ):
        long = {"csrf_token": ward.visitors[who].csrf_token, "comment": "x" * 600_000}
        answer = ward.visitors[who].client.post(path, data=long)
        assert answer.status_code == (403 if who == "auditor" else 413), path


def test_to_a_referral_that_has_ended_documents_can_be_added(ward):
    with ward.database.begin() as session:
        sent = session.get_one(Referral, ward.referral.id)
        said = Said(session.get(Reason, "improved"))
        closing.withdraw(session, sent, ward.people["physician"], sent.version, TODAY, said)
    assert add(ward).status_code == 303
    assert add(ward, "coordinator", picture()).status_code == 303


def test_a_draft_has_no_documents(ward):
    with ward.database.begin() as session:
        draft = open_draft(session, "a draft", ward.people["physician"])
    page = f"/referrals/{draft.public_id}/documents"
    shown = ward.visitors["physician"].get(page)
    assert (shown.status_code, shown.location) == (302, f"/referrals/{draft.public_id}/edit")
    assert add(ward, page=page).status_code == 409
    assert ward.visitors["physician"].get(f"{page}/new").status_code == 409
    assert ward.visitors["coordinator"].get(page).status_code == 404
    with pytest.raises(NotAllowed), ward.database.begin() as session:
        clinic.document(session, ward.app, draft, ward.people["physician"])


# Who


def test_who_does_not_open_the_referral_reads_none_of_its_documents(ward):
    add(ward)
    paper = f"{ward.page}/{kept(ward)[0].public_id}"
    for path in (ward.page, f"{ward.page}/new", f"{ward.page}/images", paper, f"{paper}/error"):
        assert ward.visitors["neighbor"].get(path).status_code == 404, path
        assert ward.visitors["auditor"].get(path).status_code == 403, path
    assert add(ward, "neighbor").status_code == 404


def test_a_document_is_found_at_its_own_referral_only(ward):
    add(ward)
    with ward.database.begin() as session:
        own = clinic.refer(session, ward.people["neighbor"])
    there = f"/referrals/{own.public_id}/documents/{kept(ward)[0].public_id}"
    for who in ("neighbor", "coordinator"):
        assert ward.visitors[who].get(there).status_code == 404
        assert ward.visitors[who].get(f"{there}/error").status_code == 404


def test_a_restricted_referral_keeps_its_documents_to_those_who_treat_the_patient(ward):
    add(ward)
    with ward.database.begin() as session:
        sent = session.get_one(Referral, ward.referral.id)
        restriction.restrict(session, sent, ward.people["physician"], sent.version, "A colleague of ours")
    for who, status in {"physician": 200, "coordinator": 200, "colleague": 403, "delegate": 404}.items():
        assert open_it(ward, who).status_code == status
        assert ward.visitors[who].get(ward.page).status_code == status


def test_every_reading_is_in_the_log_with_the_document_that_was_opened(ward):
    add(ward)
    ward.visitors["coordinator"].get(ward.page)
    open_it(ward, "coordinator")
    pages = [event.details for event in entries(ward, "read") if event.by_id == ward.people["coordinator"].id]
    assert pages == [
        {"page": "documents.show"},
        {"page": "documents.download", "document": kept(ward)[0].public_id},
    ]
    assert "the file of a document" in ward.visitors["auditor"].get("/log").text


def test_what_is_not_there_leaves_no_reading(ward):
    assert ward.visitors["coordinator"].get(f"{ward.page}/000000000000").status_code == 404
    assert entries(ward, "read") == []


# Where the pictures are


def images(ward, who="physician", **said):
    said = {"kind": "mri_report", "pictures_at": "Elm Hospital", "accession_number": "A-1", **said}
    return ward.visitors[who].post(f"{ward.page}/images", **said)


def test_where_pictures_are_is_said_instead_of_sending_them(ward):
    assert images(ward, study_on=A_DAY_AGO.isoformat()).status_code == 303
    words = PageText(ward.visitors["coordinator"].get(ward.page).text).words
    assert "Images are in PACS at Elm Hospital, accession number A-1" in words
    assert told(ward) == [("clinic", "document_added")]
    assert files_of(ward) == []
    assert open_it(ward).status_code == 409, "there is nothing to download"


def test_the_same_study_is_there_once_and_another_beside_it(ward):
    for said in ({}, {}, {"study_on": A_DAY_AGO.isoformat()}, {"accession_number": ""}, {"kind": "ct"}):
        assert images(ward, **said).status_code == 303
    assert len(kept(ward)) == 4


@pytest.mark.parametrize(
    "said", [{"pictures_at": ""}, {"pictures_at": "x" * 201}, {"kind": "laboratory"}, {"kind": ""}, {"fact0": "inr"}]
)
def test_a_place_that_is_not_said_is_refused(ward, said):
    assert images(ward, **said).status_code == 422
    assert kept(ward) == []


# In error


def mark(ward, who, which=0, reason="Another patient’s."):
    return ward.visitors[who].post(f"{ward.page}/{kept(ward)[which].public_id}/error", reason=reason)


def test_a_wrong_one_is_kept_with_the_reason_and_given_to_nobody(ward):
    add(ward)
    assert mark(ward, "physician").status_code == 303
    assert len(kept(ward)) == len(files_of(ward)) == 1
    for who in ("physician", "coordinator"):
        page = ward.visitors[who].get(ward.page).text
        assert "Entered in error" in page
        assert "Another patient’s." in page
        assert kept(ward)[0].public_id not in page, "there is no link to it"
        assert open_it(ward, who).status_code == 409
    (entry,) = entries(ward, "document_in_error")
    assert (entry.comment, entry.details) == ("Another patient’s.", {"document": kept(ward)[0].public_id})
    assert told(ward)[-1] == ("clinic", "document_in_error")


def test_it_is_said_once_and_the_file_can_be_added_again(ward):
    content = pdf()
    add(ward, content=content)
    assert mark(ward, "physician").status_code == 303
    assert mark(ward, "physician").status_code == 409
    assert add(ward, content=content).status_code == 303
    assert len(kept(ward)) == 2


@pytest.mark.parametrize(("by", "marks"), [("coordinator", ("colleague",)), ("physician", ("delegate", "colleague"))])
def test_the_own_side_says_so_and_the_clinic_of_any(ward, by, marks):
    add(ward, by)
    for who in ("physician", "delegate", "colleague"):
        shown = ward.visitors[who].get(f"{ward.page}/{kept(ward)[0].public_id}/error")
        assert shown.status_code == (200 if who in marks or who == by else 409), who
    if "delegate" not in marks:
        assert mark(ward, "delegate").status_code == 409
    assert mark(ward, marks[-1]).status_code == 303


def test_without_a_reason_it_stays_as_it_is(ward):
    add(ward)
    for reason in ("", "   ", "x" * 1001):
        assert mark(ward, "physician", reason=reason).status_code == 422
    assert kept(ward)[0].error_at is None


# As it was stored


def test_a_file_that_was_changed_is_not_shown_and_that_is_in_the_log(ward):
    add(ward)
    storage = ward.app.extensions["storage"]
    assert isinstance(storage, Folder)
    name = kept(ward)[0].stored_as
    (storage.root / name[:2] / name).write_bytes(pdf(says="not what was sent"))
    answer = open_it(ward)
    assert answer.status_code == 409
    assert "This file was changed since it was stored; it is not shown" in answer.text
    (entry,) = entries(ward, "document_changed")
    assert (entry.by_id, entry.details) == (ward.people["coordinator"].id, {"document": kept(ward)[0].public_id})
    assert told(ward)[1:] == [("clinic", "document_changed"), ("referrer", "document_changed")]


def test_a_place_that_is_away_is_no_fault_of_the_page(ward):
    add(ward)
    ward.app.extensions["storage"] = Folder(ward.app.extensions["storage"].root / "nowhere" / "\0")
    for answer in (open_it(ward), add(ward, content=picture())):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    assert len(kept(ward)) == 1
    assert ward.visitors["coordinator"].get(ward.page).status_code == 200


def test_a_file_is_not_left_behind_when_its_row_is_refused(ward, monkeypatch):
    """Whatever fails after it was written: here the log."""
    monkeypatch.setattr("referrals.events.record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError), ward.database.begin() as session:
        clinic.document(session, ward.app, ward.referral, ward.people["physician"])
    assert files_of(ward) == []
    assert kept(ward) == []


# The virus scanner


@pytest.fixture
def scanner(ward):
    with clamd() as running:
        ward.app.extensions["scanner"] = Scanner(running.address)
        yield running


def infected():
    """A PDF that a scanner objects to and a person could open."""
    return within_pdf(EICAR.encode())


def test_a_clean_file_is_given_out_at_once(ward, scanner):
    add(ward)
    assert kept(ward)[0].scan == "clean"
    assert open_it(ward).status_code == 200
    assert "no virus scanner" not in ward.visitors["physician"].get(ward.page).text


def test_a_file_with_a_virus_is_not_kept_and_that_is_in_the_log(ward, scanner):
    answer = add(ward, content=infected())
    assert answer.status_code == 422
    assert "Eicar-Test-Signature" in answer.text
    assert kept(ward) == []
    assert files_of(ward) == []
    (entry,) = entries(ward, "document_refused")
    assert entry.by_id == ward.people["physician"].id


def test_nothing_is_given_out_before_the_verdict_which_comes_when_somebody_looks(ward, scanner):
    scanner.said = "stream: busy ERROR"
    assert add(ward).status_code == 303
    assert open_it(ward).status_code == 409
    page = ward.visitors["coordinator"].get(ward.page).text
    assert "Waits for the virus scanner" in page
    assert f'href="{ward.page}/{kept(ward)[0].public_id}"' not in page
    scanner.said = ""
    assert "Waits for the virus scanner" not in ward.visitors["coordinator"].get(ward.page).text
    assert open_it(ward).status_code == 200


def test_a_virus_that_is_found_later_is_given_to_nobody_and_both_sides_are_told(ward, scanner):
    scanner.said = "stream: busy ERROR"
    add(ward, content=infected())
    scanner.said = ""
    page = ward.visitors["physician"].get(ward.page).text
    assert "Virus found (Eicar-Test-Signature): it is given to nobody" in page
    assert open_it(ward).status_code == 409
    (entry,) = entries(ward, "document_infected")
    assert entry.by_id is None, "it is the installation that asks"
    assert told(ward)[1:] == [("clinic", "document_infected"), ("referrer", "document_infected")]


def test_what_came_before_there_was_a_scanner_waits_for_it_too(ward):
    add(ward)
    assert open_it(ward).status_code == 200
    with clamd() as running:
        ward.app.extensions["scanner"] = Scanner(running.address)
        assert open_it(ward).status_code == 409
        ward.visitors["physician"].get(ward.page)
        assert open_it(ward).status_code == 200


def test_what_the_service_made_itself_waits_for_nobody(ward, scanner):
    with ward.database.begin() as session:
        made = clinic.letter(session, ward.app, ward.referral, ward.people["coordinator"])
    assert (made.kind, made.scan) == ("letter", "made_here")
    assert open_it(ward, "physician").status_code == 200
    assert scanner.asked == 0


# The commands


def run(ward, *command):
    said = ward.app.test_cli_runner().invoke(args=["documents", *command])
    return said.exit_code, said.output


def test_the_command_scans_whatever_waits(ward, scanner):
    scanner.said = "stream: busy ERROR"
    add(ward)
    add(ward, content=infected())
    assert run(ward, "scan")[0] == 1
    scanner.said = ""
    assert run(ward, "scan") == (0, "Clean: 1. Infected, and given to nobody: 1. Without a verdict: 0.\n")
    assert [each.scan for each in kept(ward)] == ["clean", "infected"]
    assert run(ward, "scan")[1].startswith("Clean: 0.")


def test_the_command_says_when_there_is_no_scanner(ward):
    code, said = run(ward, "scan")
    assert code == 1
    assert "Set CLAMAV" in said


def test_the_command_names_every_file_that_is_not_as_it_was_stored(ward):
    add(ward)
    add(ward, content=picture())
    assert run(ward, "check") == (0, "Files as they were stored: 2. Changed or gone: 0.\n")
    ward.app.extensions["storage"].remove(kept(ward)[0].stored_as)
    code, said = run(ward, "check")
    assert code == 1
    assert f"Not as it was stored: document {kept(ward)[0].public_id}" in said


def test_the_command_sweeps_what_no_document_names_but_not_what_is_young(ward, monkeypatch):
    add(ward)
    mark(ward, "physician")
    orphan = ward.app.extensions["storage"].put(b"left behind")
    assert run(ward, "sweep", "--remove") == (0, "Removed: 0.\n")
    monkeypatch.setattr("referrals.document_command.now", lambda: now() + timedelta(days=2))
    assert run(ward, "sweep") == (0, "Named by no document: 1.\n")
    assert run(ward, "sweep", "--remove") == (0, "Removed: 1.\n")
    assert orphan not in dict(ward.app.extensions["storage"].kept())
    assert len(files_of(ward)) == 1, "what was entered in error is kept"


def test_the_commands_say_when_nobody_said_where_documents_lie(ward):
    ward.app.extensions["settings"] = replace(ward.app.extensions["settings"], documents="")
    code, said = run(ward, "check")
    assert code == 1
    assert "DOCUMENTS" in said


# Names


@pytest.mark.parametrize(
    ("given", "kept_as"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\Users\\ada\\MRI report.pdf", "MRI report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\0b\r\nSet-Cookie: x.pdf", "abSet-Cookie_ x.pdf"),
        ('"><script>.pdf', "___script_.pdf"),
        ("Röntgen für Frau Müller.pdf", "Röntgen für Frau Müller.pdf"),
        (".htaccess", "htaccess"),
        ("", "document"),
        ("...", "document"),
        ("/", "document"),
        ("x" * 300 + ".pdf", "x" * 110 + ".pdf"),
        ("x" * 300, "x" * 120),
        ("a." + "b" * 300, ("a." + "b" * 300)[:120]),
    ],
)
def test_a_file_s_name_is_made_harmless(given, kept_as):
    assert cleaned(given) == kept_as


def test_a_name_ends_as_what_the_file_is():
    assert fitting("report.exe", "application/pdf") == "report.exe.pdf"
    assert fitting("SCAN.JPEG", "image/jpeg") == "SCAN.JPEG"
