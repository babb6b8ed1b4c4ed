"""A clinic with a restricted referral, and everybody’s browser, for the tests of restricting and of emergencies."""

from types import SimpleNamespace

from referrals import restriction
from referrals.referral import Referral
from referrals.staff import Person, RoleName
from tests import clinic
from tests.visitor import Visitor

WHO = {
    "physician": ("Elm Physician", RoleName.PHYSICIAN, "elm"),
    "colleague": ("Elm Colleague", RoleName.PHYSICIAN, "elm"),
    "delegate": ("Elm Delegate", RoleName.DELEGATE, "elm"),
    "oak": ("Oak Physician", RoleName.PHYSICIAN, "oak"),
    "owner": ("Test Coordinator", RoleName.COORDINATOR, "hospital"),
    "coordinator": ("Other Coordinator", RoleName.COORDINATOR, "hospital"),
    "ir": ("Test Radiologist", RoleName.IR_PHYSICIAN, "hospital"),
    "other_ir": ("Other Radiologist", RoleName.IR_PHYSICIAN, "hospital"),
    "administrator": ("Test Administrator", RoleName.ADMINISTRATOR, "hospital"),
    "auditor": ("Test Auditor", RoleName.AUDITOR, "hospital"),
}
MARKS = ("Secretname", "T-4711", " 83 y", ">L1<")
"""What would tell of the patient of the restricted referral."""


def built(app, database, claimed=True):
    """`people` and their `visitors` by name; `referral`: its public id, restricted by its physician."""
    with app.app_context(), database.begin() as session:
        places = {
            "elm": clinic.practice(session, "Elm Practice"),
            "oak": clinic.practice(session, "Oak Practice"),
            "hospital": clinic.practice(session, "Clinic", is_clinic=True),
        }
        people = {who: clinic.person(session, name, role, places[at]) for who, (name, role, at) in WHO.items()}
        patient = clinic.patient(family_name="Secretname", mrn="T-4711")
        referral = clinic.refer(session, people["physician"], of=patient)
        if claimed:
            clinic.claim(session, referral, people["owner"])
        restriction.restrict(session, referral, people["physician"], referral.version, "A colleague of ours")
    visitors = {who: Visitor(app, person) for who, person in people.items()}
    return SimpleNamespace(
        app=app, database=database, people=people, visitors=visitors, referral=referral.public_id,
        page=f"/referrals/{referral.public_id}",
    )  # fmt: skip


def stored(wing):
    with wing.database.reading() as session:
        return session.query(Referral).filter_by(public_id=wing.referral).one()


def with_role(session, person, role):
    """Give somebody a further role."""
    held = session.get(Person, person.id)
    held.roles.append(session.query(type(held.roles[0])).filter_by(name=role).one())
