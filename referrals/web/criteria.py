"""The criteria in force, in English: what is asked, how the source is read, and what is an addition."""

from collections.abc import Iterator, Mapping

from flask import Blueprint, render_template

from referrals.eligibility import english
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import PARTS, Criterion, Edition, Part, ProcedureCriteria
from referrals.priority import HIGHEST, RULES
from referrals.web.context import today
from referrals.web.policy import allow

blueprint = Blueprint("criteria", __name__)

Criteria = Mapping[Part, tuple[Criterion, ...]]


@blueprint.get("/criteria")
@allow("read_criteria")
def show() -> str:
    editions = [(criteria_set, criteria_set.in_force(today())) for criteria_set in SETS.values()]
    return render_template(
        "criteria/sets.html",
        editions=editions,
        procedures=procedures,
        shared=shared,
        outline=english.outline,
        sentence=english.sentence,
        priority_rules=RULES,
        highest=HIGHEST,
    )


def procedures(edition: Edition) -> Mapping[str, Criteria]:
    """The criteria that belong to one procedure alone, by part."""
    both = shared(edition)
    return {
        procedure: {
            part: tuple(each for each in listed if each not in both[part]) for part, listed in by_part(criteria)
        }
        for procedure, criteria in edition.procedures.items()
    }


def shared(edition: Edition) -> Criteria:
    """What all procedures of the edition have in common, by part: it is shown once.

    What is asked for is not torn apart: it is in common as a whole, or not at all.
    """
    first, *others = (dict(by_part(criteria)) for criteria in edition.procedures.values())
    both = {
        part: tuple(each for each in listed if all(each in other[part] for other in others))
        for part, listed in first.items()
    }
    return (
        both if all(both["inclusion"] == each["inclusion"] for each in (first, *others)) else {**both, "inclusion": ()}
    )


def by_part(criteria: ProcedureCriteria) -> Iterator[tuple[Part, tuple[Criterion, ...]]]:
    for part in PARTS:
        yield part, getattr(criteria, part)
