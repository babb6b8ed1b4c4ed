"""The second wall: what PostgreSQL itself keeps from a page that forgets to ask."""

import re
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from itertools import product
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from referrals import inquiry, message, outbox, reminder, saved_view, search
from referrals.appointment import Appointment
from referrals.db import Base, Database, now
from referrals.duplicates import PatientLink
from referrals.emergency import EmergencyAccess
from referrals.events import CLINIC, Entry, NotRecorded, record
from referrals.information import open_request
from referrals.inquiry import Item
from referrals.letter import Letter
from referrals.merge import Merge
from referrals.patients import Patient, find_or_register
from referrals.policy import scope_of
from referrals.practice_list import PRACTICE_LISTS
from referrals.procedure import ProcedureRecord, TreatedLevel
from referrals.referral import Referral
from referrals.scope import NOTHING, SYSTEM, VISITOR, Scope, Sees
from referrals.second_wall import OF_PATIENTS, OPEN_TO_THE_SERVICE, faults, faults_at_start
from referrals.staff import Person, RoleName
from referrals.submission import open_draft, save_draft
from tests import clinic
from tests.conftest import application, at, whole_database
from tests.contents import contents
from tests.lasting import put_away
from tests.marked_town import take_the_first_wall_down
from tests.roles import execute
from tests.visitor import Visitor

ELM, OAK = "elmmarker", "oakmarker"
WHY = {ELM: "elmneeded", OAK: "oakneeded"}
"""Why there was an emergency access: for whoever reviews it, and on no page of a practice."""
LINK = re.compile(r'(?:href|action|hx-get|hx-post)="(/[^"#]*)"')
ACTIONS = (
    "", "/documents", "/documents/new", "/ask", "/accept", "/decline", "/answer", "/withdraw", "/claim", "/visits",
    "/visits/1/procedure",
)  # fmt: skip


@pytest.fixture
def wall(postgresql_url):
    """The service on PostgreSQL, as the role that owns nothing."""
    app = application(postgresql_url)
    yield app
    put_away(app)


class Town:
    """Two practices, each with every kind of row under its own marker; and the clinic."""

    def __init__(self, app):
        self.app, self.whole, self.papers = app, whole_database(app), {}
        with app.app_context(), self.whole.begin() as session:
            hospital = clinic.practice(session, "Clinic", is_clinic=True)
            self.people = {
                "elm": clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm")),
                "oak": clinic.person(session, "Oak Physician", RoleName.PHYSICIAN, clinic.practice(session, "Oak")),
                "coordinator": clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital),
                "other": clinic.person(session, "Other Coordinator", RoleName.COORDINATOR, hospital),
                "ir": clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital),
                "administrator": clinic.person(session, "Test Administrator", RoleName.ADMINISTRATOR, hospital),
                "auditor": clinic.person(session, "Test Auditor", RoleName.AUDITOR, hospital),
            }
            self.sent = {name: self._sent(session, name, marker) for name, marker in (("elm", ELM), ("oak", OAK))}
            self.twins = [self._one_patient(session, name) for name in ("elm", "oak")]
            self.link(session, self.sent["elm"].patient_id, self.sent["oak"].patient_id)
            self.draft = open_draft(session, "draft of oak", self.people["oak"])
            save_draft(session, self.draft, {"family_name": [f"{OAK} draft"]})

    def _sent(self, session, name, marker):
        """A referral with a picture, a study, a treatment, a question of the clinic, and an emergency access."""
        picture = clinic.told()
        said = {
            "imaging": ({"modality": "mri", "site": f"{marker} hospital"},),
            "treatments": ({"what": f"{marker} brace"},),
            "notes": {"narrative": f"{marker} fell"},
        }
        sent = clinic.refer(
            session, self.people[name], type(picture)(**{**vars(picture), **said}), clinic.patient(family_name=marker)
        )
        clinic.claim(session, sent, self.people["coordinator"])
        items = [Item(f"{marker} question?")]
        asked = (sent, self.people["coordinator"], sent.version, clinic.TODAY, items, clinic.TODAY + timedelta(days=9))
        inquiry.ask(session, *asked, comment=f"{marker} comment")
        session.add(self.access(sent, self.people["coordinator"], marker))
        session.add(seen := self.visit(sent, self.people["ir"], marker))
        session.flush()
        session.add(self.record(seen, self.people["ir"], marker))
        message.post(session, sent, self.people["coordinator"], f"{marker} message", "token")
        for reader in (self.people[name], self.people["coordinator"]):
            message.mark_read(session, reader, message.thread(session, sent.id)[-1])
        request = open_request(session, sent.id)
        assert request
        reminder.step(session, request.id, sent, 3, now())
        outbox.put(session, "invitation", b"sealed", self.people[name].id)
        for looking in (self.people[name], self.people["coordinator"]):
            search.remember(session, looking, f"{marker} name")
        self.papers[name] = clinic.document(session, self.app, sent, self.people[name], marker.encode())
        self.papers[name].file_name = f"{marker}.pdf"
        ir = self.people["ir"].id
        session.add(Letter(referral_id=sent.id, document_id=self.papers[name].id, kind="outcome", signed_by_id=ir))
        saved_view.save(session, self.people["coordinator"], marker, "new", {}, shared=False)
        return sent

    def _one_patient(self, session, name):
        """Two records that the clinic has said to be one patient, and that were merged once."""
        practice_id, of = self.people[name].practice_id, ("Twin One", "Twin Two")
        ids = [find_or_register(session, practice_id, clinic.patient(family_name=each))[0] for each in of]
        who = {"decided_by_id": self.people["coordinator"].id, "decided_at": now()}
        self.link(session, *ids, practice_id=practice_id, decision="same", **who)
        merged = {"kept_id": ids[0], "merged_id": ids[1], "merged_by_id": self.people["administrator"].id}
        undone = {"undone_by_id": self.people["administrator"].id, "undone_at": now()}
        session.add(Merge(practice_id=practice_id, moved={}, **merged, **undone))
        return ids

    @staticmethod
    def link(session, one, other, **said):
        session.add(PatientLink(patient_id=one, other_id=other, **said))

    @staticmethod
    def visit(sent, person, marker):
        when = {**vars(clinic.slot(place=f"{marker} room")), "note": f"{marker} films"}
        return Appointment(
            referral_id=sent.id, booked_by_id=person.id, status="attended", closed_by_id=person.id, closed_at=now(),
            outcome="treated", finding=f"{marker} finding", **when,
        )  # fmt: skip

    @staticmethod
    def record(seen, person, marker):
        level = TreatedLevel(position=0, level="L1", procedure="kyphoplasty", leak_where=f"{marker} disc")
        return ProcedureRecord(
            referral_id=seen.referral_id, appointment_id=seen.id, number=1, recorded_by_id=person.id,
            performed_by_id=person.id, complicated=True, complications=f"{marker} bleeding", levels=[level],
        )  # fmt: skip

    @staticmethod
    def access(sent, person, marker):
        return EmergencyAccess(
            person_id=person.id, patient_id=sent.patient_id, referral_id=sent.id, subject=sent.public_id,
            reason=WHY.get(marker, marker), ends_at=now() + timedelta(hours=1),
        )  # fmt: skip

    def reading(self, who):
        return self.whole.reading(who if isinstance(who, Scope) else scope_of(self.people[who]))

    def begin(self, who):
        return self.whole.begin(who if isinstance(who, Scope) else scope_of(self.people[who]))

    def seen(self, who):
        """How many rows of each table of patients somebody sees."""
        with self.reading(who) as session:
            return {table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in sorted(OF_PATIENTS)}

    def texts(self, who):
        """All that somebody sees of all these tables, as one text."""
        with self.reading(who) as session:
            return "\n".join(
                str(row) for table in sorted(OF_PATIENTS) for row in session.execute(text(f"TABLE {table}")).all()
            )

    def left_as_it_was(self):
        """Whether every row of every table is as it was when this was last asked, or when everything was built."""
        before = self.known
        self.look_at_all(self.behind)
        return before == self.known

    def look_at_all(self, behind):
        """Remember all that there is, seen from behind the wall: with all rights, and ten times as fast."""
        self.behind = behind
        with behind.reading() as session:
            self.known = contents(session)

    def restrict(self, name):
        with self.whole.begin() as session:
            session.get_one(Referral, self.sent[name].id).restricted = True


@pytest.fixture(scope="module")
def town(lender, postgres_url):
    """One for all tests that leave it as it is: to build it takes far longer than to try what is refused."""
    with lender.lent() as url:
        app = application(url)
        shared, behind = Town(app), Database(at(postgres_url, str(make_url(url).database)))
        shared.look_at_all(behind)
        yield shared
        left_as_it_was = shared.left_as_it_was()
        behind.engine.dispose()
        put_away(app)
    assert left_as_it_was, "a test that changes a town needs a town of its own"


@pytest.fixture
def own_town(wall):
    """A town of this test alone, which changes it."""
    return Town(wall)


# What is seen


def test_every_table_is_behind_the_wall_or_in_front_of_it_on_purpose(wall):
    assert set(Base.metadata.tables) == OF_PATIENTS | OPEN_TO_THE_SERVICE
    assert not OF_PATIENTS & OPEN_TO_THE_SERVICE
    with whole_database(wall).reading() as session:
        walled = session.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"))
        assert set(walled.scalars()) == OF_PATIENTS


@pytest.mark.parametrize("nobody", [NOTHING, VISITOR, Scope(1, 1), Scope(1, 1, frozenset({Sees.VISITOR}))])
def test_a_transaction_that_does_not_say_for_whom_it_works_sees_nothing(town, nobody):
    assert set(town.seen(SYSTEM).values()).isdisjoint({0})
    counted = town.seen(nobody)
    assert counted == dict.fromkeys(counted, 0)


def test_a_connection_forgets_for_whom_it_worked(town):
    for who in (SYSTEM, "elm", "coordinator"):
        town.seen(who)
    with town.whole.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM patients")).scalar() == 0


def test_a_practice_sees_its_own_rows_and_no_other(town):
    assert OAK not in town.texts("elm")
    assert ELM in town.texts("elm")
    assert f"{OAK} draft" in town.texts("oak")


def test_a_practice_sees_a_row_of_its_own_in_every_table_but_those_of_the_clinic_alone(town):
    assert [table for table, rows in town.seen("elm").items() if not rows] == [
        "emergency_accesses", "mails", "merges", "saved_views",
    ]  # fmt: skip


def test_the_clinic_sees_what_was_sent_of_both_and_no_draft(town):
    seen = town.texts("coordinator")
    assert ELM in seen
    assert OAK in seen
    assert "draft of oak" not in seen


def test_an_administrator_sees_emergency_accesses_to_review_and_who_is_to_be_merged_and_nothing_else(town):
    seen = {table for table, rows in town.seen("administrator").items() if rows}
    assert seen <= {"emergency_accesses", "events", "mails", "merges", "patient_links", "patients"}
    with town.reading("administrator") as session:
        assert set(session.scalars(text("SELECT id FROM patients"))) == {each for pair in town.twins for each in pair}
        assert set(session.scalars(text("SELECT decision FROM patient_links"))) == {"same"}
    assert not {ELM, OAK} & set(re.findall(r"\w+marker", town.texts("administrator")))


def test_a_link_shows_to_the_clinic_only_if_it_opens_a_referral_of_both_and_to_no_practice_of_another(own_town):
    across = text("SELECT count(*) FROM patient_links WHERE practice_id IS NULL")
    for who, sees in {"other": 1, "coordinator": 1, "elm": 0, "oak": 0, "administrator": 0, "auditor": 0}.items():
        with own_town.reading(who) as session:
            assert session.scalar(across) == sees, who
    own_town.restrict("elm")
    for who, sees in {"other": 0, "coordinator": 1}.items():
        with own_town.reading(who) as session:
            assert session.scalar(across) == sees, who


def test_a_record_that_was_merged_shows_to_the_clinic_with_the_one_that_it_went_into(own_town):
    elm = own_town.people["elm"].practice_id
    with own_town.whole.begin() as session:
        other, _ = find_or_register(session, elm, clinic.patient(family_name="Merged Away"))
    merged = text("SELECT count(*) FROM patients WHERE family_name = 'Merged Away'")
    with own_town.reading("other") as session:
        assert session.scalar(merged) == 0
    with own_town.whole.begin() as session:
        session.get_one(Patient, other).merged_into_id = own_town.sent["elm"].patient_id
    with own_town.reading("other") as session:
        assert session.scalar(merged) == 1
    own_town.restrict("elm")
    with own_town.reading("other") as session:
        assert session.scalar(merged) == 0


def test_an_auditor_sees_the_log_and_nothing_else(town):
    seen = town.seen("auditor")
    assert [table for table, rows in seen.items() if rows] == ["events"]
    assert seen["events"] == town.seen(SYSTEM)["events"]


def test_nobody_sees_the_log_of_a_neighbor_s_referral(town):
    with town.reading("elm") as session:
        about = session.execute(text("SELECT DISTINCT referral_id FROM events")).scalars().all()
    assert about == [town.sent["elm"].id]


def below(town, who, name="elm"):
    """The rows of this referral that somebody of the clinic sees, without the referral's own and its notices."""
    with town.reading(who) as session:
        row = {"id": town.sent[name].id, "patient": town.sent[name].patient_id}
        counted = {
            "patients": "SELECT count(*) FROM patients WHERE id = :patient",
            "pictures": "SELECT count(*) FROM clinical_pictures WHERE referral_id = :id",
            "vertebrae": "SELECT count(*) FROM vertebrae v JOIN clinical_pictures p ON p.id = v.picture_id"
            " WHERE p.referral_id = :id",
            "requests": "SELECT count(*) FROM information_requests WHERE referral_id = :id",
            "documents": "SELECT count(*) FROM documents WHERE referral_id = :id",
            "supports": "SELECT count(*) FROM document_supports s JOIN documents d ON d.id = s.document_id"
            " WHERE d.referral_id = :id",
            "visits": "SELECT count(*) FROM appointments WHERE referral_id = :id",
            "levels": "SELECT count(*) FROM treated_levels l JOIN procedure_records p ON p.id = l.record_id"
            " WHERE p.referral_id = :id",
            "history": "SELECT count(*) FROM events WHERE referral_id = :id",
            "messages": "SELECT count(*) FROM messages WHERE referral_id = :id",
        }
        return {what: bool(session.scalar(text(sql), row)) for what, sql in counted.items()}


def all_of(seen):
    return set(seen.values()) == {True}


def none_of(seen):
    return set(seen.values()) == {False}


def test_a_restricted_referral_is_open_to_its_owner_its_ir_physician_and_its_referrer(own_town):
    assert all_of(below(own_town, "other"))
    own_town.restrict("elm")
    for who, opens in {"coordinator": True, "elm": True, "other": False, "ir": False, "oak": False}.items():
        assert (all_of if opens else none_of)(below(own_town, who)), who
    with own_town.whole.begin() as session:
        session.get_one(Referral, own_town.sent["elm"].id).ir_physician_id = own_town.people["ir"].id
    assert all_of(below(own_town, "ir"))


def test_a_restricted_referral_stays_in_the_queue_without_its_patient(own_town):
    own_town.restrict("elm")
    with own_town.reading("other") as session:
        assert session.scalar(text("SELECT count(*) FROM referrals WHERE restricted")) == 1
        assert session.scalar(text(f"SELECT count(*) FROM patients WHERE family_name = '{ELM}'")) == 0


def test_an_emergency_access_opens_a_restricted_referral_for_as_long_as_it_lasts(own_town):
    own_town.restrict("elm")
    with own_town.begin("other") as session:
        session.add(opened := own_town.access(own_town.sent["elm"], own_town.people["other"], "a true"))
    assert all_of(below(own_town, "other"))
    assert none_of(below(own_town, "ir"))
    with own_town.begin("other") as session:
        session.get_one(EmergencyAccess, opened.id).ends_at = opened.opened_at + timedelta(microseconds=1)
    assert none_of(below(own_town, "other"))


# What is written


NO = re.compile("row-level security|stays in its practice|append-only")


def refused(town, who, sql, **values):
    """Whether the database refuses it aloud, or changes nothing because it sees nothing."""
    try:
        with town.begin(who) as session:
            return session.execute(text(sql), values).rowcount == 0
    except DBAPIError as error:
        return bool(NO.search(str(error)))


@pytest.mark.parametrize("who", [NOTHING, VISITOR, "elm", "administrator", "auditor"])
def test_nobody_writes_a_row_of_another_practice(town, who):
    oak, sent = town.people["oak"], town.sent["oak"]
    values = {"practice": oak.practice_id, "by": oak.id, "referral": sent.id, "patient": sent.patient_id}
    values["document"] = town.papers["oak"].id
    for sql in (
        "INSERT INTO referrals (public_id, submission_token, practice_id, requester_id, state, version, urgency,"
        " reason, call_back, requester_npi, authored_at, changed_at, red_flag, levels)"
        " VALUES ('forged', 'forged', :practice, :by, 'draft', 0, 1, '', '', '', now(), now(), false, '')",
        "INSERT INTO clinical_pictures (referral_id, number, told_by_id, told_at, allergies, medication, anticoagulant,"
        " mobility_before, mobility_now, narrative) VALUES (:referral, 9, :by, now(), '', '', '', '', '', '')",
        "INSERT INTO information_requests (referral_id, came_from, asked_by_id, asked_at, due_on, comment)"
        " VALUES (:referral, 'submitted', :by, now(), now(), '')",
        "INSERT INTO emergency_accesses (public_id, person_id, patient_id, referral_id, subject, reason, opened_at,"
        " ends_at) VALUES ('forged', :by, :patient, :referral, 'forged', 'none', now(), now() + interval '1 hour')",
        "INSERT INTO documents (public_id, referral_id, kind, digest, pictures_at, uploaded_by_id, uploaded_at)"
        " VALUES ('forged', :referral, 'ct', 'none', 'nowhere', :by, now())",
        "INSERT INTO document_supports (document_id, position, fact) VALUES (:document, 9, 'inr')",
        "INSERT INTO messages (public_id, referral_id, by_id, role, side, token, sent_at, text)"
        " VALUES ('forged', :referral, :by, 'physician', 'referrer', 'forged', now(), 'forged')",
        "INSERT INTO message_marks (referral_id, person_id, last_read_id, read_at) VALUES (:referral, :by, 1, now())",
        "INSERT INTO events (id, action, referral_id, practice_id, by_id, happened_at, recorded_at, details, hash)"
        " VALUES (99999, 'read', :referral, :practice, :by, now(), now(), '{}', 'none')",
    ):
        assert refused(town, who, sql, **values), sql


@pytest.mark.parametrize("who", [NOTHING, VISITOR, "elm", "administrator", "auditor"])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE referrals SET reason = 'forged' WHERE practice_id = :oak",
        "UPDATE patients SET family_name = 'forged' WHERE practice_id = :oak",
        "UPDATE clinical_pictures SET narrative = 'forged' WHERE narrative LIKE 'oak%'",
        "UPDATE vertebrae SET painful = NOT painful WHERE picture_id IN"
        " (SELECT id FROM clinical_pictures WHERE narrative LIKE 'oak%')",
        "UPDATE information_items SET answer = 'forged' WHERE question LIKE 'oak%'",
        "UPDATE documents SET file_name = 'forged' WHERE file_name LIKE 'oak%'",
        "UPDATE document_supports SET page = 9 WHERE document_id IN"
        " (SELECT id FROM documents WHERE file_name LIKE 'oak%')",
        "DELETE FROM documents",
        "DELETE FROM document_supports",
        "UPDATE appointments SET finding = 'forged' WHERE place LIKE 'oak%'",
        "UPDATE procedure_records SET complications = 'forged'",
        "UPDATE treated_levels SET leak_where = 'forged'",
        "DELETE FROM appointments",
        "DELETE FROM procedure_records",
        "UPDATE patient_links SET decision = 'different', decided_by_id = 1, decided_at = now()",
        "DELETE FROM patient_links",
        "DELETE FROM merges",
        "UPDATE notices SET kind = 'forged' WHERE practice_id = :oak",
        "UPDATE notice_copies SET read_at = now() WHERE person_id IN (SELECT id FROM people WHERE practice_id = :oak)",
        "UPDATE reminders SET days = 99 WHERE request_id IN"
        " (SELECT id FROM information_requests WHERE comment LIKE 'oak%')",
        "DELETE FROM notice_copies",
        "DELETE FROM mails",
        "DELETE FROM patients",
        "DELETE FROM referrals",
        "DELETE FROM notices",
        "UPDATE messages SET text = 'forged'",
        "DELETE FROM messages",
        "UPDATE message_marks SET last_read_id = 1 WHERE referral_id IN"
        " (SELECT id FROM referrals WHERE practice_id = :oak)",
        "DELETE FROM message_marks",
        "DELETE FROM events",
        "UPDATE events SET comment = 'forged'",
    ],
)
def test_nobody_changes_a_row_of_another_practice_or_deletes_any(town, who, sql):
    assert refused(town, who, sql, **({"oak": town.people["oak"].practice_id} if ":oak" in sql else {}))
    assert town.left_as_it_was()


def test_nobody_links_records_but_the_installation(own_town):
    sql = (
        "INSERT INTO patient_links (public_id, patient_id, other_id, practice_id, found_at)"
        " VALUES ('forged', :one, :other, :practice, now())"
    )
    one, other = sorted((own_town.sent["elm"].patient_id, own_town.twins[0][0]))
    values = {"one": one, "other": other, "practice": own_town.people["elm"].practice_id}
    for who in (NOTHING, VISITOR, "elm", "coordinator", "administrator", "auditor"):
        assert refused(own_town, who, sql, **values), who
    assert not refused(own_town, SYSTEM, sql, **values)


@pytest.mark.parametrize("who", ["elm", "coordinator", SYSTEM])
@pytest.mark.parametrize("table", ["referrals", "patients", "notices"])
def test_nobody_moves_a_row_into_another_practice(town, who, table):
    elm, oak = (town.people[name].practice_id for name in ("elm", "oak"))
    assert refused(town, who, f"UPDATE {table} SET practice_id = :oak WHERE practice_id = :elm", elm=elm, oak=oak)


BOOKING = (
    "INSERT INTO appointments (public_id, referral_id, kind, starts_at, starts_on, minutes, place, note, still_in_pain,"
    " status, booked_by_id, booked_at, finding) VALUES ('forged', :referral, 'procedure', now(), now(), 30, 'room', '',"
    " 'yes', 'booked', :by, now(), '')"
)


def test_only_the_clinic_books_a_visit(own_town):
    values = {"referral": own_town.sent["elm"].id, "by": own_town.people["elm"].id}
    for who in ("elm", "oak", NOTHING):
        assert refused(own_town, who, BOOKING, **values), who
    assert not refused(own_town, "coordinator", BOOKING, **values)


def test_a_practice_reads_its_visits_and_writes_none(town):
    assert f"{ELM} finding" in town.texts("elm")
    assert refused(town, "elm", "UPDATE appointments SET finding = 'forged' WHERE place LIKE 'elm%'")


@pytest.mark.parametrize("table", ["procedure_records", "treated_levels"])
def test_nobody_but_the_installation_changes_a_record(town, table):
    column = {"procedure_records": "complications", "treated_levels": "leak_where"}[table]
    for who in ("elm", "coordinator", "ir"):
        assert refused(town, who, f"UPDATE {table} SET {column} = 'forged'")
        assert refused(town, who, f"DELETE FROM {table}")


def test_the_clinic_learns_that_a_room_is_taken_and_nobody_else_does(own_town):
    with own_town.whole.begin() as session:
        values = {"referral": own_town.sent["elm"].id, "by": own_town.people["coordinator"].id}
        session.execute(text(BOOKING), values)
    own_town.restrict("elm")
    for who, rows in {"elm": 0, VISITOR: 0, NOTHING: 0, "other": 1, SYSTEM: 1}.items():
        with own_town.reading(who) as session:
            assert len(session.execute(text("SELECT * FROM booked_on(current_date)")).all()) == rows, who
            seen = session.execute(text("SELECT count(*) FROM appointments WHERE public_id = 'forged'")).scalar()
        assert seen == (who in ("elm", SYSTEM)), who


@contextmanager
def keeps_out_of_the_log():
    """The log does not take it, and that is the wall's doing."""
    with pytest.raises(NotRecorded) as refused:
        yield
    assert "row-level security" in str(refused.value.__cause__)


def test_nobody_writes_in_the_log_under_another_s_name(own_town):
    entry = {"referral_id": own_town.sent["elm"].id, "patient_id": own_town.sent["elm"].patient_id}
    with own_town.begin("elm") as session:
        record(session, Entry(action="read", by=own_town.people["elm"], **entry))
    with keeps_out_of_the_log(), own_town.begin("elm") as session:
        record(session, Entry(action="read", by=own_town.people["oak"], **entry))
    with keeps_out_of_the_log(), own_town.begin("elm") as session:
        record(session, Entry(action="signed_out", by=own_town.people["oak"]))
    with own_town.begin(VISITOR) as session:
        record(session, Entry(action="sign_in_failed", by=own_town.people["oak"]))


def test_the_log_stays_one_chain_whoever_writes(own_town):
    numbers = []
    for who in ("elm", VISITOR, "oak", "auditor", "administrator", SYSTEM, "coordinator"):
        with own_town.begin(who) as session:
            numbers.append(record(session, Entry(action="signed_in")))
            reach = session.scalar(text("SELECT current_setting('referrals.reach')"))
        scope = who if isinstance(who, Scope) else scope_of(own_town.people[who])
        assert reach == scope.settings[2]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    with keeps_out_of_the_log(), own_town.begin(NOTHING) as session:
        record(session, Entry(action="signed_in"))


def test_a_notice_reaches_the_other_side(own_town):
    with own_town.begin("elm") as session:
        sent = session.get(Referral, own_town.sent["elm"].id)
        entry = Entry(action="withdraw", by=own_town.people["elm"], referral_id=sent.id, practice_id=sent.practice_id)
        record(session, entry, CLINIC)
    with own_town.reading("coordinator") as session:
        assert session.scalar(text("SELECT count(*) FROM notices WHERE kind = 'withdraw'")) == 1


# What the service's role may not do


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE patients DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE patients NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY seen_and_written ON patients",
        "CREATE POLICY open ON patients USING (true)",
        "DROP TRIGGER events_no_change ON events",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "TRUNCATE events",
        "DROP TABLE events",
        "CREATE TABLE copied AS SELECT * FROM patients",
        "CREATE OR REPLACE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "SET ROLE tests",
        "SET SESSION AUTHORIZATION tests",
    ],
)
def test_the_service_cannot_take_the_wall_or_the_log_s_triggers_down(town, sql):
    with (
        pytest.raises(DBAPIError, match=r"must be owner|permission denied|does not exist"),
        town.begin(SYSTEM) as session,
    ):
        session.execute(text(sql))


def test_the_service_cannot_become_the_owner(town, roles):
    with pytest.raises(DBAPIError, match="permission denied"), town.begin(SYSTEM) as session:
        session.execute(text(f"SET ROLE {roles.owner}"))


def test_a_reader_that_wants_no_row_security_gets_an_error_not_all_rows(town):
    with pytest.raises(DBAPIError, match="would be affected"), town.begin("elm") as session:
        session.execute(text("SET LOCAL row_security = off"))
        session.execute(text("SELECT count(*) FROM patients"))


def test_a_temporary_table_under_the_name_of_one_of_ours_fools_no_rule(own_town):
    """What a rule asks of another table it asks by a function, and a temporary table is found before ours."""
    forged = (
        "CREATE TEMPORARY TABLE referrals AS SELECT id, false AS restricted, 0 AS requester_id, 0 AS practice_id,"
        " 0 AS owner_id, 0 AS ir_physician_id, id AS patient_id, 'submitted' AS state FROM generate_series(1, 99) AS id"
    )
    told = "SELECT coalesce(string_agg(narrative, ' '), '') FROM clinical_pictures"
    with own_town.begin("elm") as session:
        session.execute(text(forged))
        assert session.scalar(text("SELECT count(*) FROM referrals")) == 99
        words = session.scalar(text(told))
        assert ELM in words
        assert OAK not in words
        session.execute(text("DROP TABLE pg_temp.referrals"))


FEW = 40
"""Subplans: so many are planned and begun at once. Rules that are written into one another make hundreds of them."""


def test_no_rule_is_written_into_another(town):
    """Planning a statement, and beginning with its plan, takes as long as all the rules in it together."""
    for what in ("SELECT * FROM {0}", "INSERT INTO {0} DEFAULT VALUES"):
        for table in sorted(OF_PATIENTS):
            with town.reading("coordinator") as session:
                plan = session.scalars(text(f"EXPLAIN {what.format(table)}")).all()
            begun = [line for line in plan if "InitPlan" in line or "SubPlan" in line]
            assert len(begun) <= FEW, f"{what.format(table)}: {len(begun)}"


def test_the_owner_sees_nothing_either_unless_it_says_for_whom(town, roles):
    owned = Database(roles.as_owner(town.whole.engine.url.database))
    with owned.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM patients")) == 0
    owned.engine.dispose()


def test_who_serves_is_told_when_the_wall_does_not_stand(wall, roles, postgres_url):
    name = wall.extensions["database"].engine.url.database
    assert faults(wall.extensions["database"].url) == []
    assert "owns the tables" in faults(roles.as_owner(name))[0]
    with_all_rights = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    assert "superuser" in faults(with_all_rights)[0]
    execute(roles.as_owner(name), "ALTER TABLE notices NO FORCE ROW LEVEL SECURITY")
    assert "before notices" in faults(wall.extensions["database"].url)[0]


def test_the_command_says_whether_the_wall_stands(wall, roles):
    said = wall.test_cli_runner().invoke(args=["db", "check-roles"])
    assert (said.exit_code, "owns nothing" in said.output) == (0, True)
    as_owner = application(roles.as_owner(wall.extensions["database"].engine.url.database))
    refused = as_owner.test_cli_runner().invoke(args=["db", "check-roles"])
    assert (refused.exit_code, "owns the tables" in refused.output) == (1, True)


def test_on_sqlite_there_is_no_second_wall_and_the_command_says_so(sqlite_url):
    said = application(sqlite_url).test_cli_runner().invoke(args=["db", "check-roles"])
    assert (said.exit_code, "SQLite" in said.output) == (1, True)
    assert faults_at_start(sqlite_url) == []


def test_a_database_that_is_away_keeps_nobody_from_starting():
    assert faults_at_start("postgresql+psycopg://nobody@127.0.0.1:9/nothing") == []


# The proof: the pages, with their own filter gone


@pytest.fixture
def first_wall_is_down(monkeypatch):
    take_the_first_wall_down(monkeypatch)


def told(answer):
    """All that an answer says: a page, or the words of a PDF; and its headers."""
    words = answer.data.decode(errors="replace")
    if answer.data.startswith(b"%PDF-"):
        words = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    return words + str(answer.headers)


def walk(visitor, town):
    """Every page that leads on from where somebody comes home, and every door that somebody could guess.

    Each as its path and all that it says, read once: to read a PDF takes longer than to make it.
    """
    ids = [each.public_id for each in (*town.sent.values(), town.draft)]
    waiting = ["/", "/criteria", "/referrals", "/referrals/new", "/queue/", "/queue/all", "/people/none"]
    waiting += [f"/referrals/list/{name}" for name in PRACTICE_LISTS]
    looking, words = ("/queue/all", "/referrals/find"), ("oakm", "elmm", *ids)
    searches = (visitor.post(where, words=each) for where, each in product(looking, words))
    waiting += [found.headers["Location"] for found in searches if found.status_code == 303]
    waiting += [f"/referrals/{public_id}{action}" for public_id in ids for action in ACTIONS]
    waiting += [f"/referrals/list/sent?after={public_id}" for public_id in ids]
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/static", "/assets", "/sign-out")):
            continue
        seen.add(path)
        words = told(visitor.get(path))
        yield path, words
        waiting += [link.replace("&amp;", "&") for link in LINK.findall(words)]
        if urlsplit(path).path.startswith("/referrals/") and town.draft.public_id not in path:
            form = {"version": "1", "reason": "duplicate", "comment": "A comment.", "would_change": "Nothing."}
            yield path, told(visitor.post(path, form))


MAY_SEE = {"elm": {ELM}, "oak": {OAK}, "administrator": set(WHY.values()), "auditor": set(), None: set()}


@pytest.mark.parametrize("who", MAY_SEE)
def test_with_the_first_wall_down_no_page_shows_what_is_another_s(own_town, first_wall_is_down, who):
    answers = list(walk(Visitor(own_town.app, own_town.people.get(who)), own_town))
    assert len(answers) > 20
    for path, words in answers:
        assert not [marker for marker in {ELM, OAK, *WHY.values()} - MAY_SEE[who] if marker in words], path
    if MAY_SEE[who]:
        assert any(MAY_SEE[who].copy().pop() in words for _, words in answers), "the walk found nothing at all"


def test_with_the_first_wall_down_the_clinic_still_sees_no_draft(own_town, first_wall_is_down):
    answers = walk(Visitor(own_town.app, own_town.people["coordinator"]), own_town)
    assert not [path for path, words in answers if f"{OAK} draft" in words]


def test_with_the_second_wall_down_too_the_walk_would_have_found_it(own_town, first_wall_is_down, monkeypatch):
    """The proof is worth something: the same walk as the system finds the neighbor's patient."""
    monkeypatch.setattr("referrals.web.context.scope_of", lambda _: SYSTEM)
    answers = list(walk(Visitor(own_town.app, own_town.people["elm"]), own_town))
    assert any(OAK in words for _, words in answers)


def test_a_person_s_reach_is_what_the_policy_gives_them(town):
    reaches = {name: scope_of(person).reach for name, person in town.people.items()}
    assert reaches["elm"] == {Sees.PRACTICE}
    assert reaches["coordinator"] == reaches["ir"] == {Sees.CLINIC}
    assert reaches["administrator"] == {Sees.ADMINISTRATION}
    assert reaches["auditor"] == {Sees.LOG}
    gone = Person(active=False, roles=town.people["elm"].roles, practice_id=1)
    assert scope_of(gone).reach == {Sees.VISITOR}
