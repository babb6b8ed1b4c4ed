"""National Provider Identifiers: ten digits, the last of them a Luhn check digit (45 CFR 162.406; ISO/IEC 7812)."""

import re

SHAPE = re.compile(r"[0-9]{10}", re.ASCII)
PREFIX = "80840"
"""Stands before an NPI when its check digit is computed."""


def checked(value: str) -> str:
    """The same NPI. Raises ValueError, saying what is wrong with it."""
    if not SHAPE.fullmatch(value):
        raise ValueError("An NPI has 10 digits.")
    if luhn_sum(PREFIX + value) % 10:
        raise ValueError("The check digit of this NPI does not fit: look for a mistyped digit.")
    return value


def luhn_sum(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total
