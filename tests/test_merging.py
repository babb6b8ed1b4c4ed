"""Two records of one patient become one, by an administrator who reads no referral; exactly that is undone again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from referrals import merge, merging, queue, same_patient
from referrals.administration import ChangedMeanwhile, NoSuch, NotPermitted, Refused
from referrals.db import now
from referrals.duplicates import PatientLink
from referrals.emergency import EmergencyAccess
from referrals.events import Event
from referrals.merge import Merge
from referrals.patients import Patient, PatientDetails, find_or_register
from referrals.queue import Wanted
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.web.words import spoken_id
from tests import clinic
from tests.clinic import COLLAPSED, FRAIL, TODAY
from tests.intake_form import COMPLETE, opened
from tests.test_likeness import BORN
from tests.visitor import Visitor, hidden, without_random

ADA = PatientDetails("Cordelia", "Sample", BORN, "female", "T-1", telephone="555-0102")
TYPO = replace(ADA, given_name="Codelia", telephone="555-0199")
WHO = {
    "elm": ("Elm Physician", RoleName.PHYSICIAN, "elm"),
    "oak": ("Oak Physician", RoleName.PHYSICIAN, "oak"),
    "coordinator": ("Test Coordinator", RoleName.COORDINATOR, "hospital"),
    "administrator": ("Test Administrator", RoleName.ADMINISTRATOR, "hospital"),
    "second": ("Second Administrator", RoleName.ADMINISTRATOR, "hospital"),
    "auditor": ("Test Auditor", RoleName.AUDITOR, "hospital"),
}
RECORDS = "/administration/records"


@pytest.fixture
def town(app, database):
    """A practice with two records of one patient, another practice with a third; the clinic says all are the same."""
    with app.app_context(), database.begin() as session:
        places = {
            name: clinic.practice(session, name.capitalize(), name == "hospital") for name in ("elm", "oak", "hospital")
        }
        people = {who: clinic.person(session, name, role, places[at]) for who, (name, role, at) in WHO.items()}
        at_t8 = clinic.told(FRAIL, {**COLLAPSED, "level": "T8"})
        sent = {
            "right": clinic.refer(session, people["elm"], of=ADA),
            "wrong": clinic.refer(session, people["elm"], at_t8, of=replace(TYPO, mrn=""), separate=True),
            "oak": clinic.refer(session, people["oak"], of=replace(ADA, mrn="A-77")),
        }
        for referral in (sent["right"], sent["wrong"]):
            say_all_the_same(session, referral, people["coordinator"])
    visitors = {who: Visitor(app, person) for who, person in people.items()}
    found = SimpleNamespace(app=app, database=database, people=people, sent=sent, **visitors)
    found.link = next(link.public_id for link in rows(found, PatientLink) if link.practice_id)
    found.kept, found.merged = (row(found, Patient, sent[name].patient_id).public_id for name in ("right", "wrong"))
    return found


def say_all_the_same(session, referral, coordinator):
    for record in same_patient.beside(session, referral, coordinator):
        if record.link and record.undecided:
            same_patient.say_same(session, referral, coordinator, record.link.public_id, "")


def rows(town, table):
    with town.database.reading() as session:
        return session.scalars(select(table).order_by(table.id)).all()


def row(town, table, id_):
    with town.database.reading() as session:
        return session.get(table, id_)


def record_of(town, name):
    """Of which patient a referral is, by name."""
    return row(town, Patient, row(town, Referral, town.sent[name].id).patient_id).given_name


def merged_by_page(town, who="administrator", **changed):
    visitor = getattr(town, who)
    page = visitor.get(f"{RECORDS}/{town.link}").text
    form = {"seen": hidden(page, "seen"), "keep": town.kept, "why": "The letter was missing."}
    return visitor.post(f"{RECORDS}/{town.link}", {**form, **changed})


def undone_by_page(town, number=-1, **changed):
    address = f"{RECORDS}/merges/{rows(town, Merge)[number].public_id}/undo"
    page = town.administrator.get(address).text
    return town.administrator.post(address, {"seen": hidden(page, "seen"), "why": "They are sisters.", **changed})


def everything(town):
    """All that merging may touch, but for versions and moments."""
    return (
        [(each.id, each.patient_id, each.state) for each in rows(town, Referral)],
        [(each.id, each.name, each.mrn, each.telephone, each.merged_into_id) for each in rows(town, Patient)],
        [(each.id, each.patient_id, each.other_id, each.decision) for each in rows(town, PatientLink)],
    )


def test_all_referrals_go_to_the_record_that_stays_and_the_other_says_where_it_went(town):
    assert "Codelia" in town.administrator.get(RECORDS).text
    assert merged_by_page(town).status_code == 303
    assert (record_of(town, "right"), record_of(town, "wrong")) == ("Cordelia", "Cordelia")
    kept, merged = (town.sent[name].patient_id for name in ("right", "wrong"))
    assert row(town, Patient, merged).merged_into_id == kept
    page = town.elm.get(f"/patients/{town.merged}").text
    assert "Also written Sample, Codelia" in page
    assert {town.sent["right"].public_id, town.sent["wrong"].public_id} <= set(page.replace("/", '"').split('"'))
    assert town.coordinator.get(f"/patients/{town.merged}").text.count("<h3>") == 2, "with the other practice's record"


def test_the_history_of_each_referral_that_moved_says_so(town):
    merged_by_page(town)
    for who in ("elm", "coordinator"):
        page = getattr(town, who).get(f"/referrals/{town.sent['wrong'].public_id}").text
        assert "Record of the patient merged with another" in page
        assert "The letter was missing." in page
        assert "Sample, Cordelia" in page
    undone_by_page(town)
    assert "Merging of the patient’s records undone" in town.elm.get(f"/referrals/{town.sent['wrong'].public_id}").text


def test_a_search_finds_one_patient_and_not_by_the_name_that_was_merged(town):
    merged_by_page(town)
    assert found_by(town, "sample") == {"Sample, Cordelia"}
    assert found_by(town, "sample codelia") == set()


def found_by(town, words):
    wanted = Wanted("all", "newest", words)
    with town.database.reading() as session:
        lines: list[Any] = list(queue.page(session, town.people["coordinator"], wanted, TODAY).rows)
        return {line.patient.name for line in lines}


def test_whoever_writes_the_old_name_again_gets_the_record_that_stays_as_it_is_written(town):
    merged_by_page(town)
    with town.database.begin() as session:
        again = replace(TYPO, mrn="", telephone="555-0177")
        assert find_or_register(session, town.people["elm"].practice_id, again) == (town.sent["right"].patient_id, True)
    kept = row(town, Patient, town.sent["right"].patient_id)
    assert (kept.given_name, kept.mrn, kept.telephone) == ("Cordelia", "T-1", "555-0177")


def test_undoing_puts_back_exactly_what_was_moved(town):
    before = everything(town)
    merged_by_page(town)
    assert everything(town) != before
    with town.database.begin() as session:
        since = clinic.refer(session, town.people["elm"], of=PatientDetails("Dolores", "Other", BORN, "female", "T-9"))
        newcomer, since.patient_id = since.patient_id, town.sent["right"].patient_id
    assert undone_by_page(town).status_code == 303
    after = everything(town)
    assert [each for each in after[0] if each[0] != since.id] == before[0]
    assert [each for each in after[1] if each[0] != newcomer] == before[1]
    assert set(before[2]) <= set(after[2])
    assert row(town, Referral, since.id).patient_id == town.sent["right"].patient_id, "what came since stays"
    assert "Codelia" in town.administrator.get(RECORDS).text, "it can be merged again"


def test_both_ways_are_in_the_log_with_why_and_nothing_of_the_referral(town):
    merged_by_page(town)
    undone_by_page(town)
    said = [each for each in rows(town, Event) if each.action in ("merge_patients", "undo_merge")]
    assert {(each.action, each.comment) for each in said} == {
        ("merge_patients", "The letter was missing."), ("undo_merge", "They are sisters."),
    }  # fmt: skip
    assert {each.by_id for each in said} == {town.people["administrator"].id}
    of_referrals = [(each.referral_id, each.version) for each in said if each.referral_id]
    assert of_referrals == [(town.sent["wrong"].id, 2), (town.sent["wrong"].id, 3)]
    ends = {town.sent[name].patient_id for name in ("right", "wrong")}
    assert {each.patient_id for each in said if each.referral_id is None} == ends


def test_the_auditor_s_report_goes_over_both_records(town):
    town.elm.get(f"/referrals/{town.sent['wrong'].public_id}")
    merged_by_page(town)
    report = town.auditor.get(f"/log/patients/{town.sent['right'].public_id}").text
    assert report.count(spoken_id(town.sent["wrong"].public_id)) >= 2, "what was read before, and the merging"
    assert spoken_id(town.sent["oak"].public_id) not in report
    assert "Merged two records of a patient" in report


def test_an_administrator_sees_who_the_two_are_and_nothing_else(town):
    town.administrator.get(RECORDS)
    for page in (town.administrator.get(RECORDS), town.administrator.get(f"{RECORDS}/{town.link}")):
        assert page.status_code == 200
        assert "Codelia" in page.text
        for clinical in ("T8", "L1", "Painful", "andidate", "A-77", "Oak", town.sent["wrong"].public_id):
            assert clinical not in without_random(page.text)
    for referral in town.sent.values():
        assert town.administrator.get(f"/referrals/{referral.public_id}").status_code == 403
    assert town.administrator.get(f"/patients/{town.kept}").status_code == 403
    read = [each for each in rows(town, Event) if each.action in ("read", "list_read")]
    assert {each.details["page"] for each in read} == {"merging.show", "merging.one"}


def test_only_records_of_one_practice_that_the_clinic_says_are_the_same_are_merged(town):
    across = next(link.public_id for link in rows(town, PatientLink) if link.practice_id is None)
    assert town.administrator.get(f"{RECORDS}/{across}").status_code == 404
    with town.database.begin() as session:
        referral = session.get(Referral, town.sent["right"].id)
        same_patient.say_different(session, referral, town.people["coordinator"], town.link, "same")
    assert town.administrator.get(f"{RECORDS}/{town.link}").status_code == 404
    assert "Nothing waits to be merged" in town.administrator.get(RECORDS).text
    with pytest.raises(NoSuch), town.database.begin() as session:
        merging.merge(session, town.people["administrator"], town.link, "x", town.kept, "Why")


def test_nobody_else_merges(town):
    for who in ("elm", "coordinator", "auditor"):
        assert getattr(town, who).post(f"{RECORDS}/{town.link}", keep=town.kept).status_code == 403
        with pytest.raises(NotPermitted), town.database.begin() as session:
            merging.merge(session, town.people[who], town.link, "x", town.kept, "Why")
    assert rows(town, Merge) == []


@pytest.mark.parametrize("lacking", ["keep", "why", "seen"])
def test_what_is_left_out_is_asked_for_and_nothing_is_merged(town, lacking):
    answer = merged_by_page(town, **{lacking: ""})
    assert answer.status_code == 422
    assert "Codelia" in answer.text
    assert rows(town, Merge) == []


def test_of_two_administrators_at_once_one_merges_and_the_other_is_told(town):
    start = Barrier(2)
    pages = {who: getattr(town, who).get(f"{RECORDS}/{town.link}").text for who in ("administrator", "second")}
    form = {"keep": town.kept, "why": "A long thought."}

    def go(who):
        start.wait(timeout=20)
        return getattr(town, who).post(f"{RECORDS}/{town.link}", {**form, "seen": hidden(pages[who], "seen")})

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(go, pages), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "A long thought." in answers[1].text
    assert len(rows(town, Merge)) == 1


def test_an_undo_that_comes_twice_undoes_once(town):
    merged_by_page(town)
    address = f"{RECORDS}/merges/{rows(town, Merge)[0].public_id}/undo"
    form = {"seen": hidden(town.administrator.get(address).text, "seen"), "why": "They are sisters."}
    assert [town.administrator.post(address, form).status_code for _ in range(2)] == [303, 409]
    assert "Undo the merge" not in town.administrator.get(address).text


def test_once_the_clinic_says_that_they_are_two_the_administrator_sees_neither_any_more(town):
    merged_by_page(town)
    address = f"{RECORDS}/merges/{rows(town, Merge)[0].public_id}/undo"
    undone_by_page(town)
    with town.database.begin() as session:
        referral = session.get(Referral, town.sent["right"].id)
        same_patient.say_different(session, referral, town.people["coordinator"], town.link, "same")
    assert town.administrator.get(address).status_code == 404
    page = town.administrator.get(RECORDS)
    assert page.status_code == 200
    assert "Codelia" not in page.text


def test_somebody_who_changed_a_record_meanwhile_is_noticed(town):
    page = town.administrator.get(f"{RECORDS}/{town.link}").text
    with town.database.begin() as session:
        session.get(Patient, town.sent["wrong"].patient_id).telephone = "555-0000"
    late = town.administrator.post(
        f"{RECORDS}/{town.link}", {"seen": hidden(page, "seen"), "keep": town.kept, "why": "A long thought."}
    )
    assert late.status_code == 409
    assert rows(town, Merge) == []


def test_a_referral_that_somebody_has_open_is_stale_afterwards_and_loses_nothing(town):
    version = town.sent["wrong"].version
    merged_by_page(town)
    claim = town.coordinator.post(f"/referrals/{town.sent['wrong'].public_id}/claim", version=version)
    assert claim.status_code == 409
    assert (
        town.coordinator.post(f"/referrals/{town.sent['wrong'].public_id}/claim", version=version + 1).status_code
        == 303
    )


def third_record(town):
    """A third record of the practice, said to be the same as the one that stays; its link."""
    with town.database.begin() as session:
        third = clinic.refer(session, town.people["elm"], of=replace(ADA, family_name="Smaple", mrn=""), separate=True)
        say_all_the_same(session, third, town.people["coordinator"])
        ends = (town.sent["right"].patient_id, third.patient_id)
        found = session.scalars(
            select(PatientLink).where(PatientLink.patient_id == ends[0], PatientLink.other_id == ends[1])
        )
        return third, found.one().public_id, session.get(Patient, third.patient_id).public_id


def test_merges_are_undone_in_the_reverse_order(town):
    merged_by_page(town)
    third, link, keep = third_record(town)
    administrator = town.people["administrator"]
    with town.database.begin() as session:
        merging.merge(session, administrator, link, merge.proposal(session, link).seen, keep, "The same again.")
    assert {record_of(town, name) for name in ("right", "wrong")} == {"Cordelia"}
    assert {each.merged_into_id for each in rows(town, Patient) if each.merged_into_id} == {third.patient_id}
    first, second = (each.public_id for each in rows(town, Merge))
    with pytest.raises(Refused, match="undo that first"), town.database.begin() as session:
        merging.undo(session, administrator, first, merge.one(session, first).seen, "Why")
    for each in (second, first):
        with town.database.begin() as session:
            merging.undo(session, administrator, each, merge.one(session, each).seen, "Not the same.")
    assert [record_of(town, name) for name in ("right", "wrong")] == ["Cordelia", "Codelia"]
    assert not any(each.merged_into_id for each in rows(town, Patient))
    with pytest.raises(ChangedMeanwhile), town.database.begin() as session:
        merging.undo(session, administrator, first, "seen long ago", "Why")


def test_links_over_practices_are_kept_by_merging_and_come_back_by_undoing(town):
    with town.database.begin() as session:
        linked = session.scalars(select(PatientLink).where(PatientLink.practice_id.is_(None))).all()
        assert {(each.patient_id, each.other_id) for each in linked} == {
            (town.sent["right"].patient_id, town.sent["oak"].patient_id),
            (town.sent["wrong"].patient_id, town.sent["oak"].patient_id),
        }  # fmt: skip
    twin = PatientDetails("Codeliaa", "Sample", BORN, "female")  # like the wrong one only
    with town.database.begin() as session:
        other = clinic.refer(session, town.people["oak"], of=twin, separate=True)
    merged_by_page(town)
    page = town.coordinator.get(f"/referrals/{town.sent['wrong'].public_id}/same-patient").text
    assert other.public_id in page
    assert other.public_id in town.coordinator.get(f"/referrals/{town.sent['right'].public_id}/same-patient").text
    undone_by_page(town)
    assert other.public_id not in town.coordinator.get(f"/referrals/{town.sent['right'].public_id}/same-patient").text
    assert other.public_id in town.coordinator.get(f"/referrals/{town.sent['wrong'].public_id}/same-patient").text


def test_an_emergency_access_from_before_still_shows_who_opened_the_referral(town):
    with town.database.begin() as session:
        wrong = session.get(Referral, town.sent["wrong"].id)
        clinic.claim(session, wrong, town.people["coordinator"])
        wrong.restricted = True
        access = EmergencyAccess(
            person_id=town.people["second"].id, patient_id=wrong.patient_id, referral_id=wrong.id, subject="x",
            reason="Could not wait at all.", opened_at=now() - timedelta(hours=2), ends_at=now() - timedelta(hours=1),
        )  # fmt: skip
        session.add(access)
    merged_by_page(town)
    assert "Could not wait at all." in town.coordinator.get(f"/referrals/{wrong.public_id}").text


def test_a_patient_sent_again_after_merging_is_the_one_that_stays(town):
    merged_by_page(town)
    form = {**COMPLETE, "given_name": "Codelia", "family_name": "Sample", "mrn": "", "separate": "yes"}
    sent = town.elm.post("/referrals/new", {**form, **opened(town.elm)})
    assert sent.status_code == 303
    assert "Sample, Cordelia" in town.elm.get(sent.headers["Location"]).text
