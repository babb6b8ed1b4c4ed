"""The criteria in force, in English: what is asked, how the source is read, and what is an addition."""

from collections.abc import Iterator, Mapping

from flask import Blueprint, Response, abort, render_template

from referrals import edition_draft, kept_edition
from referrals.eligibility import english
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import PARTS, Criterion, Edition, Part, ProcedureCriteria
from referrals.eligibility.exported import FORMS
from referrals.kept_edition import editions_of
from referrals.policy import may
from referrals.priority import HIGHEST, RULES
from referrals.screening import CRITERIA_SET
from referrals.web.context import me, reading, today
from referrals.web.draft_form import STAGES
from referrals.web.policy import allow

blueprint = Blueprint("criteria", __name__)

Criteria = Mapping[Part, tuple[Criterion, ...]]


@blueprint.get("/criteria")
@allow("read_criteria")
def show() -> str:
    session, drafts = reading(), may(me(), "draft_edition")
    editions = [(criteria_set, kept_edition.in_force(session, name, today())) for name, criteria_set in SETS.items()]
    return render_template(
        "criteria/sets.html",
        editions=editions,
        forms=FORMS,
        history={name: editions_of(session, name) for name in SETS},
        signed=edition_draft.adopted(session),
        drafts=drafts,
        drafted=edition_draft.open_draft(session, CRITERIA_SET) if drafts else None,
        stages=STAGES,
        procedures=procedures,
        shared=shared,
        outline=english.outline,
        sentence=english.sentence,
        priority_rules=RULES,
        highest=HIGHEST,
    )


@blueprint.get("/criteria/<set_name>/editions/<name>/<form>")
@allow("read_criteria")
def export(set_name: str, name: str, form: str) -> Response:
    """An edition of a set as a file, also one that is over or still to come."""
    criteria_set, wanted = SETS.get(set_name) or abort(404), FORMS.get(form) or abort(404)
    named = (edition for edition in editions_of(reading(), set_name) if edition.name == name)
    edition = next(named, None) or abort(404)
    response = Response(wanted.written(criteria_set, edition), mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={set_name}-{edition.name}.{wanted.ending}"
    return response


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
