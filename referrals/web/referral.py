"""The page of one referral: who, what was said of it and why, what is missing, and what happened."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import document
from referrals.advice import Needed, still_needed
from referrals.clinical import MODALITIES, ClinicalPicture, Vertebra, newest_picture
from referrals.course import SOURCES
from referrals.eligibility import facts
from referrals.eligibility.evaluate import Assessment, as_json
from referrals.eligibility.fact import Fact
from referrals.eligibility.verdict import CANDIDATE, best
from referrals.emergency import accesses_to
from referrals.events import Event
from referrals.information import InformationRequest, requests_of
from referrals.patients import SEXES, known_as
from referrals.reason import Reason
from referrals.referral import Referral, history
from referrals.restriction import may_restrict
from referrals.screening import assess_picture, newest_screening
from referrals.web import clock, payer, place, turning
from referrals.web.context import me, reading, today
from referrals.web.deciding import few_facts, next_question
from referrals.web.going_on import next_of
from referrals.web.next_step import SELDOM, STOPS, actions, first_of, next_step, placed
from referrals.web.part import tabs
from referrals.web.policy import allow
from referrals.web.reading import open_referral
from referrals.web.standing import clinic_standing, happened, standing
from referrals.workflow import State

blueprint = Blueprint("referral", __name__, url_prefix="/referrals")

SECTIONS = {
    words: [fact for fact in facts.PATIENT if fact.section == name]
    for name, words in {
        "pain": "Pain",
        "function": "Function",
        "conservative": "Conservative management",
        "safety": "Safety screen",
        "bone_health": "Bone health",
    }.items()
}
"""The facts of the patient as the page groups them."""


@blueprint.get("/<public_id>")
@allow("read_referral")
def show(public_id: str) -> str | Response:
    session = reading()
    referral = open_referral(public_id)
    if referral.status is State.DRAFT:
        return redirect(url_for("intake.edit", public_id=public_id))
    picture = newest_picture(session, referral.id)
    assessment, entries = assess_picture(session, picture, today()), history(session, referral)
    needed = still_needed(assessment)
    return render_template(
        "referral/show.html",
        referral=referral,
        referral_tabs=tabs(referral),
        screening=newest_screening(session, picture),
        history=told(session, entries),
        **came(session, referral),
        **stands(referral, requests_of(session, referral.id)),
        **onward(referral, assessment, needed),
        **guarded(session, referral),
        **judged(assessment),
        **shown_of(picture),
        **clock.shown(referral, entries),
        **place.shown(referral, picture),
        **turning.shown(referral),
        **payer.shown(picture, assessment),
    )


def came(session: Session, referral: Referral) -> dict[str, Any]:
    """By which way it came; a fax is to be kept with it."""
    by_fax = referral.source == "fax"
    return {"source": SOURCES[referral.source], "fax_missing": by_fax and document.count(session, referral) == 0}


def onward(referral: Referral, assessment: Assessment, needed: Sequence[Needed]) -> dict[str, Any]:
    """What this reader can do, what is still needed, and what comes first."""
    possible, candidate = actions(referral), CANDIDATE in assessment.kinds().values()
    first = first_of(referral, possible, candidate, needed)
    return {
        "at_clinic": me().works_at_clinic,
        "needed": needed,
        "next": next_step(referral),
        "actions": placed(possible, first),
        "seldom": SELDOM,
        "stops": STOPS,
        "going_on": next_of(referral),
        "first": first,
    }


def guarded(session: Session, referral: Referral) -> dict[str, Any]:
    """Whether this reader may restrict it, and who broke the glass."""
    broken = accesses_to(session, records_of(session, referral)) if referral.restricted else ()
    return {"may_restrict": may_restrict(me(), referral), "accesses": broken}


def judged(assessment: Assessment) -> dict[str, Any]:
    """What the verdicts with their reasons, and what to ask next, are drawn from."""
    said, following = as_json(assessment), next_question(assessment)
    return {
        "lit": lit(assessment),
        "assessment": said,
        "notes": notes(said["vertebrae"]),
        "next_question": following,
        "few_facts": few_facts(assessment, following),
    }


def shown_of(picture: ClinicalPicture) -> dict[str, Any]:
    """What the patient and the table of the clinical picture are drawn from."""
    return {
        "picture": picture,
        "sections": SECTIONS,
        "vertebra_facts": [fact for fact in facts.VERTEBRA if fact.name != "level"],
        "asked": partial(asked, picture.vertebrae),
        "modalities": MODALITIES,
        "sexes": SEXES,
    }


def records_of(session: Session, referral: Referral) -> list[int]:
    """The record of the patient, and those that were merged into it."""
    return [record.id for record in known_as(session, [referral.patient_id])]


def stands(referral: Referral, requests: Sequence[InformationRequest]) -> dict[str, Any]:
    """What was asked, and where the referral stands, as this reader says it."""
    owed = sum(len(request.open_items) for request in requests if request.is_open)
    words = clinic_standing(referral, me(), owed) if me().works_at_clinic else standing(referral, owed)
    return {"requests": requests, "standing": words}


def lit(assessment: Assessment) -> dict[str, str]:
    """How the spine is colored: the best verdict of each level that is known."""
    return {
        vertebra.level: best(judgement.verdict for judgement in vertebra.judgements.values()).kind
        for vertebra in assessment.vertebrae
        if vertebra.level
    }


def notes(vertebrae: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The remarks on the vertebrae, each once: {words, source, levels}; no levels where it is said of all."""
    once: dict[str, dict[str, Any]] = {}
    for vertebra in vertebrae:
        level = vertebra["level"] or "level not known"
        for note in vertebra["notes"]:
            once.setdefault(note["note"], {**note, "levels": []})["levels"].append(level)
    return [note | {"levels": note["levels"] if len(note["levels"]) < len(vertebrae) else []} for note in once.values()]


def asked(vertebrae: Sequence[Vertebra], fact: Fact, of: Vertebra | None = None) -> bool:
    """Whether the question arises at all: some are asked only after a certain answer to another."""
    return not vertebrae or all(
        any(getattr(vertebra, name) in (None, *answers) for vertebra in ([of] if of else vertebrae))
        for name, answers in (fact.asked_when or {}).items()
    )


def told(session: Session, history: Iterable[Event]) -> list[dict[str, Any]]:
    """What happened, in words: {event, words, reason}."""
    words = dict(session.execute(select(Reason.code, Reason.words)).all())
    return [
        {"event": event, "words": happened(event.action), "reason": words.get(event.reason or "")} for event in history
    ]
