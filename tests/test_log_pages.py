"""The auditor's pages: the log with filters, its export, and who looked at a patient – and nothing clinical."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from referrals import audit, scope, triage
from referrals.events import Entry, Event, Origin, comes_from, record
from referrals.reason import Reason
from referrals.staff import RoleName
from referrals.submission import open_draft
from referrals.transition import Said
from referrals.web import log_words
from referrals.web.log import cell
from tests import clinic
from tests.clinic import TODAY
from tests.page_text import PageText
from tests.visitor import Visitor


@pytest.fixture
def town(app, database):
    """Two referrals of one patient, one of another, what happened to them, and an auditor's browser."""
    with app.app_context(), database.begin() as session:
        comes_from(session, Origin("192.0.2.7"))
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        people = {
            "physician": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm),
            "delegate": clinic.person(session, "Elm Delegate", RoleName.DELEGATE, elm),
            "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
            "auditor": clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital),
        }
        other = clinic.refer(session, people["physician"])
        first = clinic.claim(session, clinic.refer(session, people["physician"], of=clinic.patient(7)), people["ir"])
        why = Said(session.get(Reason, "symptoms-resolved"), "A clinical comment")
        triage.decline(session, first, people["ir"], first.version, TODAY, why, "New pain")
        second = clinic.refer(session, people["physician"], of=clinic.patient(7))
    return {name: Visitor(app, person) for name, person in people.items()}, people, (first, second, other)


def emergency(database, people, referral, reason="Bleeding in the ward, nobody else there"):
    """As the opening of a restricted referral records it."""
    with database.begin() as session:
        comes_from(session, Origin("192.0.2.9"))
        told = {"subject": referral.public_id, "referral_id": referral.id, "patient_id": referral.patient_id}
        record(session, Entry(action="open_emergency_access", by=people["ir"], comment=reason, **told))


def text_of(visitor, path, status=200):
    answer = visitor.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.text


def newest_entry(database):
    with database.reading() as session:
        return session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()


def test_an_auditor_comes_home_to_the_log_and_nobody_else_opens_it(town):
    visitors, _, (first, _, _) = town
    assert visitors["auditor"].get("/").headers["Location"] == "/log"
    for path in ("/log", "/log/export.csv", f"/log/patients/{first.public_id}"):
        for who in ("physician", "delegate", "ir"):
            assert visitors[who].get(path).status_code == 403
        assert visitors["auditor"].get(path).status_code == 200
    for path in (f"/referrals/{first.public_id}", "/queue/", "/referrals"):
        assert visitors["auditor"].get(path).status_code == 403


def test_the_log_says_who_did_what_and_nothing_of_what_was_said_of_the_patient(town):
    visitors, _, (first, *_) = town
    for path in ("/log", "/log/export.csv", f"/log/patients/{first.public_id}"):
        page = text_of(visitors["auditor"], path)
        assert "Test Radiologist" in page
        assert "192.0.2.7" in page
        for clinical in ("A clinical comment", "symptoms", "New pain", "Sample", "T-7"):
            assert clinical not in page, path


def test_who_looked_at_a_patient_is_told_over_all_of_the_referrals_and_of_no_other_patient(database, town):
    visitors, people, (first, second, other) = town
    visitors["delegate"].get(f"/referrals/{second.public_id}")
    visitors["ir"].get(f"/referrals/{other.public_id}")
    emergency(database, people, first)
    page = text_of(visitors["auditor"], f"/log/patients/{first.public_id}")
    told = [" ".join(row.split()) for row in page.split("<tbody>")[1].split("<tr>")[1:]]
    assert len(told) == 6  # sent, claimed, declined; sent, read; opened in an emergency
    assert "Why: Bleeding in the ward" in told[0]
    assert "Elm Delegate" in told[1]
    assert "Practice delegate" in told[1]
    assert "for Elm Physician" in told[1]
    assert other.public_id not in page
    assert text_of(visitors["auditor"], f"/log/patients/{second.public_id}").count("<tr>") == page.count("<tr>") + 1


def test_what_was_done_to_an_account_is_told_in_words(database, town):
    visitors, people, _ = town
    with database.begin() as session:
        for action, by, details in (
            ("sign_in_failed", None, {"what": "password"}),
            ("signed_in", people["ir"], {"with": "recovery code"}),
            ("roles_changed", people["ir"], {"before": ["coordinator"], "roles": ["ir_physician"]}),
            ("person_changed", people["ir"], {"fields": ["email", "call_back"]}),
            ("passkey_added", people["ir"], {"name": "Blue key"}),
            ("emergency_access_reviewed", people["ir"], {"finding": "not_justified"}),
            ("made_up", people["ir"], {"rows": "x", "roles": 3, "fields": None, "something": "else"}),
        ):
            record(session, Entry(action=action, by=by, details=details))
    page = " ".join(PageText(text_of(visitors["auditor"], "/log")).words.split())
    for words in (
        "Somebody unknown Failed to sign in by password",
        "Signed in by recovery code",
        "Roles changed as IR physician, instead of Coordinator",
        "Person changed email, call back",
        "Passkey added “Blue key”",
        "Reviewed emergency access not justified",
        "Made up",
    ):
        assert words in page, words


def test_a_page_is_never_called_as_it_is_among_programmers(app):
    names = {rule.endpoint: log_words.page(rule.endpoint) for rule in app.url_map.iter_rules()}
    assert not [name for name in names.values() if "." in name or "_" in name]
    assert names["restriction.change"] == "who opens it"


def test_a_draft_that_became_a_referral_is_part_of_the_patient_s_report(database, town):
    visitors, people, (first, *_) = town
    with database.begin() as session:
        record(session, Entry(action="read", by=people["delegate"], subject=first.public_id, referral_id=first.id))
    assert "Elm Delegate" in text_of(visitors["auditor"], f"/log/patients/{first.public_id}")


def test_of_what_stands_nowhere_in_the_log_there_is_no_report(database, town):
    visitors, people, _ = town
    with database.begin() as session:
        draft = open_draft(session, "unsent", people["physician"])
        record(session, Entry(action="role_changed", by=people["auditor"], subject=people["ir"].public_id))
    for public_id in (draft.public_id, people["ir"].public_id, "zzzzzzzzzzzz", "'--", "x" * 300):
        text_of(visitors["auditor"], f"/log/patients/{public_id}", 404)


def test_neither_page_reads_a_referral_or_a_patient(database, town):
    visitors, _, (first, *_) = town
    executed = []
    listener = lambda *call: executed.append(call[2])  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    try:
        for path in ("/log", "/log/export.csv", f"/log/patients/{first.public_id}"):
            text_of(visitors["auditor"], path)
    finally:
        event.remove(database.engine, "before_cursor_execute", listener)
    assert not [sql for sql in executed if sql != scope.ENTER and ("referrals" in sql or "patients" in sql)]


def test_filters_narrow_by_person_action_practice_subject_and_day(database, town):
    visitors, people, (_, second, _) = town
    visitors["ir"].get(f"/referrals/{second.public_id}")
    with database.begin() as session:
        long_ago = Origin("192.0.2.7", datetime.now(UTC) - timedelta(days=30))
        comes_from(session, long_ago)
        record(session, Entry(action="signed_in", by=people["delegate"]))
    month_ago = (datetime.now(UTC) - timedelta(days=29)).date()
    for asked, expected in (
        (f"person={people['ir'].public_id}", {"claim", "decline", "read"}),
        ("action=claim", {"claim"}),
        ("action=never_happened", set()),
        (f"practice={people['physician'].practice.public_id}", {"submit", "claim", "decline", "read"}),
        (f"subject={second.public_id}", {"submit", "read"}),
        (f"subject={second.public_id[:4].upper()}+{second.public_id[4:]}&action=read", {"read"}),
        (f"until={month_ago}", {"signed_in"}),
        (f"since={month_ago}&until={month_ago}", set()),
        (f"since={month_ago}&person={people['delegate'].public_id}", set()),
    ):
        found = list(csv.DictReader(io.StringIO(text_of(visitors["auditor"], f"/log/export.csv?{asked}"))))
        assert {row["action"] for row in found} == expected, asked
        assert text_of(visitors["auditor"], f"/log?{asked}").count('data-label="When"') == len(found)


def test_pages_show_every_entry_once_the_newest_first(database, town):
    with database.reading() as session:
        there = [number for number in session.scalars(select(Event.id).order_by(Event.id.desc()))]
        seen, before = [], None
        while True:
            page = audit.page(session, audit.Wanted(before=before), size=3)
            seen += [row.sequence for row in page.rows]
            if (before := page.next_before) is None:
                break
    assert seen == there


@pytest.mark.parametrize(
    "asked",
    [
        "person=nobody", "practice=1", "subject=x", "subject=%3Cscript%3E1", "since=yesterday", "until=2026-02-30",
        "since=3000-01-01", "before=-1", "before=%D9%A1", "action=1%3D1", "person=a&person=b", "role=admin",
        "subject=%E2%80%AE" + "1" * 12,
    ],
)  # fmt: skip
def test_an_address_that_asks_for_what_there_is_not_is_refused_and_kept(town, asked):
    visitors, _, _ = town
    page = text_of(visitors["auditor"], f"/log?{asked}", 422)
    assert "error-summary" in page
    assert "Test Radiologist" not in page.partition("<table")[2]
    assert visitors["auditor"].get(f"/log/export.csv?{asked}").status_code == 400
    if "yesterday" in asked:
        assert 'value="yesterday"' in page


def test_what_is_asked_for_as_empty_is_not_asked_for(town):
    visitors, _, _ = town
    assert "Claimed for review" in text_of(visitors["auditor"], "/log?person=&action=&practice=&subject=&since=&until=")


def test_reading_and_exporting_the_log_are_entries_themselves(database, town):
    visitors, people, (first, *_) = town
    text_of(visitors["auditor"], "/log?action=claim")
    entry = newest_entry(database)
    assert (entry.action, entry.by_id) == ("log_read", people["auditor"].id)
    assert entry.details == {"page": "log.show", "rows": 1, "action": "claim"}
    text_of(visitors["auditor"], "/log/export.csv?subject=" + first.public_id)
    entry = newest_entry(database)
    assert (entry.action, entry.details) == ("log_exported", {"page": "log.export", "subject": first.public_id})
    text_of(visitors["auditor"], f"/log/patients/{first.public_id}")
    entry = newest_entry(database)
    assert (entry.action, entry.subject, entry.patient_id) == ("log_read", first.public_id, first.patient_id)
    assert "Test Auditor" in text_of(visitors["auditor"], f"/log/patients/{first.public_id}")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_work_out_is_text(database, town, begins):
    visitors, people, (first, *_) = town
    emergency(database, people, first, f"{begins}HYPERLINK(1)")
    exported = visitors["auditor"].get("/log/export.csv?action=open_emergency_access")
    told = next(csv.DictReader(io.StringIO(exported.data.decode("utf-8-sig"), newline="")))
    assert told["why"] == f"'{begins}HYPERLINK(1)"
    assert cell(f"a{begins}b") == f"a{begins}b"


def test_the_export_is_a_file_for_a_spreadsheet_and_streamed(database, town, monkeypatch):
    monkeypatch.setattr(audit, "CHUNK", 2)
    visitors, _, _ = town
    with database.reading() as session:
        there = len(session.scalars(select(Event.id)).all())
    answer = visitors["auditor"].get("/log/export.csv")
    assert answer.data.startswith("\ufeffsequence,happened_at".encode())
    assert answer.mimetype == "text/csv"
    assert 'attachment; filename="log-' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Length" not in answer.headers
    assert len(answer.text.splitlines()) == there + 2  # the heads, and that it was exported


def test_a_name_is_no_markup_and_a_reason_neither(database, town):
    visitors, people, (first, *_) = town
    emergency(database, people, first, "<script>alert(1)</script>")
    for path in ("/log", f"/log/patients/{first.public_id}"):
        assert "<script>alert" not in text_of(visitors["auditor"], path)
