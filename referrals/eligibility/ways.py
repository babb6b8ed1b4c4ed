"""Every way to make a condition true, or false, by answers to at most a few of its facts."""

from collections.abc import Iterable, Sequence

from referrals.eligibility.answers import answers
from referrals.eligibility.language import AtLeast, Leaf, Node, Not, leaves

Way = frozenset[tuple[str, frozenset[int]]]
"""The facts to be answered, and of each the answers that will do, by their number."""

NOTHING: Way = frozenset()


def ways(node: Node, wanted: bool, most: int) -> set[frozenset[str]]:
    """The sets of at most so many facts that can make the condition so; every question in it is unknown.

    A set that holds a smaller one need not be among them.
    """
    asked: dict[str, list[Leaf]] = {}
    for leaf in dict.fromkeys(leaves(node)):
        asked.setdefault(leaf.fact, []).append(leaf)
    return {frozenset(fact for fact, _ in way) for way in _Ways(asked, most).of(node, wanted)}


class _Ways:
    def __init__(self, asked: dict[str, list[Leaf]], most: int) -> None:
        self._answers = {fact: answers(questions) for fact, questions in asked.items()}
        self._most = most

    def of(self, node: Node, wanted: bool) -> set[Way]:
        match node:
            case Not(part):
                return self.of(part, not wanted)
            case AtLeast(count, parts):
                return self._enough(parts, wanted, count if wanted else len(parts) - count + 1)
        assert isinstance(node, Leaf)
        will_do = (at for at, answer in enumerate(self._answers[node.fact]) if answer[node][0] is wanted)
        return _possible([(node.fact, frozenset(will_do))])

    def _enough(self, parts: Sequence[Node], wanted: bool, enough: int) -> set[Way]:
        """At least so many of the parts, taken one after another: the ways that have come to 0, 1, 2 … of them."""
        come: list[set[Way]] = [{NOTHING}, *(set[Way]() for _ in range(enough))]
        for at, part in enumerate(parts):
            own = self.of(part, wanted)
            still = len(parts) - at - 1
            for many in range(min(enough, at + 1), max(0, enough - still - 1), -1):
                come[many] |= self._both(come[many - 1], own)
        return come[enough]

    def _both(self, some: set[Way], more: set[Way]) -> set[Way]:
        joined = (_joined(way, other) for way in some for other in more)
        return {way for way in joined if way is not None and len(way) <= self._most}


def _joined(way: Way, other: Way) -> Way | None:
    """Both ways at once; None where they want different answers to one fact."""
    if not way or not other:
        return way or other
    will_do = dict(way)
    for fact, answers_wanted in other:
        will_do[fact] = will_do.get(fact, answers_wanted) & answers_wanted
    return frozenset(will_do.items()) if all(will_do.values()) else None


def _possible(wanted: Iterable[tuple[str, frozenset[int]]]) -> set[Way]:
    return {frozenset([(fact, will_do)]) for fact, will_do in wanted if will_do}
