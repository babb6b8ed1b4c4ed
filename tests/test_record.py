"""What is written without the ORM's help: nothing of it is lost, nothing unknown is let through, the ORM reads it."""

from datetime import date

import pytest
from sqlalchemy import select

from referrals.clinical import PictureDetails, newest_picture
from referrals.patients import Patient, find_or_register
from referrals.staff import RoleName
from tests import clinic

TOLD = PictureDetails(
    patient={**clinic.FRAIL, "inr": 1.25, "pain_score": 7},
    vertebrae=({**clinic.COLLAPSED, "onset_on": date(2026, 10, 1)}, {"level": None, "painful": True}),
    imaging=({"modality": "mri", "done_on": None, "site": "", "pictures_at": "Elm", "report_attached": False},),
    treatments=({"what": "Brace", "from_on": date(2026, 11, 1), "to_on": None, "why_stopped": ""},),
    notes={"allergies": "Latex", "narrative": "one\ntwo", "anticoagulant_last_dose_on": date(2026, 11, 2)},
)


@pytest.fixture
def physician(database):
    with database.begin() as session:
        return clinic.person(session, "Test Physician", RoleName.PHYSICIAN, clinic.practice(session, "Elm Practice"))


def test_a_picture_is_read_as_it_was_told_and_what_was_not_told_is_unknown(database, physician):
    with database.begin() as session:
        referral = clinic.refer(session, physician, TOLD)
    with database.reading() as session:
        kept = newest_picture(session, referral.id)
        read = kept.details()
        assert (kept.number, kept.told_by_id, kept.told_at.tzinfo is not None) == (1, physician.id, True)
    assert known(read.patient) == TOLD.patient
    assert [known(vertebra) for vertebra in read.vertebrae] == [known(vertebra) for vertebra in TOLD.vertebrae]
    assert (read.imaging, read.treatments) == (TOLD.imaging, TOLD.treatments)
    assert {**read.notes, **TOLD.notes} == read.notes
    assert read.notes["medication"] == ""


def known(facts):
    return {name: value for name, value in facts.items() if value is not None}


@pytest.mark.parametrize("told", [({"hair": "gray"},), (clinic.FRAIL, clinic.COLLAPSED, {"hair": "gray"})])
def test_a_fact_outside_the_vocabulary_is_refused(database, physician, told):
    with pytest.raises(TypeError, match="has no hair"), database.begin() as session:
        clinic.refer(session, physician, clinic.told(*told))


def test_a_patient_known_already_is_found_and_keeps_what_is_not_said_anew(database, physician):
    first = clinic.patient(1, mrn="A 1", telephone="555-0102", language="Spanish")
    again = clinic.patient(1, family_name="SAMPLE  1", mrn="", telephone="555-0199", language="")
    with database.begin() as session:
        new, was_known = find_or_register(session, physician.practice_id, first)
        assert not was_known
        assert find_or_register(session, physician.practice_id, again) == (new, True)
        kept = session.scalars(select(Patient)).one()
        assert (kept.telephone, kept.language, kept.mrn, kept.search_mrn) == ("555-0199", "Spanish", "A 1", "a 1")
        assert (kept.family_name, kept.search_name) == ("SAMPLE  1", "sample 1 ada")


@pytest.mark.parametrize("other", [{"mrn": "B 2"}, {"sex": "male"}, {"born_on": date(1943, 3, 10)}, {"given_name": ""}])
def test_whoever_differs_in_number_sex_birth_or_name_is_somebody_else(database, physician, other):
    with database.begin() as session:
        first, _ = find_or_register(session, physician.practice_id, clinic.patient(1))
        second, was_known = find_or_register(session, physician.practice_id, clinic.patient(1, **other))
        assert not was_known
        assert second != first
