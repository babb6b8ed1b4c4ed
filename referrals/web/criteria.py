"""The criteria in force, in English: what is asked, how the source is read, and what is an addition."""

from collections.abc import Mapping

from flask import Blueprint, render_template

from referrals.eligibility import english
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import PARTS, Criterion, Edition, Part
from referrals.priority import HIGHEST, RULES
from referrals.web.context import today
from referrals.web.policy import allow

blueprint = Blueprint("criteria", __name__)


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


def procedures(edition: Edition) -> Mapping[str, dict[Part, tuple[Criterion, ...]]]:
    """The criteria that belong to one procedure alone, by part."""
    everywhere = set(map(id, (criterion for _, criterion in shared(edition))))
    return {
        procedure: {
            part: tuple(each for each in getattr(criteria, part) if id(each) not in everywhere) for part in PARTS
        }
        for procedure, criteria in edition.procedures.items()
    }


def shared(edition: Edition) -> list[tuple[Part, Criterion]]:
    """Exclusions and documentation that every procedure of the edition has: they are shown once."""
    first, *others = edition.procedures.values()
    return [
        (part, criterion)
        for part, criterion in first.parts()
        if part != "inclusion" and all(criterion in getattr(other, part) for other in others)
    ]
