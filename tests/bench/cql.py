"""What cql-execution takes for the same verdicts, from the CQL that is exported."""

from collections.abc import Sequence
from statistics import median

from referrals.eligibility.cql import criterion_name, library, procedure_name
from referrals.eligibility.edition import Edition
from referrals.eligibility.verdict import PROCEDURES
from tests.bench.eligibility import TODAY, Picture
from tests.cql.engine import engine


def microseconds(edition: Edition, pictures: Sequence[Picture], rounds: int = 5) -> float:
    """For one picture – every criterion, both verdicts, the days waited for – at the median of the rounds' means.

    NoEngine where there is no node or translator; both start outside what is measured.
    """
    asked = [criterion_name(each) for each in edition.criteria]
    asked += [procedure_name(name, of) for name in PROCEDURES for of in ("from", "verdict")]
    known = [{**patient, **vertebra, "as_of": TODAY} for patient, vertebra in pictures]
    with engine() as running:
        return median(running.microseconds(library(edition), known, asked, rounds))
