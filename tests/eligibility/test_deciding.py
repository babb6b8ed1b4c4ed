"""What would settle a verdict: the smallest sets of missing facts, the question to ask next, what each answer does."""

import time

import pytest
from hypothesis import assume, given, settings

from referrals.eligibility.consequence import REFUSED, Place, consequences, courses
from referrals.eligibility.criteria import in_force
from referrals.eligibility.deciding import MOST, deciding, left_open, shares
from referrals.eligibility.english import answer, sentence
from referrals.eligibility.evaluate import assess
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.next_question import in_order
from referrals.eligibility.truth import truth
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION
from tests.eligibility import brute_deciding as brute
from tests.eligibility import brute_force
from tests.eligibility.anything import editions, half_known
from tests.eligibility.pictures import FRAIL, KYPHOPLASTY, TODAY, VERTEBROPLASTY, Facts, days_ago, made_up

PLAIN = [BY_NAME[name] for name in ("painful", "too_weak", "collapse", "tumor_damage")]
NUMBERS = [BY_NAME[name] for name in ("painful", "pain_score", "collapse")]
ONE_DATE = [BY_NAME[name] for name in ("painful", "too_weak", "onset_on")]
TWO_DATES = [BY_NAME[name] for name in ("painful", "onset_on", "conservative_management_started_on")]

PAYER = in_force("medicare-lcd", TODAY)

INSURED = {
    "level": "L1",
    "painful": True,
    "cause": "osteoporosis",
    "onset_on": days_ago(30),
    "marrow_edema": True,
    "setting": "outpatient",
    "pain_score": 7,
    "pain_trend": "stable",
    "height_loss_progressing": True,
    "height_loss": 10,
    "kyphotic_deformity": False,
    "disability_rdq": 20,
    "active_infection": False,
    "pregnant": False,
    "bone_density_referral": True,
    "osteoporosis_program": True,
    "tumor_damage": False,
    "nonsurgical_management_optimal": True,
    "relative_contraindications_addressed": True,
}
"""All that the payer asks for, by one of its four findings more than it needs."""


def assessed(facts, edition=None):
    return assess(edition or in_force("clinic", TODAY), facts, [facts], TODAY)


def decides(facts, edition=None, procedure=KYPHOPLASTY):
    return deciding(left(facts, edition, procedure))


def left(facts, edition=None, procedure=KYPHOPLASTY):
    judgement = assessed(facts, edition).vertebrae[0].judgements[procedure]
    assert judgement.verdict.kind == MORE_INFORMATION
    return left_open(judgement, TODAY)


def effects(facts, name, procedure=KYPHOPLASTY, edition=None):
    """What each answer does for the procedure, as a person reads it."""
    found = consequences(assessed(facts, edition), name, 0 if BY_NAME[name].scope == "vertebra" else None)
    return {None if each.answer is None else answer(each.answer): each.leads_to[Place(0, procedure)] for each in found}


def test_the_last_missing_fact_decides_either_way():
    facts = {**FRAIL, "painful": None}
    assert decides(facts) == ((("painful",),), (("painful",),), True)
    assert effects(facts, "painful") == {"yes": "candidate", "no": "not_indicated"}


def test_a_cause_that_nobody_told_settles_it_only_where_it_is_a_usual_one():
    facts = {**FRAIL, "cause": None}
    assert decides(facts).making == (("cause",),)
    assert effects(facts, "cause") == {"osteoporosis or cancer": "candidate", "benign tumor, trauma or other": None}
    assert shares(left(facts))["cause"] == shares(left({**facts, "collapse": None}))["collapse"] == 0.5


def test_of_three_reasons_each_is_a_smallest_set_of_its_own():
    facts = {**FRAIL, "too_frail_for_surgery": None, "too_weak": None, "tumor_damage": None}
    found = decides(facts, procedure=VERTEBROPLASTY)
    assert found.making == (("tumor_damage",), ("too_weak",), ("too_frail_for_surgery",))
    assert effects(facts, "too_weak", VERTEBROPLASTY) == {"yes": "candidate", "no": None}


def test_a_single_answer_may_refuse_what_only_two_can_grant():
    facts = {**FRAIL, "painful": None, "pregnant": None}
    assert decides(facts).settling == (("painful",), ("pregnant",))
    assert decides(facts).making == (("painful", "pregnant"),)
    asked = courses(in_force("clinic", TODAY), facts, TODAY, KYPHOPLASTY, ("painful", "pregnant"))
    assert [([sentence(node) for _, node in each.said if node is not None], each.leads_to) for each in asked] == [
        (["the pain is at this level", "the patient is pregnant"], "contraindicated"),
        (["the pain is at this level", "the patient is not pregnant"], "candidate"),
        (["the pain is not at this level"], "not_indicated"),
    ]


def test_a_date_is_told_in_days_ago():
    facts = {**FRAIL, "conservative_management_started_on": None}
    assert effects(facts, "conservative_management_started_on") == {
        "at least 28 days ago": "candidate",
        "at most 27 days ago": "not_yet",
    }


def test_more_than_three_missing_facts_are_not_searched():
    few = dict.fromkeys(("painful", "pregnant", "collapse"))
    assert decides({**FRAIL, **few}).making == (("collapse", "painful", "pregnant"),)
    more = decides({**FRAIL, **few, "cement_allergy": None})
    assert more.making == ()
    assert more.reachable is True
    assert more.settling != ()


def test_where_the_record_lacks_what_it_must_hold_no_answer_makes_a_candidate():
    edition = made_up(inclusion=(Yes("painful"),), documentation=(Yes("osteoporosis_program"), Yes("too_weak")))
    assert decides({"osteoporosis_program": False}, edition) == ((("painful",),), (), False)
    assert decides({"osteoporosis_program": False, "painful": True}, edition) == ((), (), False)


def test_two_of_four_findings_are_asked_in_pairs_or_whatever_is_shorter():
    asked = dict.fromkeys(("height_loss_progressing", "height_loss", "disability_rdq"))
    assert decides({**INSURED, **asked}, PAYER).making == (
        ("height_loss", "height_loss_progressing"),
        ("height_loss", "disability_rdq"),
        ("height_loss_progressing", "disability_rdq"),
    )
    assert decides({**INSURED, **asked, "pain_trend": None}, PAYER).making == (("pain_trend",),)
    assert effects({**INSURED, **asked, "pain_trend": None}, "pain_trend", edition=PAYER) == {
        "getting worse": "candidate",
        "stable or getting better": None,
    }
    assert effects({**INSURED, "pain_score": None}, "pain_score", edition=PAYER) == {
        "4 or less": "not_indicated",
        "5 or more": "candidate",
    }
    halves = {**INSURED, "height_loss": None, "disability_rdq": 3}
    assert effects(halves, "height_loss", edition=PAYER) == {
        "25 % or less": "not_indicated",
        "more than 25 %": "candidate",
    }
    assert effects({**INSURED, "level": None}, "level", edition=PAYER) == {
        "from C1 to C7 or from S1 to S5": "not_indicated",
        "from T1 to L5": "candidate",
    }


def test_what_settles_more_often_is_asked_first_and_of_equals_the_vertebra():
    facts = {**FRAIL, "painful": None, "pregnant": None, "cause": None}
    assert [(each.fact, each.vertebra) for each in in_order(assessed(facts))][:3] == [
        ("painful", 0),
        ("pregnant", None),
        ("cause", 0),
    ]


def test_of_several_vertebrae_a_question_that_settles_all_comes_before_one_that_settles_one():
    patient = {**FRAIL, "pregnant": None}
    vertebrae: list[Facts] = [{"level": "L1"}, {"level": "L2", "painful": None}]
    asked = in_order(assess(in_force("clinic", TODAY), patient, vertebrae, TODAY))
    assert [(each.fact, each.vertebra) for each in asked] == [("pregnant", None), ("painful", 1)]
    assert asked[0].settles > asked[1].settles


def test_nothing_is_asked_where_nothing_is_open():
    assert in_order(assessed(FRAIL)) == []


@pytest.mark.parametrize("edition", [None, PAYER], ids=["clinic", "payer"])
def test_it_is_worked_out_while_a_person_types(edition):
    """A half-filled page: processor time, so that it does not hang on what else the machine does."""
    half = {name: value for at, (name, value) in enumerate({**FRAIL, **INSURED}.items()) if at % 2}
    best = []
    for missing in list(half)[:8]:
        assessment = assessed({**half, missing: None}, edition)
        began = time.process_time()
        first = in_order(assessment)[0]
        consequences(assessment, first.fact, first.vertebra)
        for judgement in assessment.vertebrae[0].judgements.values():
            if judgement.verdict.kind == MORE_INFORMATION:
                deciding(left_open(judgement, TODAY))
        best.append(time.process_time() - began)
    assert sorted(best)[len(best) // 2] < 0.02


@settings(max_examples=40)
@given(editions(PLAIN), half_known(PLAIN))
def test_the_smallest_sets_are_those_that_trying_every_answer_finds(edition, facts):
    criteria = edition.procedures[KYPHOPLASTY]
    assume(brute.kind(criteria, facts) == MORE_INFORMATION)
    found = decides(facts, edition)
    assert set(map(frozenset, found.making)) == brute.smallest(criteria, facts, [CANDIDATE], MOST)
    assert set(map(frozenset, found.settling)) == brute.smallest(criteria, facts, [CANDIDATE, "refused"], MOST)
    missing = [name for name, value in facts.items() if value is None]
    whole = {brute.kind(criteria, {**facts, **said}) for said in brute.told(missing)}
    assert found.reachable is (CANDIDATE in whole)


@settings(max_examples=40)
@given(editions(NUMBERS), half_known(NUMBERS))
def test_a_share_counts_the_answers_that_settle_by_themselves(edition, facts):
    criteria = edition.procedures[KYPHOPLASTY]
    assume(brute.kind(criteria, facts) == MORE_INFORMATION)
    for name, share in shares(left(facts, edition)).items():
        settles = [brute.settled(criteria, {**facts, name: value}) is not None for value in brute.values(name)]
        assert (share == 1, share == 0) == (all(settles), not any(settles))
        if BY_NAME[name].kind == "flag":
            assert share * 2 == settles.count(True)


def near(facts):
    """Dates no further away than a made-up edition can tell apart."""
    return {
        name: value if value is None or BY_NAME[name].kind != "date" else days_ago((TODAY - value).days % 7)
        for name, value in facts.items()
    }


def _is(condition, told):
    return condition is None or truth(condition, told, TODAY) is True


def check_consequences(edition, facts):
    """Each value belongs to just one answer, and that says what the value does."""
    criteria, assessment = edition.procedures[KYPHOPLASTY], assessed(facts, edition)
    judgement = assessment.vertebrae[0].judgements[KYPHOPLASTY]
    assume(judgement.verdict.kind == MORE_INFORMATION)
    for name in judgement.needed:
        found = consequences(assessment, name, 0 if BY_NAME[name].scope == "vertebra" else None)
        assert len({each.leads_to[Place(0, KYPHOPLASTY)] for each in found}) == len(found)
        for value in brute.values(name):
            (said,) = [
                each for each in found if each.answer is None or truth(each.answer, {name: value}, TODAY) is True
            ]
            kind = brute.kind(criteria, {**facts, name: value})
            assert said.leads_to[Place(0, KYPHOPLASTY)] == (None if kind == MORE_INFORMATION else kind)


@given(editions(NUMBERS), half_known(NUMBERS))
def test_each_answer_does_what_it_is_said_to_do(edition, facts):
    check_consequences(edition, facts)


@settings(max_examples=25)
@given(editions([BY_NAME["height_loss"], BY_NAME["painful"]]), half_known([BY_NAME["painful"]]))
def test_the_same_of_a_quantity_that_takes_decimals(edition, facts):
    check_consequences(edition, {**facts, "height_loss": None})


@settings(max_examples=50)
@given(editions(TWO_DATES), half_known(TWO_DATES))
def test_the_same_where_dates_are_running(edition, facts):
    check_consequences(edition, near(facts))


@settings(max_examples=40)
@given(editions(ONE_DATE), half_known(ONE_DATE))
def test_answers_to_a_set_of_questions_lead_where_they_are_said_to_lead(edition, facts):
    criteria, facts = edition.procedures[KYPHOPLASTY], near(facts)
    assume(brute.kind(criteria, facts) == MORE_INFORMATION)
    for names in decides(facts, edition).making:
        asked = courses(edition, facts, TODAY, KYPHOPLASTY, names)
        assert CANDIDATE in {each.leads_to for each in asked}
        for said in brute.told(names):
            (course,) = [each for each in asked if all(_is(node, said) for _, node in each.said)]
            stands = brute.stands(criteria, {**facts, **said})
            expected = {CANDIDATE: CANDIDATE, None: MORE_INFORMATION}.get(course.leads_to, "refused")
            assert stands == expected


def test_where_two_dates_hang_together_a_refusal_does_not_say_whether_waiting_helps():
    edition = made_up(inclusion=(Within("onset_on", None, 84), Within("conservative_management_started_on", 28, None)))
    names = ("onset_on", "conservative_management_started_on")
    asked = courses(edition, dict.fromkeys(BY_NAME), TODAY, KYPHOPLASTY, names)
    assert {each.leads_to for each in asked} == {CANDIDATE, REFUSED}


def test_a_date_that_waits_for_one_window_while_another_closes_says_until_when_waiting_helps():
    """Symptoms began 80 days ago, so what opens within the next four days is in time."""
    edition = made_up(inclusion=(Within("onset_on", None, 84), Within("conservative_management_started_on", 28, None)))
    facts = {"onset_on": days_ago(80)}
    assert effects(facts, "conservative_management_started_on", edition=edition) == {
        "at most 23 days ago": "not_indicated",
        "24 to 27 days ago": "not_yet",
        "at least 28 days ago": "candidate",
    }


def test_the_brute_force_looks_at_every_value_of_a_date():
    assert len(brute.values("onset_on")) == brute_force.FURTHEST
