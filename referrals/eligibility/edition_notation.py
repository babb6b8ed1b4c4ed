"""The JSON form of a whole edition, words and all, both ways and exact: how one is kept, exported and drafted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from referrals.eligibility.edition import PARTS, Criterion, Edition, Note, Part, ProcedureCriteria, Source
from referrals.eligibility.notation import Json, from_json, to_json
from referrals.eligibility.verdict import PROCEDURES

_SAID = ("name", "title", "reading", "ours", "addition")


def edition_to_json(edition: Edition) -> Json:
    """The criteria stand once each, by name; each procedure names those it asks for, part by part."""
    return {
        "criteria_set": edition.criteria_set,
        "edition": edition.name,
        "in_force_from": edition.in_force_from.isoformat(),
        "provisional": edition.provisional,
        "unjudged": list(edition.unjudged),
        "criteria": [_criterion(each) for each in edition.criteria],
        "procedures": {
            procedure: {part: [each.name for each in getattr(criteria, part)] for part in PARTS}
            for procedure, criteria in edition.procedures.items()
        },
        "notes": [_note(each) for each in edition.notes],
    }


def edition_from_json(data: Mapping[str, Any]) -> Edition:
    """The edition written by `edition_to_json`; ValueError for anything else."""
    try:
        criteria = {each["name"]: _criterion_of(each) for each in data["criteria"]}
        return Edition(
            criteria_set=data["criteria_set"],
            name=data["edition"],
            in_force_from=date.fromisoformat(data["in_force_from"]),
            procedures={name: _procedure(data["procedures"][name], criteria) for name in PROCEDURES},
            notes=tuple(_note_of(each) for each in data["notes"]),
            provisional=data["provisional"],
            unjudged=tuple(data["unjudged"]),
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not the JSON form of an edition: {wrong!r}") from None


def _criterion(criterion: Criterion) -> Json:
    said = {name: getattr(criterion, name) for name in _SAID}
    return {**said, "rule": to_json(criterion.rule), "source": _source(criterion.source)}


def _criterion_of(data: Json) -> Criterion:
    said = {name: data[name] for name in _SAID}
    return Criterion(**said, rule=from_json(data["rule"]), source=_source_of(data["source"]))


def _procedure(data: Json, criteria: Mapping[str, Criterion]) -> ProcedureCriteria:
    parts: dict[Part, tuple[Criterion, ...]] = {part: tuple(criteria[name] for name in data[part]) for part in PARTS}
    return ProcedureCriteria(**parts)


def _note(note: Note) -> Json:
    return {"name": note.name, "words": note.words, "rule": to_json(note.rule), "source": _source(note.source)}


def _note_of(data: Json) -> Note:
    return Note(name=data["name"], words=data["words"], rule=from_json(data["rule"]), source=_source_of(data["source"]))


def _source(source: Source) -> Json:
    return {"ref": source.ref, "where": source.where}


def _source_of(data: Json) -> Source:
    return Source(data["ref"], data["where"])
