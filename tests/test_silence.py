"""What goes wrong is said without the patient: no value that somebody typed stands in an error's text."""

import pytest
from sqlalchemy.exc import DBAPIError

from referrals.patients import Patient
from referrals.staff import RoleName
from tests import clinic


def test_an_error_of_the_database_names_no_patient(database):
    with pytest.raises(DBAPIError) as failed, database.begin() as session:
        elm = clinic.practice(session, "Elm Practice")
        referral = clinic.refer(session, clinic.person(session, "Test Physician", RoleName.PHYSICIAN, elm))
        session.get_one(Patient, referral.patient_id).sex = "unheard of"
        session.flush()
    assert "unheard of" not in str(failed.value)
    assert "Sample" not in str(failed.value)
