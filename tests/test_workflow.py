"""The table of states and actions: what it allows is done, what it does not allow is refused, everywhere."""

import itertools

import pytest
from sqlalchemy import select, update

from referrals import workflow
from referrals.desk import desk_of
from referrals.events import Event
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import REFERRING_ROLES, RoleName
from referrals.transition import NotAllowed, Said, Stale, transition
from referrals.workflow import BACK, OPEN, ROWS, State
from tests import clinic
from tests.clinic import TODAY

# Written from the specification, not from the code: action, from, to, who; R a reason, C a comment.
SPECIFIED = """
save | draft | draft | Ref |
submit | draft | submitted | Ref |
submit_on_behalf | draft | submitted | Co |
claim | submitted | in_review | Co IR |
assign | in_review awaiting_information accepted scheduled attended | no change | Co IR Adm |
ask_information | in_review accepted | awaiting_information | Co IR |
answer | awaiting_information | back | Ref Co |
accept | in_review | accepted | IR Co |
return_with_advice | in_review | returned_with_advice | IR Co | C
decline | in_review accepted attended | declined | IR Co | R C
redirect | in_review | redirected | Co IR | R
book | accepted attended | scheduled | Co |
rebook | scheduled | scheduled | Co | R
missed | scheduled | accepted | Co | R
attend | scheduled | attended | Co IR |
complete | attended | completed | IR Co |
close_incomplete | accepted awaiting_information | closed_incomplete | Co | R
withdraw | submitted in_review awaiting_information | withdrawn | Ref | R
ask_withdrawal | accepted scheduled attended | no change | Ref | R
confirm_withdrawal | accepted scheduled attended | withdrawn | Co IR |
refuse_withdrawal | accepted scheduled attended | no change | Co IR | C
mark_error | draft submitted in_review awaiting_information accepted | entered_in_error | Ref Adm | R C
resubmit | returned_with_advice declined closed_incomplete | submitted | Ref |
reopen | completed closed_incomplete withdrawn | in_review | Co Adm | C
amend | submitted | no change | Ref |
amend | in_review awaiting_information accepted scheduled attended | no change | Co IR |
prioritise | submitted in_review awaiting_information accepted scheduled attended | no change | Co IR | R
message | submitted in_review awaiting_information accepted scheduled attended completed returned_with_advice \
declined redirected closed_incomplete withdrawn entered_in_error | no change | Ref Co IR |
"""
WHO = {
    "Ref": {RoleName.PHYSICIAN, RoleName.DELEGATE},
    "Co": {RoleName.COORDINATOR},
    "IR": {RoleName.IR_PHYSICIAN},
    "Adm": {RoleName.ADMINISTRATOR},
}


def specified():
    for line in SPECIFIED.strip().splitlines():
        name, sources, target, who, needs = (cell.strip() for cell in line.split("|"))
        yield (
            name,
            set(sources.split()),
            target,
            set().union(*(WHO[short] for short in who.split())),
            set(needs.split()),
        )


def test_the_table_is_the_specification():
    table = [
        (
            action.name,
            {str(state) for state in action.sources},
            "no change" if action.target is None else str(action.target),
            set(action.roles),
            {letter for letter, needed in (("R", action.reason), ("C", action.comment)) if needed},
        )
        for action in ROWS
    ]
    assert table == list(specified())


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("role", list(RoleName))
def test_the_buttons_are_those_that_the_specification_gives(state, role):
    offered = {action.name for action in workflow.available(state, {role})}
    assert offered == {name for name, sources, _, who, _ in specified() if state in sources and role in who}


def test_every_state_is_open_or_ended_or_a_draft():
    assert {State.DRAFT, *OPEN, *workflow.ENDED} == set(State)
    assert len(OPEN) + len(workflow.ENDED) + 1 == len(State)


@pytest.fixture
def triple(database):
    """One referral, a person of each role, and a reason for each action that needs one."""
    with database.begin() as session:
        practice, hospital = (
            clinic.practice(session, "Elm Practice"),
            clinic.practice(session, "Clinic", is_clinic=True),
        )
        people = {
            role: clinic.person(session, f"Test {role.name}", role, practice if role in REFERRING_ROLES else hospital)
            for role in RoleName
        }
        referral = clinic.refer(session, people[RoleName.PHYSICIAN])
        yield session, referral, people


def put_into(session, referral, state, person, asked_back=False):
    """Into this state, with all that the database asks of a referral in any state."""
    at = referral.first_submitted_at
    known = {
        "state": state, "owner_id": person.id, "decided_by_id": person.id, "decided_at": at,
        "decision_reason": "duplicate", "decision_comment": "for the test", "would_change": "nothing",
        "appointment_at": at, "appointment_on": TODAY, "appointment_kind": "procedure", "service": "Spine surgery",
        "outcome": "treated", "bone_health": "referred", "letter_sent_at": at,
        "withdrawal_asked_at": at if asked_back else None,
    }  # fmt: skip
    known["worklist"] = desk_of(referral, known)
    session.execute(update(Referral).where(Referral.id == referral.id).values(known))
    session.refresh(referral)


ANSWERS = ("confirm_withdrawal", "refuse_withdrawal")
"""What answers a request to withdraw, and is nothing where nobody asked."""


def said_for(session, action, role):
    """Whatever the action asks to be said, for somebody with this role."""
    reasons = session.scalars(select(Reason)).all()
    fitting = next((reason for reason in reasons if reason.fits(action.name, {role}, TODAY)), None)
    return Said(fitting if action.reason else None, "Because of the test")


def test_every_action_in_every_state_by_every_role_is_done_or_refused_as_the_table_says(triple):
    session, referral, people = triple
    done = 0
    for state, answering in itertools.product(State, (False, True)):
        put_into(session, referral, state, people[RoleName.COORDINATOR], asked_back=answering)
        actions = [action for action in ROWS if (action.name in ANSWERS) == answering]
        for action, role in itertools.product(actions, RoleName):
            with session.begin_nested() as attempt:
                said = said_for(session, action, role)
                allowed = any(state in row.sources and role in row.roles for row in ROWS if row.name == action.name)
                try:
                    number = transition(
                        session, referral, action.name, people[role], referral.version, TODAY, said, State.IN_REVIEW
                    )
                except NotAllowed:
                    assert not allowed, (state, action.name, role)
                else:
                    assert allowed, (state, action.name, role)
                    expected = State.IN_REVIEW if action.target == BACK else action.target or state
                    event = session.get(Event, number, populate_existing=True)
                    assert (event.from_state, event.to_state, referral.state) == (state, expected, expected)
                    assert (referral.worklist is not None) == referral.is_open
                    done += 1
                attempt.rollback()
            session.refresh(referral)
            assert referral.status is state
    assert done > 150


@pytest.mark.parametrize("action", ANSWERS)
def test_nobody_answers_a_request_to_withdraw_that_nobody_made(triple, action):
    session, referral, people = triple
    put_into(session, referral, State.ACCEPTED, people[RoleName.COORDINATOR])
    assert action not in {row.name for row in workflow.possible(referral, {RoleName.COORDINATOR})}
    with pytest.raises(NotAllowed):
        said = Said(comment="Because of the test")
        transition(session, referral, action, people[RoleName.COORDINATOR], referral.version, TODAY, said)


def test_a_stale_page_changes_nothing(triple):
    session, referral, people = triple
    opened = referral.version
    clinic.claim(session, referral, people[RoleName.COORDINATOR])
    with pytest.raises(Stale):
        transition(session, referral, "claim", people[RoleName.IR_PHYSICIAN], opened, TODAY)
    assert referral.owner_id == people[RoleName.COORDINATOR].id


def test_each_change_writes_one_event_with_the_next_version(triple):
    session, referral, people = triple
    clinic.claim(session, referral, people[RoleName.COORDINATOR])
    events = session.scalars(select(Event).order_by(Event.version)).all()
    assert [(event.version, event.action, event.from_state, event.to_state) for event in events] == [
        (1, "submit", "draft", "submitted"),
        (2, "claim", "submitted", "in_review"),
    ]


def neighbor_of(session, role):
    return clinic.person(session, "Oak Neighbor", role, clinic.practice(session, "Oak Practice"))


@pytest.mark.parametrize("role", sorted(REFERRING_ROLES))
def test_below_the_pages_nobody_acts_on_another_practice_s_referral_either(triple, role):
    session, referral, _ = triple
    said = Said(session.get(Reason, "improved"), "Because of the test")
    with pytest.raises(NotAllowed):
        transition(session, referral, "withdraw", neighbor_of(session, role), referral.version, TODAY, said)
    assert referral.status is State.SUBMITTED


@pytest.mark.parametrize("role", list(RoleName))
def test_below_the_pages_somebody_deactivated_does_nothing(triple, role):
    session, referral, people = triple
    people[role].active = False
    for state in State:
        put_into(session, referral, state, people[RoleName.COORDINATOR], asked_back=True)
        for action in ROWS:
            said = said_for(session, action, role)
            with pytest.raises(NotAllowed):
                transition(session, referral, action.name, people[role], referral.version, TODAY, said, State.IN_REVIEW)
        session.refresh(referral)
        assert referral.status is state
