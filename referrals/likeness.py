"""Whether two records look like the same patient: name, birth date, sex and record number, one slip forgiven.

A slip is a name that is spelled almost alike, a birth date with one digit or day and month mixed up, another sex, or
another record number of the same practice. A name or a birth date that is simply another one is no slip. The same
record number of the same practice is reason enough to look, whatever else is written; across practices a number says
nothing, for each counts its own patients.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from rapidfuzz.distance import OSA

from referrals.names import Words, folded, words

ONE_TYPO_FROM, TWO_TYPOS_FROM = 5, 9
"""Letters from which a name may have a typo, and two. Shorter ones tell people apart: Anna and Anne are twins."""
FORGIVEN = 1


class Agrees(StrEnum):
    """How far two records agree in one respect."""

    SAME = "same"
    SWAPPED = "swapped"
    NEARLY = "nearly"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class Identity(Protocol):
    """Who somebody is, as it was written down."""

    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def born_on(self) -> date | None: ...
    @property
    def sex(self) -> str: ...
    @property
    def mrn(self) -> str: ...


@dataclass(frozen=True)
class Likeness:
    """In what two records agree."""

    name: Agrees
    born_on: Agrees
    sex: Agrees
    mrn: Agrees

    @property
    def slips(self) -> int:
        """How much would have to be forgiven; another name or birth date, or none known, is more than a slip."""
        worst = {Agrees.DIFFERS: 2, Agrees.UNKNOWN: 2, Agrees.NEARLY: 1}
        lesser = (self.sex is Agrees.DIFFERS) + (self.mrn is Agrees.DIFFERS)
        return worst.get(self.name, 0) + worst.get(self.born_on, 0) + lesser

    @property
    def alike(self) -> bool:
        """Whether somebody should look whether it is one patient."""
        return self.mrn is Agrees.SAME or self.slips <= FORGIVEN

    @property
    def sure(self) -> bool:
        """Whether nothing has to be forgiven, and sex is known."""
        return self.slips == 0 and self.name is Agrees.SAME and self.sex is Agrees.SAME


def possible(one: Identity, other: Identity, same_practice: bool) -> bool:
    """What is soon said: whether the two are alike if their names are. Thousands may be called the same."""
    near = _birth_dates(one.born_on, other.born_on) in (Agrees.SAME, Agrees.NEARLY)
    return near or (same_practice and _numbers(one.mrn, other.mrn) is Agrees.SAME)


def compare(one: Identity, other: Identity, same_practice: bool) -> Likeness:
    """The same whichever comes first."""
    return Likeness(
        name=_names(one, other),
        born_on=_birth_dates(one.born_on, other.born_on),
        sex=_sexes(one.sex, other.sex),
        mrn=_numbers(one.mrn, other.mrn) if same_practice else Agrees.UNKNOWN,
    )


def _names(one: Identity, other: Identity) -> Agrees:
    """SAME and SWAPPED as a search finds them, letter for letter; NEARLY in the tolerant way."""
    given, family = words(one.given_name), words(one.family_name)
    their_given, their_family = words(other.given_name), words(other.family_name)
    whole = {"".join(given), "".join(family)} & {"".join(their_given), "".join(their_family)}
    if not whole and {*given, *family} != {*their_given, *their_family}:
        return Agrees.DIFFERS  # soon said of most
    mine, theirs = _both_ways(one), _both_ways(other)
    if mine[0] == theirs[0]:
        return Agrees.SAME
    if set(mine) & set(theirs):
        return Agrees.SWAPPED
    if not whole:
        return Agrees.DIFFERS
    straight, crosswise = ((given, their_given), (family, their_family)), ((given, their_family), (family, their_given))
    return Agrees.NEARLY if _one_whole(straight) or _one_whole(crosswise) else Agrees.DIFFERS


def _both_ways(who: Identity) -> tuple[str, str]:
    return folded(f"{who.family_name} {who.given_name}"), folded(f"{who.given_name} {who.family_name}")


def _one_whole(pairs: Iterable[tuple[Words, Words]]) -> bool:
    """Whether one of the two names agrees whole, and the other at least nearly."""
    found = sorted(_part(one, other) for one, other in pairs)
    return found in ([Agrees.SAME, Agrees.SAME], [Agrees.NEARLY, Agrees.SAME])


def _part(one: Words, other: Words) -> Agrees:
    mine, theirs = "".join(one), "".join(other)
    if mine == theirs:
        return Agrees.SAME
    if not mine or not theirs:  # only one of the names was given
        return Agrees.NEARLY
    if _digits(mine) != _digits(theirs):  # "Unknown 17" is nobody's typo of "Unknown 18"
        return Agrees.DIFFERS
    if set(one) <= set(other) or set(other) <= set(one):  # a second given name, a maiden name with a hyphen
        return Agrees.NEARLY
    return Agrees.NEARLY if OSA.distance(mine, theirs) <= _typos(mine, theirs) else Agrees.DIFFERS


def _typos(one: str, other: str) -> int:
    """How many letters may be missing, too many, wrong or in the wrong order."""
    if min(len(one), len(other)) >= TWO_TYPOS_FROM:
        return 2
    return 1 if max(len(one), len(other)) >= ONE_TYPO_FROM else 0


DIGIT = re.compile(r"\d")


def _digits(text: str) -> str:
    return "".join(DIGIT.findall(text))


def _birth_dates(one: date | None, other: date | None) -> Agrees:
    if one is None or other is None:
        return Agrees.UNKNOWN
    if one == other:
        return Agrees.SAME
    mixed_up = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    digits = sum(map(str.__ne__, one.isoformat(), other.isoformat()))
    return Agrees.NEARLY if mixed_up or digits == 1 else Agrees.DIFFERS


def _sexes(one: str, other: str) -> Agrees:
    if {one, other} & {"unknown", ""}:
        return Agrees.UNKNOWN
    return Agrees.SAME if one == other else Agrees.DIFFERS


def _numbers(one: str, other: str) -> Agrees:
    mine, theirs = folded(one), folded(other)
    if not mine or not theirs:
        return Agrees.UNKNOWN
    return Agrees.SAME if mine == theirs else Agrees.DIFFERS
