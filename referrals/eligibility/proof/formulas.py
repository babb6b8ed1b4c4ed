"""The criteria as formulas: when a condition is true and when it is false, and when each verdict is given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import z3

from referrals.eligibility.edition import Criterion, Part
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes, leaves
from referrals.eligibility.proof.picture import Formula, Picture
from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, NOT_INDICATED, NOT_YET

Conditions = Mapping[str, Formula]
"""Of each verdict when it is given."""


class Truth(NamedTuple):
    """When a condition is true, and when it is false; where it is neither, it is unknown."""

    true: Formula
    false: Formula


def truth(node: Node, picture: Picture, later: Formula = 0) -> Truth:
    """The condition of a picture so many days later."""
    match node:
        case Not(part):
            true, false = truth(part, picture, later)
            return Truth(false, true)
        case AtLeast(count, parts):
            return at_least(count, [truth(part, picture, later) for part in parts])
        case Yes() | OneOf() | Within():
            unknown = picture.unknowns[node.fact]
            yes = unknown.says(node, later)
            return Truth(z3.And(unknown.known, yes), z3.And(unknown.known, z3.Not(yes)))
    raise TypeError(f"no formula for {node!r}")


def at_least(count: int, truths: Sequence[Truth]) -> Truth:
    """So many of them are true; so many are false that the others are too few."""
    if not truths:
        return Truth(z3.BoolVal(True), z3.BoolVal(False))
    trues, falses = zip(*truths, strict=True)
    return Truth(z3.AtLeast(*trues, count), z3.AtLeast(*falses, len(truths) - count + 1))


def every(rules: Sequence[Node], picture: Picture, later: Formula = 0) -> Truth:
    return at_least(len(rules), [truth(rule, picture, later) for rule in rules])


def verdicts(parts: Iterable[tuple[Part, Criterion]], picture: Picture) -> Conditions:
    """The five verdicts as they are defined, one before the other; a candidate is said without the others.

    That a candidate is what remains when no other verdict is given is for a proof to find out.
    """
    rules: dict[str, list[Node]] = {"inclusion": [], "exclusion": [], "documentation": []}
    for part, criterion in parts:
        rules[part].append(criterion.rule)
    included, documented = every(rules["inclusion"], picture), every(rules["documentation"], picture)
    screened = every([Not(rule) for rule in rules["exclusion"]], picture)
    open_ = z3.Not(z3.Or(screened.false, included.false))
    waits = opens_later(rules["inclusion"], picture)
    return {
        CONTRAINDICATED: screened.false,
        NOT_INDICATED: z3.And(z3.Not(screened.false), included.false, z3.Not(waits)),
        NOT_YET: z3.And(z3.Not(screened.false), included.false, waits),
        MORE_INFORMATION: z3.And(open_, z3.Not(z3.And(included.true, screened.true, documented.true))),
        CANDIDATE: z3.And(included.true, screened.true, documented.true),
    }


def opens_later(rules: Sequence[Node], picture: Picture) -> Formula:
    """Whether on a later day the rules are not false. Between the days on which a window begins or has ended nothing
    changes, so these are all the days there are to look at.
    """
    days = []
    for fact, edge in sorted({edge for rule in rules for edge in _edges(rule)}):
        unknown = picture.unknowns[fact]
        later = edge - unknown.place
        days.append(z3.And(unknown.known, later > 0, z3.Not(every(rules, picture, later).false)))
    return z3.Or(days)


def _edges(rule: Node) -> Iterator[tuple[str, int]]:
    """Days after a date from which a window on it is open, or is over."""
    for question in leaves(rule):
        if isinstance(question, Within) and BY_NAME[question.fact].kind == "date":
            if question.low is not None:
                yield question.fact, int(question.low)
            if question.high is not None:
                yield question.fact, int(question.high) + 1
