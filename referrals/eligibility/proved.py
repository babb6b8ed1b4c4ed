"""What a proof has found, as plain data: it holds no solver, and travels as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, NOT_INDICATED, NOT_YET

Change = Literal["added", "dropped"]

IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        CANDIDATE: "a candidate",
        MORE_INFORMATION: "undecided",
        NOT_YET: "not yet indicated",
        NOT_INDICATED: "not indicated",
        CONTRAINDICATED: "contraindicated",
    }
)
"""What somebody is by a verdict."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """Somebody found: the facts as JSON has them, the verdicts that Python gives of them, and who it is in words."""

    facts: Mapping[str, Any]
    verdicts: tuple[str, ...]
    words: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is said of everybody, and whether it holds. `holds` None: it was not found out in time."""

    procedure: str
    words: str
    holds: bool | None
    example: Example | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """Whether somebody is a candidate by the edition after alone ("added"), or by the one before alone ("dropped").

    `possible` None: it was not found out in time, which says neither yes nor no.
    """

    procedure: str
    change: Change
    possible: bool | None
    words: str
    example: Example | None = None
