"""The proofs: nobody breaks a claim, and a fault planted in a table is found and named."""

from dataclasses import replace

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals import access
from referrals.access import Condition
from referrals.db import now
from referrals.policy import POLICY, Kind, Reach, counted
from referrals.referral import Referral
from referrals.staff import Person, Role, RoleName
from referrals.workflow import ENDED, ROWS, State
from tests.proof import claims
from tests.proof.formulas import STATE_OF, THE_RULES, Case, Rules, Somebody

CLAIMS = (
    claims.an_outsider_gets_in,
    claims.an_outsider_acts,
    claims.a_restricted_referral_opens,
    claims.a_restricted_referral_is_acted_on,
    claims.a_draft_is_seen,
    claims.an_inactive_person_does_something,
    claims.somebody_reviews_the_own,
    claims.an_ended_referral_is_edited,
    claims.one_more_role_lets_act_and_audit,
)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_nobody_breaks_the_claim(claim):
    assert claim(THE_RULES) is None


def without(table: str, words: str, condition: Condition) -> Rules:
    """The rules with a condition forgotten in a row of one of the tables of grounds."""
    rows = getattr(THE_RULES, table)
    assert any(ground.words == words and condition in ground.conditions for ground in rows)
    changed = [replace(row, conditions=row.conditions - {condition}) if row.words == words else row for row in rows]
    return replace(THE_RULES, **{table: tuple(changed)})  # type: ignore[arg-type]


def granting(permission, role, reach=Reach.EVERYWHERE):
    """The rules with a permission given to one role more."""
    row = POLICY[permission]
    return replace(THE_RULES, policy={**POLICY, permission: replace(row, reaches={**row.reaches, role: reach})})


def acting(name, **changes):
    """The rules with an action changed, in the last of its rows in the table."""
    place = max(number for number, row in enumerate(ROWS) if row.name == name)
    changed = replace(ROWS[place], **changes)
    return replace(THE_RULES, actions=(*ROWS[:place], changed, *ROWS[place + 1 :]))


FAULTS = [
    (claims.an_outsider_gets_in, granting("read_referral", RoleName.PHYSICIAN), ("physician", "read_referral")),
    (claims.an_outsider_gets_in, granting("restrict_referral", RoleName.AUDITOR), ("auditor", "restrict_referral")),
    (
        claims.an_outsider_gets_in,
        without("opens", "Own practice, not restricted", Condition.OWN_PRACTICE),
        ("Own practice, not restricted",),
    ),
    (
        claims.an_outsider_gets_in,
        without("lists", "The clinic’s queue, without the patient", Condition.CLINIC_ROLE),
        ("The clinic’s queue",),
    ),
    (
        claims.an_outsider_acts,
        without("acts", "Own practice, not restricted", Condition.OWN_PRACTICE),
        (" from ",),
    ),
    (
        claims.a_restricted_referral_is_acted_on,
        without("acts", "The clinic, not restricted", Condition.NOT_RESTRICTED),
        ("coordinator", "from in_review"),
    ),
    (
        claims.a_restricted_referral_is_acted_on,
        without("acts", "The referring physician", Condition.REQUESTER),
        ("physician",),
    ),
    (
        claims.a_restricted_referral_opens,
        without("opens", "The clinic, not restricted", Condition.NOT_RESTRICTED),
        ("The clinic, not restricted",),
    ),
    (
        claims.a_restricted_referral_opens,
        without("opens", "The referring physician", Condition.REQUESTER),
        ("physician", "The referring physician"),
    ),
    (claims.a_restricted_referral_opens, without("opens", "Emergency access", Condition.GLASS_OPEN), ("Emergency",)),
    (
        claims.a_draft_is_seen,
        without("lists", "The clinic’s queue, without the patient", Condition.SENT),
        ("The clinic’s queue",),
    ),
    (
        claims.an_inactive_person_does_something,
        without("opens", "Emergency access", Condition.ACTIVE),
        ("Emergency access",),
    ),
    (
        claims.an_inactive_person_does_something,
        without("acts", "An administrator, who reads nothing of it", Condition.ACTIVE),
        ("administrator", " from "),
    ),
    (
        claims.somebody_reviews_the_own,
        without("reviews", "A reviewer, never of the own", Condition.OPENED_BY_ANOTHER),
        ("administrator", "A reviewer, never of the own"),
    ),
    (
        claims.an_ended_referral_is_edited,
        acting("amend", sources=(State.ACCEPTED, State.DECLINED)),
        ("amend from declined",),
    ),
    (claims.an_ended_referral_is_edited, acting("resubmit", target=None), ("resubmit from",)),
    (claims.an_ended_referral_is_edited, acting("answer", sources=(State.WITHDRAWN,)), ("answer from withdrawn",)),
    (
        claims.one_more_role_lets_act_and_audit,
        granting("read_log", RoleName.COORDINATOR),
        ("coordinator", "read_log"),
    ),
    (
        claims.one_more_role_lets_act_and_audit,
        replace(THE_RULES, alone=frozenset()),
        ("auditor", "read_log"),
    ),
]


@pytest.mark.parametrize(("claim", "faulty", "named"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_fault_is_found_and_named(claim, faulty, named):
    assert (found := claim(faulty)) is not None
    for words in named:
        assert words in str(found)


def test_only_three_actions_touch_what_has_ended_and_none_edits_it_in_place():
    touching = {action.name: action.target for action in ROWS if set(action.sources) & set(ENDED)}
    assert touching == {"resubmit": State.SUBMITTED, "reopen": State.IN_REVIEW, "message": None}


def test_the_claims_are_about_somebody():
    """Each premise can be met: somebody opens what is restricted, and somebody may both break the glass and review."""
    case = Case()
    opens = case.holds(THE_RULES, THE_RULES.opens)
    both = [
        case.person.may(THE_RULES, name, case.practice) for name in ("open_emergency_access", "review_emergency_access")
    ]
    for facts in (
        [opens, case.restricted, case.glass_open],
        [opens, case.person.practice != case.practice],
        [*both, case.holds(THE_RULES, THE_RULES.reviews)],
        [case.person.has(THE_RULES, Kind.AUDITING)],
    ):
        solver = z3.Solver()
        solver.add(*facts)
        assert solver.check() == z3.sat


WORLDS = st.fixed_dictionaries(
    {
        "roles": st.sets(st.sampled_from(list(RoleName))),
        "active": st.booleans(),
        "practice": st.integers(1, 2),
        "restricted": st.booleans(),
        "requester": st.integers(1, 2),
        "owner": st.sampled_from([None, 1, 2]),
        "ir_physician": st.sampled_from([None, 1, 2]),
        "state": st.sampled_from(list(State)),
        "sent": st.booleans(),
        "glass_open": st.booleans(),
    }
)


def settled(case, drawn):
    """Every unknown of the case with the value that was drawn."""
    person = case.person
    values = [
        (person.number, z3.IntVal(1)),
        (person.practice, z3.IntVal(1)),
        (person.active, z3.BoolVal(drawn["active"])),
        *((held, z3.BoolVal(role in drawn["roles"])) for role, held in person.held.items()),
        (case.practice, z3.IntVal(drawn["practice"])),
        (case.requester, z3.IntVal(drawn["requester"])),
        (case.owner, z3.IntVal(drawn["owner"] or 0)),
        (case.ir_physician, z3.IntVal(drawn["ir_physician"] or 0)),
        (case.state, STATE_OF[drawn["state"]]),
        (case.sent, z3.BoolVal(drawn["sent"])),
        (case.restricted, z3.BoolVal(drawn["restricted"])),
        (case.glass_open, z3.BoolVal(drawn["glass_open"])),
    ]
    return lambda formula: z3.is_true(z3.simplify(z3.substitute(formula, *values)))


@settings(max_examples=150, deadline=None, database=None)
@given(WORLDS)
def test_the_formulas_say_what_the_program_does(drawn):
    me = Person(
        id=1, practice_id=1, active=drawn["active"], roles=[Role(name=str(role)) for role in sorted(drawn["roles"])]
    )
    referral = Referral(
        practice_id=drawn["practice"], requester_id=drawn["requester"], owner_id=drawn["owner"],
        ir_physician_id=drawn["ir_physician"], restricted=drawn["restricted"], state=str(drawn["state"]),
        first_submitted_at=now() if drawn["sent"] else None,
    )  # fmt: skip
    case = Case()
    so, known = settled(case, drawn), access.of_referral(me, referral, drawn["glass_open"])
    for grounds in (access.OPENS, access.LISTS, access.RESTRICTS, access.ACTS, access.CLAIMS):
        assert so(case.holds(THE_RULES, grounds)) is access.holds(grounds, me, known)


@pytest.mark.parametrize("number", range(2 ** len(RoleName)))
def test_the_formulas_count_the_roles_that_the_program_counts(number):
    held = {role for place, role in enumerate(RoleName) if number >> place & 1}
    person = Somebody()
    values = [(each, z3.BoolVal(role in held)) for role, each in person.held.items()]
    counts = (z3.substitute(person.counts(THE_RULES, role), *values) for role in RoleName)
    assert {role for role, so in zip(RoleName, counts, strict=True) if z3.is_true(z3.simplify(so))} == counted(held)
