"""What remains of a condition when the truths that are known are put in."""

from collections.abc import Mapping

from referrals.eligibility.language import AtLeast, Leaf, Node, Not, OneOf, Within, Yes
from referrals.eligibility.truth import Truth, at_least


def simplified(node: Node, known: Mapping[Leaf, Truth]) -> Node | bool:
    """The condition settled, or what is left of it. A question that is absent, or None, is unknown."""
    match node:
        case Not(part):
            rest = simplified(part, known)
            return not rest if isinstance(rest, bool) else Not(rest)
        case AtLeast(count, parts):
            rests = [simplified(part, known) for part in parts]
            settled = at_least(count, [rest if isinstance(rest, bool) else None for rest in rests])
            if settled is not None:
                return settled
            unknown = tuple(rest for rest in rests if not isinstance(rest, bool))
            return unknown[0] if len(unknown) == 1 else AtLeast(count - rests.count(True), unknown)
        case Yes() | OneOf() | Within():
            holds = known.get(node)
            return node if holds is None else holds
    raise TypeError(f"nothing to simplify in {node!r}")
