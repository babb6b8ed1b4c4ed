"""What must hold of every edition: each claim is proved, or somebody is found who breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import z3

from referrals.eligibility.edition import PARTS, Criterion, Edition, ProcedureCriteria
from referrals.eligibility.proof.formulas import every
from referrals.eligibility.proof.picture import Formula, Picture
from referrals.eligibility.proof.somebody import Reading, Unsettled, candidate_of_one, example, found, read, somebody
from referrals.eligibility.proved import IN_WORDS, Claim, Example
from referrals.eligibility.verdict import CANDIDATE, CONTRAINDICATED, MORE_INFORMATION, PROCEDURES


def claims(edition: Edition, as_of: date, seconds: float) -> Iterator[Claim]:
    """Every claim about the edition, each looked into for so many seconds at most."""
    for procedure in PROCEDURES:
        criteria = edition.procedures[procedure]
        picture = Picture([criterion.rule for _, criterion in criteria.parts()], as_of)
        reading = read(edition, procedure, picture)
        yield can_be_met(reading, seconds)
        for _, criterion in criteria.parts():
            yield decides(reading, criterion, seconds)
        yield never_both(reading, seconds)
        yield one_verdict(reading, seconds)
        yield nothing_left_open(reading, criteria, seconds)


def can_be_met(reading: Reading, seconds: float) -> Claim:
    yes, no = "somebody can be a candidate", "nobody can be a candidate"
    return _shown(reading, yes, no, lambda: somebody([reading], reading.conditions[CANDIDATE], seconds))


def decides(reading: Reading, criterion: Criterion, seconds: float) -> Claim:
    """Whether leaving the criterion out changes anybody's verdict: best somebody's who would be a candidate then."""
    less = read(without(reading.edition, reading.procedure, criterion), reading.procedure, reading.picture)
    changed = z3.Or([z3.And(given, z3.Not(less.conditions[kind])) for kind, given in reading.conditions.items()])
    yes, no = f"“{criterion.title}” can decide", f"“{criterion.title}” decides nothing: without it all is the same"

    def search() -> Example | None:
        return candidate_of_one(less, reading, seconds) or somebody([less, reading], changed, seconds)

    claim = _shown(reading, yes, no, search)
    if claim.example is None:
        return claim
    otherwise, given = (IN_WORDS[kind] for kind in claim.example.verdicts)
    return replace(claim, words=f"{yes}: who is {given} would be {otherwise} without it")


def without(edition: Edition | None, procedure: str, criterion: Criterion) -> Edition | None:
    """The edition but for one criterion; None where nothing is asked for then."""
    if edition is None:
        return None
    criteria = edition.procedures[procedure]
    kept = {part: tuple(each for each in getattr(criteria, part) if each is not criterion) for part in PARTS}
    if not any(kept.values()):
        return None
    return replace(edition, procedures={**edition.procedures, procedure: ProcedureCriteria(**kept)})


def never_both(reading: Reading, seconds: float) -> Claim:
    both = z3.And(reading.conditions[CANDIDATE], reading.conditions[CONTRAINDICATED])
    yes, no = ("nobody is", "somebody is")
    rest = "both a candidate and contraindicated"
    return _refuted(reading, f"{yes} {rest}", f"{no} {rest}", both, seconds)


def one_verdict(reading: Reading, seconds: float) -> Claim:
    one = z3.PbEq([(given, 1) for given in reading.conditions.values()], 1)
    yes, no = "everybody has exactly one verdict", "somebody has none of the verdicts, or several"
    return _refuted(reading, yes, no, z3.Not(one), seconds)


def nothing_left_open(reading: Reading, criteria: ProcedureCriteria, seconds: float) -> Claim:
    """Where every fact is known, more information is asked for only where a documentation item is answered no."""
    documented = every([criterion.rule for criterion in criteria.documentation], reading.picture)
    left = z3.And(reading.picture.complete, reading.conditions[MORE_INFORMATION], z3.Not(documented.false))
    asked = "more information is asked for only where a documentation item is answered no"
    yes = asked if criteria.documentation else "no more information is asked for"
    no = "more information is asked for all the same"
    yes, no = (f"once every fact is known, {words}" for words in (yes, no))
    return _refuted(reading, yes, no, left, seconds)


def _shown(reading: Reading, yes: str, no: str, search: Callable[[], Example | None]) -> Claim:
    """A claim that somebody is so, with the one who shows it."""
    try:
        shown = search()
    except Unsettled:
        return Claim(procedure=reading.procedure, words=f"not found out in time: whether {yes}", holds=None)
    return Claim(procedure=reading.procedure, words=yes if shown else no, holds=shown is not None, example=shown)


def _refuted(reading: Reading, yes: str, no: str, breaking: Formula, seconds: float) -> Claim:
    """A claim that nobody is so, or the one who breaks it, told as found: the two readings may differ on them."""

    def search() -> Example | None:
        facts = found(reading.picture, breaking, seconds)
        return None if facts is None else example(facts, [reading.verdict(facts)], reading.picture.as_of)

    claim = _shown(reading, no, yes, search)
    if claim.holds is None:
        return replace(claim, words=f"not found out in time: whether {yes}")
    return replace(claim, holds=not claim.holds)
