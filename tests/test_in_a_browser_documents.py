"""A report goes from the practice to the clinic in a browser: chosen, added, found and saved; by keyboard alone too."""

import pytest
from playwright.sync_api import expect

from referrals.inspection import LARGEST
from referrals.staff import RoleName
from tests import clinic
from tests.at_a_browser import Visit
from tests.files import pdf


@pytest.fixture
def ward(live_server):
    """A referral at the clinic, its physician and a coordinator."""
    with live_server.app.app_context(), live_server.database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
        coordinator = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
        sent = clinic.refer(session, physician)
    return {"physician": physician, "coordinator": coordinator, "page": f"/referrals/{sent.public_id}"}


@pytest.fixture
def report(tmp_path):
    file = tmp_path / "MRI of Ada.pdf"
    file.write_bytes(pdf(3))
    return file


def come_in(open_browser, live_server, ward, who, **options):
    visit = Visit(open_browser(**options))
    visit.come_in(live_server, ward[who])
    visit.page.goto(ward["page"])
    return visit


def test_a_report_is_added_at_the_practice_and_saved_at_the_clinic(open_browser, live_server, ward, report, tmp_path):
    practice = come_in(open_browser, live_server, ward, "physician")
    practice.follow("Documents")
    practice.reads("No documents yet")
    practice.follow("Add a document")
    practice.page.get_by_label("File").set_input_files(report)
    practice.choose("What is it?", "MRI report")
    practice.write("Date of the study", "2026-11-02")
    practice.page.locator("#fact0").select_option("Marrow edema")
    practice.page.locator("#level0").select_option("L1")
    practice.page.locator("#page0").fill("2")
    practice.press("Add the document")
    practice.is_told("Added. The clinic is told.")
    practice.reads("L1 Marrow edema page 2")

    clinic_s = come_in(open_browser, live_server, ward, "coordinator")
    clinic_s.follow("Documents 1")
    with clinic_s.page.expect_download() as saved:
        clinic_s.follow("MRI report")
    assert saved.value.suggested_filename == "MRI of Ada.pdf"
    saved.value.save_as(tmp_path / "saved.pdf")
    assert (tmp_path / "saved.pdf").read_bytes() == report.read_bytes()
    assert not practice.complaints + clinic_s.complaints


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_a_file_that_is_too_large_is_told_so_with_and_without_script(
    open_browser, live_server, ward, tmp_path, java_script_enabled
):
    large = tmp_path / "large.pdf"
    large.write_bytes(bytes(LARGEST + 2_000_000))
    visit = come_in(open_browser, live_server, ward, "physician", java_script_enabled=java_script_enabled)
    visit.page.goto(f"{ward['page']}/documents/new")
    visit.page.get_by_label("File").set_input_files(large)
    visit.choose("What is it?", "CT")
    visit.press("Add the document")
    visit.is_told("20 MB are possible" if java_script_enabled else "A document may have 20 MB at most.")
    visit.page.goto(f"{ward['page']}/documents")
    visit.reads("No documents yet")


def test_a_refused_file_can_be_chosen_again_and_what_was_told_is_still_there(
    open_browser, live_server, ward, report, tmp_path
):
    cut_off = tmp_path / "cut off.pdf"
    cut_off.write_bytes(report.read_bytes()[:-60])
    visit = come_in(open_browser, live_server, ward, "physician")
    visit.page.goto(f"{ward['page']}/documents/new")
    visit.page.get_by_label("File").set_input_files(cut_off)
    visit.choose("What is it?", "Laboratory")
    visit.press("Add the document")
    visit.is_told("it was cut off or added to")
    expect(visit.page.get_by_role("radio", name="Laboratory")).to_be_checked()
    visit.page.get_by_label("File").set_input_files(report)
    visit.press("Add the document")
    visit.is_told("Added. The clinic is told.")


def test_where_images_are_is_said_by_keyboard_alone(open_browser, live_server, ward):
    visit = come_in(open_browser, live_server, ward, "physician")
    page = visit.page

    def to(words):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.textContent.trim() || document.activeElement.name") == words:
                return
        raise AssertionError(f"the keyboard does not reach {words!r}")

    for words, there in (("Documents", "**/documents"), ("Say where images are", "**/documents/images")):
        to(words)
        page.keyboard.press("Enter")
        page.wait_for_url(there)
    to("kind")
    page.keyboard.press("Space")
    to("pictures_at")
    page.keyboard.type("Elm Hospital")
    page.keyboard.press("Enter")
    visit.is_told("Added. The clinic is told.")
    visit.reads("Images are in PACS at Elm Hospital")
