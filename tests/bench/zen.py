"""The clinic's rule by hand for zen-engine, a rules engine: yes or no, of complete pictures, without reasons."""

import json
from datetime import date
from typing import Any

import zen

RULES = {
    "excluded": "active_infection == true or coagulopathy == 'uncorrectable' or cement_allergy == true"
    " or pregnant == true or neurological_deficit == true",
    "vertebroplasty": "not($.excluded) and injury in ['compression_fracture', 'tumor_lesion', 'other_fracture']"
    " and painful == true and (too_frail_for_surgery == true or too_weak == true or tumor_damage == true)",
    "kyphoplasty": "not($.excluded) and injury == 'compression_fracture' and collapse in ['partial', 'complete']"
    " and painful == true and (cause in ['osteoporosis', 'cancer'] or (cause in ['benign_tumor', 'trauma', 'other']"
    " and other_fracture_suitable == true)) and (tumor_damage == true or (conservative_management_failed == true"
    " and managed_for_days != null and managed_for_days >= 28 and bedridden_risk == true))",
}


def decision() -> Any:
    """What decides a picture that `given` wrote: `evaluate(picture)["result"]` is {procedure: bool}."""
    return zen.ZenEngine().create_decision(json.dumps({"nodes": [*_ends(), _middle()], "edges": _edges()}))


def given(known: dict[str, Any], today: date) -> dict[str, Any]:
    """The picture as the engine takes it: it knows no dates, so the days are counted before."""
    began = known.get("conservative_management_started_on")
    plain = {name: value for name, value in known.items() if not isinstance(value, date)}
    return {**dict.fromkeys(FACTS), **plain, "managed_for_days": (today - began).days if began else None}


FACTS = (
    "active_infection", "coagulopathy", "cement_allergy", "pregnant", "neurological_deficit", "injury", "painful",
    "too_frail_for_surgery", "too_weak", "tumor_damage", "collapse", "cause", "other_fracture_suitable",
    "conservative_management_failed", "bedridden_risk",
)  # fmt: skip


def _ends() -> list[dict[str, Any]]:
    return [
        {"id": name, "name": name, "type": f"{name}Node", "position": {"x": 0, "y": 0}} for name in ("input", "output")
    ]


def _middle() -> dict[str, Any]:
    rules = [{"id": name, "key": name, "value": rule} for name, rule in RULES.items()]
    kind = {"type": "expressionNode", "position": {"x": 0, "y": 0}, "content": {"expressions": rules}}
    return {"id": "rule", "name": "rule", **kind}


def _edges() -> list[dict[str, str]]:
    return [
        {"id": f"{source} {target}", "sourceId": source, "targetId": target, "type": "edge"}
        for source, target in (("input", "rule"), ("rule", "output"))
    ]
