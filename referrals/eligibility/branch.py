"""A condition as a tree whose places have addresses: what an editor shows of it, and every step that it can take."""

from collections.abc import Mapping
from typing import NamedTuple

from referrals.eligibility.language import AtLeast, Leaf, Node, Not, leaves

Path = tuple[int, ...]
"""A place: which part of the whole, which part of that, and so on; of the whole itself ()."""
Said = tuple[Leaf | int, bool]
"""What is to stand at a place: the question, or how many of the parts; and whether that is denied."""

MOST = 20
"""Questions in one condition: more than that nobody can hold together."""


class Branch(NamedTuple):
    """What stands at a place, with its denials taken together, and what stands beneath it."""

    path: Path
    core: Node
    denied: bool
    parts: tuple["Branch", ...] = ()

    @property
    def node(self) -> Node:
        return Not(self.core) if self.denied else self.core

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(part.node for part in self.parts)


def tree(node: Node, path: Path = ()) -> Branch:
    """The condition place by place. What says nothing has none: a double denial, a group of one."""
    denied = False
    while True:
        match node:
            case Not(part):
                node, denied = part, not denied
            case AtLeast(_, (part,)):
                node = part
            case AtLeast(count, parts):
                beneath = tuple(tree(part, (*path, at)) for at, part in enumerate(parts))
                return Branch(path, AtLeast(count, tuple(part.node for part in beneath)), denied, beneath)
            case _:
                return Branch(path, node, denied)


def at(branch: Branch, path: Path) -> Branch:
    """What stands at a place; ValueError where there is no such place."""
    for step in path:
        if not 0 <= step < len(branch.parts):
            raise ValueError("there is no such place in the condition")
        branch = branch.parts[step]
    return branch


def every(branch: Branch) -> tuple[Branch, ...]:
    """All places, each before those beneath it."""
    return (branch, *(each for part in branch.parts for each in every(part)))


def rebuilt(rule: Node, said: Mapping[Path, Said]) -> Node:
    """The condition with what is said at every place of it; itself where that is what stood there."""
    made = _rebuilt(tree(rule), said)
    return rule if tree(made) == tree(rule) else made


def added(rule: Node, path: Path, part: Node, joined: str) -> Node:
    """With one condition more at a place: "in" its group, or beside what stands there by "and" or "or".

    What is there already is not added again. ValueError where there is no such place or group, or no room.
    """
    whole = tree(rule)
    there = at(whole, path)
    if part in (there.node, *there.nodes):
        return rule
    if len(list(leaves(rule))) + len(list(leaves(part))) > MOST:
        raise ValueError(f"a condition asks {MOST} questions at most")
    if joined == "in":
        return _with(whole, path, _grown(there, part))
    return _with(whole, path, there.node & part if joined == "and" else there.node | part)


def without(rule: Node, path: Path) -> Node:
    """Without what stands at a place, and without its group where only one part of that is left."""
    if not path:
        raise ValueError("the last condition stays")
    whole = tree(rule)
    at(whole, path)
    group = at(whole, path[:-1])
    left = tuple(part for number, part in enumerate(group.nodes) if number != path[-1])
    return _with(whole, path[:-1], _grouped(group, left))


def _rebuilt(branch: Branch, said: Mapping[Path, Said]) -> Node:
    what, denied = said[branch.path]
    core = AtLeast(what, tuple(_rebuilt(part, said) for part in branch.parts)) if isinstance(what, int) else what
    return Not(core) if denied else core


def _grown(group: Branch, part: Node) -> Node:
    if not group.parts:
        raise ValueError("there is no group at this place")
    return _grouped(group, (*group.nodes, part))


def _grouped(group: Branch, parts: tuple[Node, ...]) -> Node:
    """The group with other parts: all of them stays all of them, any of them any, and k of them k if there are k."""
    assert isinstance(group.core, AtLeast)
    count = len(parts) if group.core.every else min(group.core.count, len(parts))
    return Not(AtLeast(count, parts)) if group.denied else AtLeast(count, parts)


def _with(branch: Branch, path: Path, node: Node) -> Node:
    """The whole with another condition at a place."""
    if not path:
        return node
    parts = list(branch.nodes)
    parts[path[0]] = _with(branch.parts[path[0]], path[1:], node)
    assert isinstance(branch.core, AtLeast)
    core = AtLeast(branch.core.count, tuple(parts))
    return Not(core) if branch.denied else core
