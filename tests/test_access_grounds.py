"""The grounds of access are read alike: what SQL finds is what Python opens, for any person and any referral."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from referrals import access
from referrals.emergency import EmergencyAccess
from referrals.referral import Referral
from referrals.staff import Role, RoleName
from referrals.workflow import OPEN, State
from tests import clinic

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLES = {"opens": access.OPENS, "lists": access.LISTS}
SOMEBODY = st.sampled_from(["me", "other"])
MAYBE = st.sampled_from(["me", "other", None])
WORLDS = st.fixed_dictionaries(
    {
        "roles": st.sets(st.sampled_from(list(RoleName))),
        "active": st.booleans(),
        "own_practice": st.booleans(),
        "restricted": st.booleans(),
        "requester": SOMEBODY,
        "owner": MAYBE,
        "ir_physician": MAYBE,
        "state": st.sampled_from([State.DRAFT, State.SUBMITTED, State.AWAITING_INFORMATION, State.ENTERED_IN_ERROR]),
        "sent": st.booleans(),
        "glasses": st.lists(
            st.tuples(SOMEBODY, st.booleans(), st.integers(-90, 5), st.sampled_from([1, 30, 60])), max_size=3
        ),
    }
)
"""A draft that was thrown away is in error and was never sent.

A glass: whose, of this patient or another, opened so many minutes from now, for how many minutes.
"""


@pytest.fixture
def world(database):
    """Two people, two practices, two patients and a referral, to be arranged anew for each example."""
    with database.begin() as session:
        places = [clinic.practice(session, f"Practice {number}") for number in range(2)]
        people = {who: clinic.person(session, f"Test {who}", RoleName.PHYSICIAN, places[0]) for who in ("me", "other")}
        elsewhere = clinic.person(session, "Test Elsewhere", RoleName.PHYSICIAN, places[1])
        referral, another = clinic.refer(session, people["me"]), clinic.refer(session, elsewhere)
        yield session, places, people, (referral, another)


def arrange(world, drawn):
    session, places, people, (referral, another) = world
    me, roles = people["me"], {RoleName(role.name): role for role in session.scalars(select(Role))}
    me.roles, me.active = [roles[name] for name in sorted(drawn["roles"])], drawn["active"]
    me.practice = places[0 if drawn["own_practice"] else 1]
    number = {who: person.id for who, person in people.items()} | {None: None}
    session.flush()
    session.execute(
        update(Referral)
        .where(Referral.id == referral.id)
        .values(
            restricted=drawn["restricted"],
            requester_id=number[drawn["requester"]],
            owner_id=number[drawn["owner"]],
            ir_physician_id=number[drawn["ir_physician"]],
            state=drawn["state"],
            worklist={State.SUBMITTED: "new", State.AWAITING_INFORMATION: "waiting"}.get(drawn["state"]),
            first_submitted_at=AT if drawn["sent"] or drawn["state"] in OPEN else None,
            decided_by_id=people["other"].id,
            decided_at=AT,
            decision_reason="wrong-patient",
        )
    )
    session.refresh(referral)
    for who, same_patient, opened, lasts in drawn["glasses"]:
        at = AT + timedelta(minutes=opened)
        patient = referral.patient_id if same_patient else another.patient_id
        session.add(
            EmergencyAccess(
                person_id=number[who], patient_id=patient, referral_id=referral.id, subject=referral.public_id,
                reason="Drawn by the test",
                opened_at=at, ends_at=at + timedelta(minutes=lasts),
            )
        )  # fmt: skip
    session.flush()
    return me, referral


def glass_open(drawn):
    """Worked out from what was drawn, not from the rows."""
    return any(who == "me" and same and at <= 0 < at + lasts for who, same, at, lasts in drawn["glasses"])


def test_what_sql_finds_is_what_python_opens(world):
    session = world[0]
    met = set()

    @settings(max_examples=250, deadline=None, database=None)
    @given(WORLDS)
    def agree(drawn):
        with session.begin_nested() as attempt:
            me, referral = arrange(world, drawn)
            for name, grounds in TABLES.items():
                condition = access.in_sql(grounds, me, Referral, AT)
                found = session.scalar(select(Referral.id).where(Referral.id == referral.id, condition)) is not None
                known = access.of_referral(me, referral, glass_open(drawn))
                assert found is access.holds(grounds, me, known), (name, drawn)
                met.add((name, found))
            attempt.rollback()
        session.expire_all()

    agree()
    assert len(met) == 4, "the examples have to reach both answers of both tables"


def test_whoever_opens_a_referral_knows_of_it():
    assert set(access.OPENS) < set(access.LISTS)


def test_every_ground_asks_for_an_active_person():
    for table in (access.LISTS, access.RESTRICTS, access.ACTS, access.CLAIMS, access.REVIEWS):
        assert all(access.Condition.ACTIVE in ground.conditions for ground in table)
