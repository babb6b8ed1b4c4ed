"""Pictures to judge, as plain data: a candidate for both procedures, changed fact by fact."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from referrals.eligibility.assessment import VertebraAssessment
from referrals.eligibility.criteria import in_force
from referrals.eligibility.edition import Criterion, Edition, ProcedureCriteria, Source
from referrals.eligibility.evaluate import assess
from referrals.eligibility.language import Node
from referrals.eligibility.verdict import PROCEDURES, Verdict

Facts = Mapping[str, Any]

TODAY = date(2026, 11, 22)
VERTEBROPLASTY, KYPHOPLASTY = PROCEDURES


def days_ago(days: int, today: date = TODAY) -> date:
    return today - timedelta(days)


CLEAR_SCREEN = {
    "active_infection": False,
    "coagulopathy": "none",
    "cement_allergy": False,
    "pregnant": False,
    "neurological_deficit": False,
}
FRAIL = {
    **CLEAR_SCREEN,
    "level": "L1",
    "injury": "compression_fracture",
    "collapse": "partial",
    "cause": "osteoporosis",
    "painful": True,
    "tumor_damage": False,
    "too_weak": False,
    "too_frail_for_surgery": True,
    "conservative_management_started_on": days_ago(28),
    "conservative_management_failed": True,
    "bedridden_risk": True,
}
"""A patient too frail for surgery, after four weeks without success: a candidate for both procedures."""


def judged(facts: Facts, edition: Edition | None = None, as_of: date = TODAY) -> VertebraAssessment:
    """One vertebra judged, by the clinic's criteria unless others are given."""
    (vertebra,) = assess(edition or in_force("clinic", as_of), facts, [facts], as_of).vertebrae
    return vertebra


def verdict(procedure: str, **changed: Any) -> Verdict:
    return judged({**FRAIL, **changed}).judgements[procedure].verdict


def kind(procedure: str, **changed: Any) -> str:
    return verdict(procedure, **changed).kind


def needed(procedure: str, **changed: Any) -> set[str]:
    return set(judged({**FRAIL, **changed}).judgements[procedure].needed)


def criterion(name: str, rule: Node) -> Criterion:
    return Criterion(name=name, title=name, rule=rule, source=Source("test", "made up"), reading="made up")


def made_up(
    inclusion: tuple[Node, ...] = (), exclusion: tuple[Node, ...] = (), documentation: tuple[Node, ...] = ()
) -> Edition:
    """An edition of the rules given, the same for both procedures."""
    criteria = ProcedureCriteria(
        inclusion=tuple(criterion(f"inclusion {at}", rule) for at, rule in enumerate(inclusion)),
        exclusion=tuple(criterion(f"exclusion {at}", rule) for at, rule in enumerate(exclusion)),
        documentation=tuple(criterion(f"documentation {at}", rule) for at, rule in enumerate(documentation)),
    )
    return Edition(
        criteria_set="made-up",
        name="1",
        in_force_from=date(2026, 1, 1),
        procedures=dict.fromkeys(PROCEDURES, criteria),
    )
