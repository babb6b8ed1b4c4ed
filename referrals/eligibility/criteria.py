"""The sets of criteria, and which edition of a set is in force on a day."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from referrals.eligibility.edition import CriteriaSet, Edition
from referrals.eligibility.sets.clinic import CLINIC
from referrals.eligibility.sets.medicare_lcd import MEDICARE_LCD
from referrals.eligibility.sets.safety import SAFETY
from referrals.eligibility.sets.vapour import VAPOUR

SETS: Mapping[str, CriteriaSet] = MappingProxyType({each.name: each for each in (CLINIC, SAFETY, MEDICARE_LCD, VAPOUR)})


class UnknownSetError(KeyError):
    """No set of criteria has this name."""

    def __str__(self) -> str:
        return f"one of {', '.join(SETS)}"


def in_force(set_name: str, on: date) -> Edition:
    """The edition of the set that counts on the day; UnknownSetError where there is no such set."""
    if set_name not in SETS:
        raise UnknownSetError(set_name)
    return SETS[set_name].in_force(on)
