"""Reading: the facts that a truth rests on, and those that still keep it open."""

from collections.abc import Iterator
from datetime import date

from referrals.eligibility.language import AtLeast, Leaf, Node, Not
from referrals.eligibility.truth import Facts, truth


def bearing(node: Node, facts: Facts, as_of: date) -> tuple[str, ...]:
    """The names of the facts, each once, in the order of the condition.

    What is met rests on its parts that are so, what is not met on those that are not; what is open on those that are so
    and those that nobody knows.
    """
    return tuple(dict.fromkeys(leaf.fact for leaf in _leaves(node, facts, as_of)))


def _leaves(node: Node, facts: Facts, as_of: date) -> Iterator[Leaf]:
    if isinstance(node, Not):
        yield from _leaves(node.part, facts, as_of)
    elif isinstance(node, AtLeast):
        truths = [truth(part, facts, as_of) for part in node.parts]
        whole = truth(node, facts, as_of)
        counts = {True: (True,), False: (False,), None: (True, None)}[whole]
        for part, holds in zip(node.parts, truths, strict=True):
            if holds in counts:
                yield from _leaves(part, facts, as_of)
    elif isinstance(node, Leaf):
        yield node
