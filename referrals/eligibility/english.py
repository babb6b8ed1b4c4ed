"""Reading: plain English of a condition, as one sentence or as an outline of nested lines."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from referrals.eligibility.fact import Fact, Value
from referrals.eligibility.facts import BY_NAME, LEVELS
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes

_SAID_OR_DENIED = re.compile(r"\[(.*?)\|(.*?)\]")


def sentence(node: Node) -> str:
    """The condition as a clause: "the cause is osteoporosis or cancer"."""
    match node:
        case Yes(name):
            return _said(name)
        case OneOf(name, codes):
            return _said(name, _codes(name, codes, "or"))
        case Within(name, low, high):
            return _said(name, _window(BY_NAME[name], low, high))
        case Not(part):
            return denied(part)
        case AtLeast(count, parts):
            return _joined(count, [_inside(part) for part in parts])
    raise TypeError(f"no English for {node!r}")


def denied(node: Node) -> str:
    """What it means that the condition is not so: "the cause is neither osteoporosis nor cancer"."""
    match node:
        case Not(part):
            return sentence(part)
        case AtLeast(count, parts) if count in (1, len(parts)):
            return sentence(AtLeast(len(parts) - count + 1, tuple(Not(part) for part in parts)))
        case AtLeast(count, parts):
            return f"fewer than {count} of these: {'; '.join(_inside(part) for part in parts)}"
        case Within(name, low, high):
            return _said(name, _outside(BY_NAME[name], low, high))
        case OneOf(name, codes) if len(codes) > 1:
            return _said(name, f"neither {_codes(name, codes, 'nor')}")
        case OneOf(name, codes):
            filling = _codes(name, codes, "or")
        case Yes(name):
            filling = ""
        case _:
            raise TypeError(f"no English for {node!r}")
    return _SAID_OR_DENIED.sub(r"\2", BY_NAME[name].clause).format(filling)


def answer(node: Node) -> str:
    """The condition on one fact as an answer to its question: "yes", "partial or complete", "5 or more"."""
    match node:
        case Yes() | Not(Yes()):
            return "yes" if isinstance(node, Yes) else "no"
        case OneOf(name, codes):
            together = _runs_of_levels(codes) if name == "level" else [[code] for code in codes]
            return _listed([_codes(name, some, "or") for some in together], "or")
        case Within(name, low, high):
            return _window(BY_NAME[name], low, high)
        case Not(Within(name, low, high)):
            return _outside(BY_NAME[name], low, high)
        case AtLeast(count, parts):
            return (" and " if count == len(parts) > 1 else " or ").join(answer(part) for part in parts)
    raise TypeError(f"no answer in {node!r}")


class Line(NamedTuple):
    """One line of an outline, the condition that it says, and the lines beneath it."""

    words: str
    node: Node
    parts: tuple["Line", ...] = ()


def outline(node: Node) -> Line:
    """The condition as nested lines: "any of these", and beneath it each of them."""
    match node:
        case AtLeast(_, (part,)) | Not(Not(part)):
            return outline(part)
        case Not(AtLeast(_, (part,))):
            return outline(Not(part))
        case AtLeast(count, parts):
            return Line(_heading(count, len(parts)), node, tuple(outline(part) for part in parts))
        case Not(AtLeast(count, parts)):
            return Line(_denied_heading(count, len(parts)), node, tuple(outline(part) for part in parts))
    return Line(sentence(node), node)


def value(fact: Fact, known: Value | None) -> str:
    """A value as a person reads it: "Not known", "Yes", "Partial", "18 Oct 2026", "25 %"."""
    if known is None:
        return "Not known"
    if isinstance(known, bool):
        return "Yes" if known else "No"
    if isinstance(known, date):
        return f"{known.day} {known:%b %Y}"
    return fact.codes[known] if isinstance(known, str) else _number(fact, known)


def known(fact: Fact, value: Value, as_of: date) -> str:
    """A known value as a clause: "the cause is osteoporosis", "symptoms began 12 days ago"."""
    if isinstance(value, bool):
        return sentence(Yes(fact.name)) if value else denied(Yes(fact.name))
    if isinstance(value, str):
        return sentence(OneOf(fact.name, (value,)))
    if value == as_of:
        return _said(fact.name, "today")
    return _said(fact.name, _measured(fact, (as_of - value).days if isinstance(value, date) else value))


def _said(name: str, filling: str = "") -> str:
    return _SAID_OR_DENIED.sub(r"\1", BY_NAME[name].clause).format(filling)


def _inside(part: Node) -> str:
    words = sentence(part)
    core = part.part if isinstance(part, Not) else part
    return f"({words})" if isinstance(core, AtLeast) and len(core.parts) > 1 else words


def _joined(count: int, words: Sequence[str]) -> str:
    if count == len(words):
        return _listed(words, "and")
    return _listed(words, "or") if count == 1 else f"at least {count} of these: {'; '.join(words)}"


def _listed(words: Sequence[str], joint: str) -> str:
    return f" {joint} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _codes(name: str, codes: Sequence[str], joint: str) -> str:
    if name != "level":
        labels = [BY_NAME[name].codes[code] for code in codes]
        return _listed([label[0].lower() + label[1:] for label in labels], joint)
    first = LEVELS.index(codes[0])
    if len(codes) > 2 and tuple(codes) == LEVELS[first : first + len(codes)]:
        return f"from {codes[0]} to {codes[-1]}"
    return _listed(codes, joint)


def _runs_of_levels(codes: Sequence[str]) -> list[list[str]]:
    """The levels, those that follow on one another together."""
    runs: list[list[str]] = []
    for code in codes:
        if runs and LEVELS.index(runs[-1][-1]) + 1 == LEVELS.index(code):
            runs[-1].append(code)
        else:
            runs.append([code])
    return runs


def _window(fact: Fact, low: float | None, high: float | None) -> str:
    dated = fact.kind == "date"
    if low is not None and high is not None:
        if low == high:
            return _measured(fact, low)
        return f"{low:g} to {_measured(fact, high)}" if dated else f"from {low:g} to {_measured(fact, high)}"
    if low is not None:
        return f"at least {_measured(fact, low)}" if dated else f"{_measured(fact, low)} or more"
    return f"at most {_measured(fact, high)}" if dated else f"{_measured(fact, high)} or less"


def _outside(fact: Fact, low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"not {_window(fact, low, high)}"
    return f"more than {_measured(fact, high)}" if low is None else f"less than {_measured(fact, low)}"


def _measured(fact: Fact, number: float | None) -> str:
    if fact.kind == "date":
        return f"{number:g} {'day' if number == 1 else 'days'} ago"
    return f"{number:g}" if fact.unit.startswith("of ") else _number(fact, number)


def _number(fact: Fact, number: float | None) -> str:
    return f"{number:g} {fact.unit}".rstrip()


def _heading(count: int, parts: int) -> str:
    if count == parts:
        return "all of these"
    return "any of these" if count == 1 else f"at least {count} of these"


def _denied_heading(count: int, parts: int) -> str:
    if count == 1:
        return "none of these"
    return "not all of these" if count == parts else f"fewer than {count} of these"
