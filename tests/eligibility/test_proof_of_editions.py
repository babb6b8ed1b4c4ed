"""Two editions beside one another: who could be added, who could drop out, or a proof that nobody can."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.eligibility.criteria import in_force
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.proof.comparison import compared
from referrals.eligibility.sets import clinic
from referrals.eligibility.verdict import CANDIDATE, NOT_INDICATED, NOT_YET, PROCEDURES
from tests.eligibility.anything import editions
from tests.eligibility.everybody import FEW, SECONDS, every_picture, typed, verdict
from tests.eligibility.pictures import KYPHOPLASTY, TODAY, VERTEBROPLASTY, days_ago, made_up

NOW = in_force("clinic", TODAY)
BOTH_WAYS = [(procedure, change) for procedure in PROCEDURES for change in ("added", "dropped")]


def moves(before, after, seconds=SECONDS):
    return {(each.procedure, each.change): each for each in compared(before, after, TODAY, seconds)}


def clinic_after(days, name="2"):
    """The clinic's edition, with another wait before kyphoplasty."""
    patience = replace(
        clinic.TUMOR_OR_FAILED_MANAGEMENT,
        rule=Yes("tumor_damage")
        | (Yes("conservative_management_failed") & Within(clinic.STARTED, days, None) & Yes("bedridden_risk")),
    )
    criteria = NOW.procedures[KYPHOPLASTY]
    changed = replace(criteria, inclusion=(*criteria.inclusion[:-1], patience))
    return replace(NOW, name=name, procedures={**NOW.procedures, KYPHOPLASTY: changed})


def test_an_edition_beside_itself_moves_nobody():
    said = moves(NOW, NOW)
    assert list(said) == BOTH_WAYS
    assert {each.possible for each in said.values()} == {False}


def test_a_longer_wait_drops_whom_it_no_longer_lets_in_and_adds_nobody():
    said = moves(NOW, clinic_after(42))
    assert [key for key, each in said.items() if each.possible] == [(KYPHOPLASTY, "dropped")]
    dropped = said[KYPHOPLASTY, "dropped"]
    assert dropped.words == "somebody can be a candidate by clinic 1 and not yet indicated by clinic 2"
    assert dropped.example.verdicts == (CANDIDATE, NOT_YET)
    assert dropped.example.facts["conservative_management_started_on"] == days_ago(28).isoformat()
    assert "conservative management began 28 days ago" in dropped.example.words
    assert said[KYPHOPLASTY, "added"].words == "every candidate by clinic 2 is one by clinic 1"


def test_a_shorter_wait_adds_whom_it_lets_in_sooner():
    said = moves(NOW, clinic_after(14))
    assert [key for key, each in said.items() if each.possible] == [(KYPHOPLASTY, "added")]
    assert said[KYPHOPLASTY, "added"].example.facts["conservative_management_started_on"] == days_ago(14).isoformat()


def test_the_clinic_and_the_payer_each_take_somebody_whom_the_other_refuses():
    payer = in_force("medicare-lcd", TODAY)
    for (procedure, change), each in moves(NOW, payer).items():
        by, other = (payer, NOW) if change == "added" else (NOW, payer)
        said = [verdict(typed(each.example.facts), edition, procedure) for edition in (by, other)]
        assert said == list(each.example.verdicts)
        assert said[0] == CANDIDATE
        assert said[1] in ("not_indicated", "not_yet", "contraindicated")


def test_whom_the_other_only_asks_more_about_is_found_where_it_refuses_nobody():
    before = made_up(inclusion=(Yes("painful"),))
    after = made_up(inclusion=(Yes("painful"),), documentation=(Yes("bone_density_referral"),))
    said = moves(before, after)[VERTEBROPLASTY, "dropped"]
    assert (said.possible, said.example.words) == (
        True,
        "A patient of whom this is known: the pain is at this level.",
    )
    assert said.words == "somebody can be a candidate by made-up 1 and undecided by made-up 1"


def test_rules_that_say_the_same_in_other_words_move_nobody():
    before = made_up(inclusion=(~(Yes("painful") & Yes("too_weak")),))
    after = made_up(inclusion=(~Yes("painful") | ~Yes("too_weak"),))
    assert {each.possible for each in moves(before, after).values()} == {False}


def test_an_answer_of_no_refuses_where_another_edition_does_not_ask():
    before = made_up(inclusion=(Yes("painful"),))
    after = made_up(inclusion=(Yes("painful"), Yes("marrow_edema")))
    said = moves(before, after)[VERTEBROPLASTY, "dropped"]
    assert said.example.verdicts == (CANDIDATE, NOT_INDICATED)
    assert said.example.facts == {"painful": True, "marrow_edema": False}


@settings(max_examples=15)
@given(st.tuples(editions(FEW), editions(FEW)))
def test_z3_moves_somebody_exactly_where_trying_everybody_does(pair):
    before, after = pair
    verdicts = [[verdict(facts, edition) for facts in every_picture()] for edition in pair]
    old, new = ([kind == CANDIDATE for kind in kinds] for kinds in verdicts)
    said = moves(before, after)
    assert said[KYPHOPLASTY, "added"].possible is any(is_ and not was for was, is_ in zip(old, new, strict=True))
    assert said[KYPHOPLASTY, "dropped"].possible is any(was and not is_ for was, is_ in zip(old, new, strict=True))
