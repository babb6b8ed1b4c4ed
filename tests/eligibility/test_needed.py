"""The facts still needed: each of them can change the verdict or its day, and no other fact can."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.eligibility.criteria import in_force
from referrals.eligibility.english import sentence
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, OneOf, Within, Yes, facts_of
from referrals.eligibility.verdict import PROCEDURES, Verdict
from tests.eligibility import brute_force
from tests.eligibility.anything import editions, half_known
from tests.eligibility.pictures import (
    CLEAR_SCREEN,
    FRAIL,
    KYPHOPLASTY,
    TODAY,
    VERTEBROPLASTY,
    days_ago,
    judged,
    made_up,
)
from tests.eligibility.pictures import needed as needed_of

SCREEN = set(CLEAR_SCREEN)
READ = [BY_NAME[name] for name in FRAIL]
PLAIN = [BY_NAME[name] for name in ("painful", "too_weak", "collapse", "tumor_damage")]
ONE_DATE = [BY_NAME[name] for name in ("painful", "collapse", "onset_on")]
TWO_DATES = [BY_NAME[name] for name in ("painful", "onset_on", "conservative_management_started_on")]


def needed(facts, edition, procedure=KYPHOPLASTY):
    return set(judged(facts, edition).judgements[procedure].needed)


def test_nothing_is_needed_once_the_verdict_is_settled():
    assert needed_of(KYPHOPLASTY) == set()
    assert needed_of(KYPHOPLASTY, active_infection=True, painful=None, injury=None) == set()


def test_the_screen_is_needed_even_where_the_procedure_is_not_indicated():
    assert needed_of(KYPHOPLASTY, painful=False, pregnant=None, cause=None) == {"pregnant"}


def test_what_no_longer_matters_is_not_asked_for():
    assert needed_of(VERTEBROPLASTY, too_weak=None, tumor_damage=None) == set()
    assert needed_of(KYPHOPLASTY, tumor_damage=None, bedridden_risk=True) == set()
    assert needed_of(KYPHOPLASTY, other_fracture_suitable=None) == set()


def test_while_one_waits_what_would_end_the_hope_is_needed():
    waiting = {"conservative_management_started_on": days_ago(10), "conservative_management_failed": None}
    assert needed_of(KYPHOPLASTY, **waiting) == {"conservative_management_failed"}


def test_a_tumor_that_nobody_asked_about_does_not_hide_what_the_wait_needs():
    asked = {
        "conservative_management_started_on": days_ago(10),
        "conservative_management_failed": None,
        "bedridden_risk": None,
        "tumor_damage": None,
    }
    assert needed_of(KYPHOPLASTY, **asked) == {"conservative_management_failed", "bedridden_risk", "tumor_damage"}


def test_the_cause_and_the_judgement_that_depends_on_it_are_both_needed():
    assert needed_of(KYPHOPLASTY, cause=None) == {"cause", "other_fracture_suitable"}
    assert needed_of(KYPHOPLASTY, cause="trauma") == {"other_fracture_suitable"}
    assert needed_of(KYPHOPLASTY, cause=None, other_fracture_suitable=True) == {"cause"}


def test_they_come_in_the_order_of_the_questions_each_once():
    asked = judged({}).judgements[KYPHOPLASTY].needed
    assert list(asked) == [name for name in BY_NAME if name in set(asked)]
    assert {"injury", "collapse", "cause", "painful"} | SCREEN <= set(asked)


def test_facts_that_no_criterion_reads_are_never_needed():
    read = {leaf for procedure in PROCEDURES for leaf in judged({}).judgements[procedure].needed}
    assert read.isdisjoint({"inr", "platelets", "clinical_frailty_scale", "level", "pain_score", "onset_on"})


def test_a_fact_that_decides_in_two_places_is_needed_only_where_it_still_decides():
    """Malignancy opens the door and spares the documents: without it both are asked, with it neither."""
    malignant = OneOf("cause", ("cancer",)) & Yes("tumor_damage")
    edition = made_up(
        inclusion=(malignant | (OneOf("cause", ("osteoporosis",)) & Yes("marrow_edema")),),
        documentation=(malignant | (Yes("bone_density_referral") & Yes("osteoporosis_program")),),
    )
    unknown = {"cause", "tumor_damage", "marrow_edema", "bone_density_referral", "osteoporosis_program"}
    assert needed({}, edition) == unknown
    assert needed({"cause": "cancer"}, edition) == {"tumor_damage"}
    assert needed({"cause": "osteoporosis", "osteoporosis_program": False}, edition) == {"marrow_edema"}
    assert needed({"osteoporosis_program": False}, edition) == {"cause", "tumor_damage", "marrow_edema"}


def test_a_documentation_that_can_no_longer_be_met_needs_nothing_more():
    edition = made_up(documentation=(Yes("osteoporosis_program"), Yes("bone_density_referral")))
    assert needed({"osteoporosis_program": False}, edition) == set()
    assert needed({"osteoporosis_program": True}, edition) == {"bone_density_referral"}


def test_a_condition_that_contradicts_itself_can_still_be_settled_by_an_answer():
    contradiction = Yes("painful") & ~Yes("painful")
    assert needed({}, made_up(inclusion=(contradiction,))) == {"painful"}
    assert needed({}, made_up(inclusion=(contradiction | Yes("too_weak"),))) == {"painful", "too_weak"}
    assert needed({"too_weak": True}, made_up(inclusion=(contradiction | Yes("too_weak"),))) == set()


def test_a_date_that_may_let_one_window_shut_before_another_opens_is_needed_with_all_that_hangs_on_it():
    edition = made_up(
        inclusion=(
            Within("conservative_management_started_on", 28, None),
            (Within("onset_on", None, 84) & Yes("marrow_edema")) | Yes("tumor_damage"),
        )
    )
    facts = {"onset_on": days_ago(70), "marrow_edema": True}
    assert needed(facts, edition) == {"conservative_management_started_on", "tumor_damage"}
    begun = {**facts, "conservative_management_started_on": days_ago(20)}
    assert needed(begun, edition) == set()


def test_a_date_that_would_rule_the_procedure_out_makes_nothing_else_needed():
    """As before, but a management begun so lately that it outlasts the other window is an exclusion."""
    inclusion = (
        Within("conservative_management_started_on", 5, None),
        (Within("onset_on", None, 10) & Yes("marrow_edema")) | Yes("tumor_damage"),
    )
    lately = Within("conservative_management_started_on", None, 2)
    facts = {"onset_on": days_ago(8), "marrow_edema": True}
    assert needed(facts, made_up(inclusion)) == {"conservative_management_started_on", "tumor_damage"}
    assert needed(facts, made_up(inclusion, (lately,))) == {"conservative_management_started_on"}


PAIN, WEAK, TUMOR, COLLAPSED = Yes("painful"), Yes("too_weak"), Yes("tumor_damage"), OneOf("collapse", ("partial",))
RECENT, OLD = Within("onset_on", None, 3), Within("onset_on", 2, None)


@pytest.mark.parametrize(
    "rule",
    [
        AtLeast(2, (PAIN, WEAK, TUMOR)) & (PAIN | COLLAPSED),
        AtLeast(2, (PAIN & WEAK, ~PAIN, TUMOR)),
        AtLeast(2, (PAIN, PAIN, WEAK)),
        AtLeast(2, (PAIN & TUMOR, WEAK & TUMOR, ~TUMOR, COLLAPSED)),
        AtLeast(3, (PAIN, ~PAIN, WEAK, WEAK, COLLAPSED)),
        (PAIN & ~PAIN & WEAK) | TUMOR,
        (PAIN | ~PAIN) & (WEAK | COLLAPSED),
        COLLAPSED & OneOf("collapse", ("partial", "none")) & PAIN,
        COLLAPSED & OneOf("collapse", ("complete", "none")) & PAIN,
        RECENT & OLD & PAIN,
        (RECENT & PAIN) | (OLD & WEAK),
        AtLeast(2, (RECENT, OLD, PAIN)),
        (Within("onset_on", 4, None) & PAIN) | ~Within("onset_on", 4, None) & WEAK,
        Within("pain_score", 5, None) & (~Within("pain_score", 8, None) | PAIN),
        ~Within("pain_score", 5, None) & Within("pain_score", 8, None) & PAIN,
    ],
    ids=sentence,
)
def test_where_a_fact_is_asked_twice_the_needed_facts_are_those_that_trying_finds(rule):
    edition = made_up((rule,), documentation=(TUMOR | PAIN,))
    unknown = dict.fromkeys((*facts_of(rule), "tumor_damage", "painful"))
    onsets = [days_ago(days) for days in range(6)] if "onset_on" in unknown else []
    for facts in (unknown, *({**unknown, "onset_on": onset} for onset in onsets)):
        assert needed(facts, edition) == brute_force.needed(edition.procedures[KYPHOPLASTY], facts, TODAY)


def test_a_large_payers_rule_is_worked_out_while_a_person_waits():
    secondary = (
        Yes("height_loss_progressing"),
        ~Within("height_loss", None, 25),
        Yes("kyphotic_deformity"),
        ~Within("disability_rdq", None, 17),
    )
    inpatient = OneOf("setting", ("inpatient",))
    malignant = OneOf("cause", ("cancer",)) & Yes("tumor_damage") & Yes("intractable_cancer_pain")
    edition = made_up(
        inclusion=(
            Yes("painful"),
            malignant
            | OneOf("cause", ("osteoporosis",))
            & Within("onset_on", None, 84)
            & (
                (inpatient & Within("pain_score", 8, None))
                | (~inpatient & Within("pain_score", 5, None) & AtLeast(2, secondary))
            ),
        ),
        documentation=(malignant | Yes("osteoporosis_program"),),
    )
    read = {name for each in edition.procedures[KYPHOPLASTY].parts() for name in facts_of(each[1].rule)}
    assert needed({}, edition) == read
    assert needed({"painful": False}, edition) == set()
    assert needed({"cause": "cancer", "tumor_damage": False}, edition) == set()


@settings(max_examples=100)
@given(editions(PLAIN), half_known(PLAIN))
def test_the_needed_facts_are_those_that_trying_every_answer_finds(edition, facts):
    assert needed(facts, edition) == brute_force.needed(edition.procedures[KYPHOPLASTY], facts, TODAY)


@settings(max_examples=80)
@given(editions(ONE_DATE), half_known(ONE_DATE))
def test_the_same_where_a_date_is_running(edition, facts):
    near = {**facts, "onset_on": _near(facts["onset_on"])}
    assert needed(near, edition) == brute_force.needed(edition.procedures[KYPHOPLASTY], near, TODAY)


@settings(max_examples=40)
@given(editions(TWO_DATES), half_known(TWO_DATES))
def test_the_same_where_two_dates_are_running(edition, facts):
    near = {name: value if name == "painful" else _near(value) for name, value in facts.items()}
    assert needed(near, edition) == brute_force.needed(edition.procedures[KYPHOPLASTY], near, TODAY)


def test_a_fact_that_counts_only_after_a_wait_is_needed_where_the_screen_asks_the_same_date():
    edition = made_up(
        inclusion=(Within("onset_on", 3, 4), Yes("painful") | Within("onset_on", 1, 1)),
        exclusion=(Within("onset_on", 2, 4),),
    )
    assert needed({}, edition) == brute_force.needed(
        edition.procedures[KYPHOPLASTY], dict.fromkeys(("painful", "onset_on")), TODAY
    )
    assert needed({}, edition) == {"painful", "onset_on"}


def _near(day):
    return None if day is None else days_ago((TODAY - day).days % brute_force.FURTHEST)


@settings(max_examples=150)
@given(half_known(READ), half_known(READ), st.integers(0, 60))
def test_more_facts_never_overturn_a_settled_verdict(facts, more, days):
    """Settled is a verdict for which nothing is needed."""
    edition = in_force("clinic", TODAY)
    begun = {**facts, "conservative_management_started_on": TODAY - timedelta(days)}
    for procedure in PROCEDURES:
        before = judged(begun, edition).judgements[procedure]
        fuller = {name: more[name] if value is None else value for name, value in begun.items()}
        if not before.needed:
            assert judged(fuller, edition).judgements[procedure].verdict == before.verdict


@settings(max_examples=100)
@given(half_known(READ), st.data())
def test_only_a_needed_fact_changes_a_verdict_of_the_clinic(facts, data):
    unknown = [name for name, value in facts.items() if value is None]
    if unknown:
        name = data.draw(st.sampled_from(unknown))
        answered = {**facts, name: data.draw(half_known([BY_NAME[name]]))[name]}
        for procedure in PROCEDURES:
            before, after = judged(facts).judgements[procedure], judged(answered).judgements[procedure]
            assert name in before.needed or after.verdict == before.verdict
            assert set(after.needed) <= set(before.needed)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_needed_fact_of_a_half_known_patient_can_change_the_verdict(procedure):
    """Shown on the referral that says only "painful compression fracture with loss of height"."""
    read = {name: None for name in FRAIL if name != "level"}
    facts = {**read, **CLEAR_SCREEN, "injury": "compression_fracture", "collapse": "partial", "painful": True}
    open_facts = {**facts, "conservative_management_started_on": days_ago(30), "other_fracture_suitable": None}
    criteria = in_force("clinic", TODAY).procedures[procedure]
    assert needed(open_facts, None, procedure) == brute_force.needed(criteria, open_facts, TODAY)


def test_needed_says_nothing_of_the_day_when_the_day_cannot_move():
    verdict = judged({**FRAIL, "conservative_management_started_on": TODAY}).judgements[KYPHOPLASTY]
    assert verdict[::2] == (Verdict("not_yet", TODAY + timedelta(28)), ())
