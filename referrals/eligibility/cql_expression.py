"""A condition as an expression of CQL 1.5: true, false or null just where the condition is true, false or unknown."""

import json
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from textwrap import indent

from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import AtLeast, Node, Not, OneOf, Within, Yes

TODAY = '"as_of"'
AT_LEAST = "at least"
WIDTH = 100

_FINEST = Decimal("0.00000001")
"""A Decimal of CQL has eight places."""


def identifier(name: str) -> str:
    return _between('"', name)


def string(text: str) -> str:
    return _between("'", text)


def expression(node: Node, day: str) -> str:
    """The condition on the day, which is an expression itself."""
    match node:
        case Yes(fact):
            return identifier(fact)
        case OneOf(fact, codes):
            # Not `in { … }`: there are engines in which an unknown code is in no list, and that is false.
            return joined("or", [f"{identifier(fact)} = {string(code)}" for code in codes])
        case Within(fact, low, high):
            return joined("and", _bounds(BY_NAME[fact], low, high, day))
        case Not(part):
            denied = expression(part, day)
            return f"not {denied if isinstance(part, Yes) else _in_brackets(denied)}"
        case AtLeast():
            return _counted(node, day)
    raise TypeError(f"no CQL for {node!r}")


def joined(word: str, operands: list[str]) -> str:
    """The operands with the word between them, on one line where they fit."""
    line = f" {word} ".join(operands)
    if "\n" not in line and len(line) < WIDTH - 10:
        return line
    first, *others = operands
    return "\n".join([first, *(indent(f"{word} {other}", "  ") for other in others)])


def all_of(names: Iterable[str]) -> str:
    return joined("and", [identifier(name) for name in names]) or "true"


def any_of(names: Iterable[str]) -> str:
    return joined("or", [identifier(name) for name in names]) or "false"


def define(name: str, body: str) -> str:
    return f"define {identifier(name)}:\n{indent(body, '  ')}"


def days(count: float) -> str:
    return f"{count:d} day{'' if count == 1 else 's'}"


def counting() -> str:
    """The function behind "at least two of these", in which what is unknown counts for neither side."""
    return f"""\
define function {identifier(AT_LEAST)}("needed" Integer, "conditions" List<Boolean>):
  case
    when Count("conditions" C where C is true return all 1) >= "needed" then true
    when Count("conditions" C where C is not false return all 1) < "needed" then false
    else null as Boolean
  end"""


def _counted(node: AtLeast, day: str) -> str:
    if len(node.parts) == 1:
        return expression(node.parts[0], day)
    if node.every or node.count == 1:
        return joined("and" if node.every else "or", [_operand(part, day) for part in node.parts])
    listed = ",\n".join(expression(part, day) for part in node.parts)
    return f"{identifier(AT_LEAST)}({node.count}, {{\n{indent(listed, '  ')}\n}})"


def _operand(part: Node, day: str) -> str:
    text = expression(part, day)
    return _in_brackets(text) if _is_compound(part) else text


def _is_compound(node: Node) -> bool:
    match node:
        case AtLeast(_, (part,)):
            return _is_compound(part)
        case AtLeast(count, _):
            return node.every or count == 1
        case OneOf(_, codes):
            return len(codes) > 1
        case Within(_, low, high):
            return low is not None and high is not None
    return False


def _in_brackets(text: str) -> str:
    return f"(\n{indent(text, '  ')}\n)" if "\n" in text else f"({text})"


def _bounds(fact: Fact, low: float | None, high: float | None, day: str) -> list[str]:
    if fact.kind == "date":
        # Fewer days ago is a later date, so the bounds change places.
        at_most, at_least = (None if bound is None else _days_before(day, bound) for bound in (low, high))
    else:
        at_least = None if low is None else _number(fact, low, ROUND_CEILING)
        at_most = None if high is None else _number(fact, high, ROUND_FLOOR)
    name = identifier(fact.name)
    return [f"{name} {sign} {bound}" for sign, bound in ((">=", at_least), ("<=", at_most)) if bound is not None]


def _days_before(day: str, count: float) -> str:
    return f"{day} - {days(count)}" if count else day


def _number(fact: Fact, bound: float, rounding: str) -> str:
    """The bound, or the next one inside of it that a Decimal can hold: which Decimals lie within stays the same."""
    if fact.whole:
        return f"{bound:d}"
    exact = Decimal(repr(bound))
    return f"{exact.quantize(_FINEST, rounding).normalize():f}" if exact % 1 else f"{exact:.1f}"


def _between(mark: str, text: str) -> str:
    escaped = {"\\": "\\\\", mark: f"\\{mark}"}
    plain = (escaped.get(letter) or (letter if letter.isprintable() else json.dumps(letter)[1:-1]) for letter in text)
    return f"{mark}{''.join(plain)}{mark}"
