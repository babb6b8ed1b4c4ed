"""What decides, taken literally: every set of missing facts, every answer to it, every answer to the rest."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

from referrals.eligibility.edition import ProcedureCriteria
from referrals.eligibility.truth import Facts
from referrals.eligibility.verdict import CANDIDATE, MORE_INFORMATION
from tests.eligibility import brute_force
from tests.eligibility.pictures import TODAY


def values(name: str) -> list[Any]:
    """Also of a quantity that takes decimals those between two whole numbers."""
    found = brute_force.possible(name, TODAY)
    return [*found, *(number + 0.5 for number in found[:-1])] if name == "height_loss" else found


def kind(criteria: ProcedureCriteria, facts: Facts) -> str:
    return brute_force.verdict(criteria, facts, TODAY).kind


def stands(criteria: ProcedureCriteria, facts: Facts) -> str:
    """Candidate, open, or refused in any way."""
    found = kind(criteria, facts)
    return found if found in (CANDIDATE, MORE_INFORMATION) else "refused"


def told(names: Sequence[str], silent: bool = False) -> Iterator[dict[str, Any]]:
    """Every way to answer these facts; with silence as one more answer if it is asked for."""
    for said in product(*([None, *values(name)] if silent else values(name) for name in names)):
        yield dict(zip(names, said, strict=True))


def settled(criteria: ProcedureCriteria, facts: Facts) -> str | None:
    """How it stands, where no answer to what is missing can change that and it is not open; None where it is."""
    missing = [name for name, value in facts.items() if value is None]
    found = {stands(criteria, {**facts, **more}) for more in told(missing, silent=True)}
    return found.pop() if len(found) == 1 and MORE_INFORMATION not in found else None


def smallest(criteria: ProcedureCriteria, facts: Facts, wanted: Sequence[str], most: int) -> set[frozenset[str]]:
    """The smallest sets of missing facts of which some answers settle it in one of the ways wanted."""
    missing = [name for name, value in facts.items() if value is None]
    for many in range(1, most + 1):
        found = {
            frozenset(names)
            for names in combinations(missing, many)
            if any(settled(criteria, {**facts, **said}) in wanted for said in told(names))
        }
        if found:
            return found
    return set()
