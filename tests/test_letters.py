"""Letters: what each says, that it is signed by name and kept as it was signed, and what is given out to print."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from referrals import closing, inquiry, triage
from referrals.events import Event
from referrals.inquiry import Item
from referrals.letter import KINDS, Letter
from referrals.notice import Notice
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.sheet import SHEETS
from referrals.staff import RoleName
from referrals.transition import Said
from referrals.typeset import Paper, facts, paragraph, set_as_pdf
from tests import clinic
from tests.clinic import TODAY
from tests.visitor import Visitor, hidden


@pytest.fixture
def desk(app, database):
    """A referral in review, and everybody around it."""
    with app.app_context(), database.begin() as session:
        elm, oak = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Oak Practice")
        hospital = clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "stranger": clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, oak),
            "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
        }
        sent = clinic.refer(session, people["physician"], of=clinic.patient(7, given_name="Ada", family_name="Sample"))
        referral = clinic.claim(session, sent, people["ir"])
    return Desk(database, people, {name: Visitor(app, person) for name, person in people.items()}, referral)


class Desk:
    def __init__(self, database, people, visitors, referral):
        self.database, self.people, self.visitors, self.referral = database, people, visitors, referral
        self.page = f"/referrals/{referral.public_id}"

    def does(self, verb, who, *said):
        with self.database.begin() as session:
            referral, actor = session.get(Referral, self.referral.id), self.people[who]
            verb(session, referral, actor, referral.version, TODAY, *said)

    def reason(self, code):
        with self.database.reading() as session:
            return session.get_one(Reason, code)

    def write(self, kind, who="ir", **said):
        opened = self.visitors[who].get(f"{self.page}/letters/{kind}")
        assert opened.status_code == 200, opened.status
        form = {"version": hidden(opened.text, "version"), "name": self.people[who].name, **said}
        return self.visitors[who].post(f"{self.page}/letters/{kind}", form)

    def letters(self):
        with self.database.reading() as session:
            return session.scalars(select(Letter).order_by(Letter.id)).all()

    def text(self, who="physician"):
        """What stands in the newest letter, as the file that this person is given."""
        with self.database.reading() as session:
            document = session.scalars(select(Letter).order_by(Letter.id.desc())).first().document.public_id
        return read(self.visitors[who].get(f"{self.page}/documents/{document}"))


def read(answer):
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    return " ".join(page.extract_text().replace("\n", " ") for page in PdfReader(BytesIO(answer.data)).pages)


def test_a_decision_says_reason_comment_what_would_change_it_and_each_criterion_with_its_source(desk):
    said = Said(desk.reason("symptoms-resolved"), "The pain has gone by itself.")
    desk.does(triage.decline, "ir", said, "New pain at the same level.")
    assert desk.write("decision", comment="Ring me any time.").status_code == 303
    text = desk.text()
    for words in (
        "We cannot accept this referral", "The symptoms have resolved", "The pain has gone by itself.",
        "New pain at the same level.", "Kyphoplasty, L1: Candidate", "clinic page", "Ring me any time.",
        "Sample, Ada", "Elm Physician", "Signed by Test Radiologist",
    ):  # fmt: skip
        assert words in text, words


def test_a_request_lists_what_is_asked_and_by_when(desk):
    items = [Item("Which brace?"), Item("Any infection?", "active_infection")]
    desk.does(inquiry.ask, "ir", items, TODAY + timedelta(days=7), "By telephone is fine.")
    assert desk.write("request", "coordinator").status_code == 303
    text = desk.text()
    assert all(words in text for words in ("Which brace?", "Any infection?", "29 Nov 2026", "By telephone is fine."))


def test_an_acknowledgement_says_that_it_came_and_who_has_it(desk):
    assert desk.write("acknowledgement", "coordinator").status_code == 303
    assert "Test Radiologist is looking after it" in desk.text()


def test_a_signed_letter_is_a_document_an_entry_and_a_notice_and_names_nobody_in_the_log(desk):
    desk.write("acknowledgement")
    (letter,) = desk.letters()
    with desk.database.reading() as session:
        entry = session.scalars(select(Event).where(Event.action == "sign_letter")).one()
        notice = session.scalars(select(Notice).where(Notice.event_id == entry.id)).one()
        referral = session.get_one(Referral, desk.referral.id)
        assert (entry.version, referral.version, notice.audience) == (3, 3, "referrer")
        assert "Ada" not in str(entry.details)
        assert session.get_one(Letter, letter.id).document.kind == "letter"
    assert "Acknowledgement" in desk.visitors["physician"].get(f"{desk.page}/letters").text


@pytest.mark.parametrize("name", ["", "Test Coordinator", "T. Radiologist"])
def test_nobody_signs_but_with_the_own_name(desk, name):
    answer = desk.write("acknowledgement", name=name, comment="Kept as it was typed.")
    assert answer.status_code == 422
    assert "Type your name as it stands here to sign: Test Radiologist." in answer.text
    assert "Kept as it was typed." in answer.text
    assert desk.letters() == []


def test_spelling_is_forgiven_in_capitals_and_spaces_alone(desk):
    assert desk.write("acknowledgement", name="  test   RADIOLOGIST ").status_code == 303


def test_what_is_added_is_shown_before_it_is_signed_and_nothing_is_sent(desk):
    shown = desk.write("acknowledgement", comment="In my own words.", submit="preview")
    assert shown.status_code == 200
    assert '<p class="kept-text">In my own words.</p>' in shown.text
    assert desk.letters() == []


def test_a_letter_that_was_read_before_somebody_changed_the_referral_is_not_signed(desk):
    opened = desk.visitors["ir"].get(f"{desk.page}/letters/acknowledgement").text
    desk.does(triage.assign, "ir", desk.people["coordinator"])
    form = {"version": hidden(opened, "version"), "name": "Test Radiologist", "comment": "Kept."}
    answer = desk.visitors["ir"].post(f"{desk.page}/letters/acknowledgement", form)
    assert answer.status_code == 409
    assert "Kept." in answer.text
    assert desk.letters() == []


def test_a_double_click_sends_one_letter(desk):
    opened = desk.visitors["ir"].get(f"{desk.page}/letters/acknowledgement").text
    form = {"version": hidden(opened, "version"), "name": "Test Radiologist"}
    codes = [desk.visitors["ir"].post(f"{desk.page}/letters/acknowledgement", form).status_code for _ in range(2)]
    assert codes == [303, 409]
    assert len(desk.letters()) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "acknowledgement"])
def test_a_letter_that_the_state_has_nothing_to_say_for_is_not_offered(desk, kind):
    assert desk.visitors["ir"].get(f"{desk.page}/letters/{kind}").status_code == 409
    assert f"/letters/{kind}" not in desk.visitors["ir"].get(f"{desk.page}/letters").text


def test_a_practice_reads_letters_and_writes_none_and_a_stranger_sees_nothing(desk):
    desk.write("acknowledgement")
    page = desk.visitors["physician"].get(f"{desk.page}/letters")
    assert page.status_code == 200
    assert "Write:" not in page.text
    assert desk.visitors["physician"].get(f"{desk.page}/letters/acknowledgement").status_code == 403
    for path in ("letters", "packet"):
        assert desk.visitors["stranger"].get(f"{desk.page}/{path}").status_code == 404
    assert desk.visitors["ir"].get(f"{desk.page}/letters/love").status_code == 404


def test_the_packet_holds_all_that_is_known_and_says_what_is_not(desk):
    text = read(desk.visitors["coordinator"].get(f"{desk.page}/packet"))
    for words in ("Sample, Ada", "T-7", "Painful fracture, no relief", "Vertebra L1", "Not known", "Elm Practice"):
        assert words in text, words


def test_the_packet_of_a_withdrawn_referral_can_still_be_had(desk):
    desk.does(closing.withdraw, "physician", Said(desk.reason("improved")))
    assert "Sample, Ada" in read(desk.visitors["physician"].get(f"{desk.page}/packet"))


@pytest.mark.parametrize("procedure", SHEETS)
def test_a_sheet_for_patients_is_a_page_and_a_pdf_with_the_figures_of_the_clinics_page(desk, procedure):
    page = desk.visitors["physician"].get(f"/sheets/{procedure}")
    assert "five years" in page.text
    text = read(desk.visitors["physician"].get(f"/sheets/{procedure}.pdf"))
    assert "five years" in text
    assert ("75 to 90" in text) == (procedure == "vertebroplasty")
    assert desk.visitors["physician"].get("/sheets/surgery").status_code == 404


def test_text_on_paper_is_never_markup_and_the_pdf_can_be_read_aloud():
    said = "#panic() *not bold* <b> $x$ \\ @name"
    paper = set_as_pdf(Paper("A title", (paragraph(said), facts(("#a", "b"), (("[c]", "_d_"),))), "Clinic", "555-0100"))
    reader = PdfReader(BytesIO(paper.content))
    text = reader.pages[0].extract_text()
    assert "#panic() *not bold* <b> $x$" in text
    assert "[c]" in text
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-US"
    assert "pdfuaid" in root["/Metadata"].get_object().get_data().decode()
    assert (paper.pages, len(reader.pages)) == (1, 1)
