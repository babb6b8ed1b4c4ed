"""The record of a procedure: its codes by levels and procedure, corrected by another version, never changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from referrals import cpt, recording
from referrals.eligibility.facts import LEVELS
from referrals.events import Event
from referrals.procedure import LevelDetails, ProcedureRecord, records_of
from referrals.staff import RoleName
from referrals.transition import Incomplete, NotAllowed, Stale
from tests import clinic

VP, KP = "vertebroplasty", "kyphoplasty"

# Worked by hand from the vocabulary's "Procedures", not from the code.
WORKED = [
    ([(VP, "T8")], ["22510"]),
    ([(VP, "C5")], ["22510"]),
    ([(VP, "L1")], ["22511"]),
    ([(VP, "S1")], ["22511"]),
    ([(VP, "T12"), (VP, "L1")], ["22510", "22512"]),
    ([(VP, "L1"), (VP, "T12")], ["22511", "22512"]),
    ([(VP, "L1"), (VP, "L2"), (VP, "L3")], ["22511", "22512", "22512"]),
    ([(KP, "T7")], ["22513"]),
    ([(KP, "L4")], ["22514"]),
    ([(KP, "T12"), (KP, "L1"), (KP, "L2")], ["22513", "22515", "22515"]),
    ([(KP, "L2"), (KP, "T11")], ["22514", "22515"]),
    ([(KP, "T11"), (VP, "L2")], ["22513", "22511"]),
    ([(VP, "T9"), (KP, "L1"), (VP, "L3"), (KP, "T12")], ["22510", "22514", "22512", "22515"]),
    ([(KP, "C7")], [None]),
    ([(KP, "S2"), (KP, "L5")], [None, "22514"]),
    ([(KP, "L5"), (KP, "S1")], ["22514", None]),
    ([], []),
]
TREATED = st.lists(st.sampled_from(LEVELS), unique=True, max_size=10).flatmap(
    lambda levels: st.tuples(*(st.tuples(st.sampled_from([VP, KP]), st.just(level)) for level in levels))
)
FIRST = {VP: {"22510", "22511"}, KP: {"22513", "22514"}}
FURTHER = {VP: "22512", KP: "22515"}


@pytest.mark.parametrize(("treated", "expected"), WORKED)
def test_the_codes_of_worked_examples(treated, expected):
    assert list(cpt.codes(treated)) == expected


@given(treated=TREATED)
def test_each_treated_level_has_a_code_of_its_procedure_and_each_procedure_one_first_level(treated):
    codes = list(cpt.codes(treated))
    assert len(codes) == len(treated)
    for procedure in (VP, KP):
        own = [code for (done, _), code in zip(treated, codes, strict=True) if done == procedure and code]
        assert set(own) <= FIRST[procedure] | {FURTHER[procedure]}
        assert len([code for code in own if code in FIRST[procedure]]) == min(1, len(own))
        assert own[:1] == [code for code in own if code in FIRST[procedure]], "the first level has the first code"
    without = [(done, level[0]) for (done, level), code in zip(treated, codes, strict=True) if code is None]
    assert set(without) <= {(KP, "C"), (KP, "S")}


def test_every_code_has_words_of_our_own():
    assert set(cpt.WORDS) == set().union(*FIRST.values(), FURTHER.values())
    assert len(set(cpt.WORDS.values())) == len(cpt.WORDS)


@pytest.fixture
def treated(database):
    """A referral whose patient was treated today, the visit, and who may write down what was done."""
    with database.begin() as session:
        elm, hospital = clinic.practice(session, "Elm Practice"), clinic.practice(session, "Clinic", is_clinic=True)
        physician = clinic.person(session, "Elm Physician", RoleName.PHYSICIAN, elm)
        cora = clinic.person(session, "Test Coordinator", RoleName.COORDINATOR, hospital)
        ira = clinic.person(session, "Test Radiologist", RoleName.IR_PHYSICIAN, hospital)
        referral = clinic.accepted(session, clinic.refer(session, physician), cora)
        yield session, referral, clinic.seen(session, referral, cora), cora, ira


def record(session, referral, visit, by, told):
    return recording.record(session, referral, by, referral.version, visit, told)


def test_the_codes_are_filled_in_and_a_chosen_one_stays(treated):
    session, referral, visit, cora, ira = treated
    levels = (LevelDetails("T12", KP, cpt_code="22514"), LevelDetails("L1", KP), LevelDetails("L3", VP))
    made = record(session, referral, visit, cora, clinic.procedure(ira, *levels))
    session.expire_all()
    assert [level.cpt_code for level in made.levels] == ["22514", "22515", "22511"]
    assert made.filled_in == ["22513", "22515", "22511"]
    assert [code for code, _, _ in made.codes] == ["22511", "22514", "22515"]


def test_a_code_that_comes_several_times_is_counted(treated):
    session, referral, visit, cora, ira = treated
    levels = [LevelDetails(level, VP) for level in ("T11", "T12", "L1")]
    made = record(session, referral, visit, cora, clinic.procedure(ira, *levels))
    assert [(code, times) for code, _, times in made.codes] == [("22510", 1), ("22512", 2)]


def test_a_correction_is_another_version_and_the_first_is_kept(treated):
    session, referral, visit, cora, ira = treated
    first = record(session, referral, visit, ira, clinic.procedure(ira))
    leaked = LevelDetails("L1", KP, balloon=True, leak="asymptomatic", leak_where="disc")
    second = record(session, referral, visit, cora, clinic.procedure(ira, leaked))
    session.expire_all()
    assert records_of(session, referral.id) == {visit.id: [second, first]}
    assert (first.number, first.levels[0].leak, second.number, second.levels[0].leak) == (1, None, 2, "asymptomatic")
    events = select(Event).where(Event.referral_id == referral.id).order_by(Event.id.desc())
    told = session.scalars(events.limit(2)).all()
    assert [(event.action, event.details) for event in told] == [
        ("correct_procedure", {"number": 2}),
        ("record_procedure", {"number": 1}),
    ]
    assert [event.version for event in told] == [referral.version, referral.version - 1]
    assert {event.to_state for event in told} == {"attended"}


def test_of_two_who_record_it_one_wins(treated):
    session, referral, visit, cora, ira = treated
    opened = referral.version
    record(session, referral, visit, ira, clinic.procedure(ira))
    with pytest.raises(Stale):
        recording.record(session, referral, cora, opened, visit, clinic.procedure(ira))
    assert len(session.scalars(select(ProcedureRecord)).all()) == 1


def test_what_a_record_lacks_is_said(treated):
    session, referral, visit, cora, ira = treated
    for told, field in (
        (clinic.procedure(cora), "performed_by"),
        (clinic.procedure(ira, LevelDetails("L1", KP), LevelDetails("L1", VP)), "level1"),
    ):
        with pytest.raises(Incomplete) as missing:
            record(session, referral, visit, cora, told)
        assert missing.value.field == field
    nothing = type(told)(performed_by=ira, levels=())
    with pytest.raises(Incomplete, match="which level"):
        record(session, referral, visit, cora, nothing)


def test_only_the_clinic_records_and_only_where_somebody_was_treated(treated):
    session, referral, visit, cora, ira = treated
    with pytest.raises(NotAllowed):
        record(session, referral, visit, referral.requester, clinic.procedure(ira))
    other = clinic.accepted(session, clinic.refer(session, referral.requester), cora)
    looked_at = clinic.seen(session, other, cora, "proceed", "consultation")
    with pytest.raises(NotAllowed):
        record(session, other, looked_at, ira, clinic.procedure(ira))
    with pytest.raises(NotAllowed):
        record(session, other, visit, ira, clinic.procedure(ira))
    third = clinic.accepted(session, clinic.refer(session, referral.requester), cora)
    checked = clinic.seen(session, third, cora, "treated", "follow_up")
    with pytest.raises(NotAllowed):
        record(session, third, checked, ira, clinic.procedure(ira))


@pytest.mark.parametrize(
    ("table", "changes", "rule"),
    [
        ("treated_levels", "procedure = 'vertebroplasty'", "a_balloon_makes_a_kyphoplasty"),
        ("treated_levels", "leak = 'none', leak_where = 'disc'", "leak_somewhere"),
        ("treated_levels", "cement_ml = 31", "cement_ml"),
        ("treated_levels", "cpt_code = '22520'", "known_code"),
        ("treated_levels", "level = 'L6'", "known_level"),
        ("procedure_records", "complicated = true", "complications_in_words"),
        ("procedure_records", "complicated = false, complications = 'Bled.'", "complications_only_where_there_were"),
    ],
)
def test_the_rules_of_a_record_hold_below_the_code_too(treated, table, changes, rule):
    session, referral, visit, _, ira = treated
    record(session, referral, visit, ira, clinic.procedure(ira))
    with pytest.raises(IntegrityError, match=rule), session.begin_nested():
        session.execute(text(f"UPDATE {table} SET {changes}"))
