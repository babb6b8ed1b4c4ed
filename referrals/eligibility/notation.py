"""The JSON form of a condition, both ways and exact, so that an edition can be kept, compared and drafted."""

from typing import Any

from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes

Json = dict[str, Any]


def to_json(node: Node) -> Json:
    match node:
        case Yes(fact):
            return {"yes": fact}
        case OneOf(fact, codes):
            return {"one_of": fact, "codes": list(codes)}
        case Within(fact, low, high):
            return {"within": fact, "low": low, "high": high}
        case Not(part):
            return {"not": to_json(part)}
        case AtLeast(count, parts):
            return {"at_least": count, "of": [to_json(part) for part in parts]}
    raise TypeError(f"no JSON form for {node!r}")


def from_json(data: object) -> Node:
    """The condition written by `to_json`; ValueError for anything else, with what is wrong."""
    match data:
        case {"yes": fact, **rest} if not rest:
            return Yes(fact)
        case {"one_of": fact, "codes": [*codes], **rest} if not rest:
            return OneOf(fact, tuple(codes))
        case {"within": fact, "low": low, "high": high, **rest} if not rest:
            return Within(fact, low, high)
        case {"not": part, **rest} if not rest:
            return Not(from_json(part))
        case {"at_least": count, "of": [*parts], **rest} if not rest:
            return AtLeast(count, tuple(from_json(part) for part in parts))
    raise ValueError(f"not the JSON form of a condition: {data!r}")
