"""The facts that a truth rests on: enough to say it, and none besides."""

from hypothesis import given

from referrals.eligibility.bearing import bearing
from referrals.eligibility.sets.medicare_lcd import ACUTE, CAUSE, PAIN, RISKS
from referrals.eligibility.truth import truth
from tests.eligibility.anything import conditions, half_known
from tests.eligibility.pictures import TODAY
from tests.eligibility.test_medicare_lcd import INPATIENT, MALIGNANT, OUTPATIENT, STABLE


def of(criterion, facts, **changed):
    return bearing(criterion.rule, {**facts, **changed}, TODAY)


def test_an_osteoporotic_fracture_is_asked_nothing_of_cancer():
    assert of(CAUSE, OUTPATIENT) == ("cause",)
    assert of(ACUTE, OUTPATIENT) == ("onset_on",)
    assert of(ACUTE, MALIGNANT) == ("cause", "tumor_damage", "intractable_cancer_pain")


def test_severe_pain_rests_on_the_way_in_that_is_open():
    assert of(PAIN, INPATIENT) == ("setting", "pain_score")
    assert of(PAIN, OUTPATIENT) == ("setting", "pain_score", "nonsurgical_management_optimal", "pain_trend")
    assert of(PAIN, STABLE)[-2:] == ("height_loss", "kyphotic_deformity")


def test_what_is_open_rests_on_what_nobody_knows_as_well():
    assert "pain_trend" in of(PAIN, OUTPATIENT, pain_trend=None)
    assert of(RISKS, OUTPATIENT, retropulsion=True) == ("relative_contraindications_addressed",)
    assert len(of(RISKS, OUTPATIENT)) == 7
    assert of(RISKS, OUTPATIENT, retropulsion=True, relative_contraindications_addressed=True)[-1] == (
        "relative_contraindications_addressed"
    )


@given(conditions(), half_known())
def test_these_facts_alone_say_the_same(condition, facts):
    alone = {name: facts[name] for name in bearing(condition, facts, TODAY)}
    assert truth(condition, alone, TODAY) is truth(condition, facts, TODAY)
