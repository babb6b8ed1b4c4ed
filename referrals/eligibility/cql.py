"""Reading: an edition as one library of HL7 CQL 1.5, in which the facts of one vertebra and its patient are parameters.

It needs no model of data, and no function or query in it reads a parameter: there are engines that lose a null there.
"""

from collections.abc import Iterator
from textwrap import wrap

from referrals.eligibility.cql_expression import (
    AT_LEAST,
    TODAY,
    WIDTH,
    counting,
    define,
    expression,
    identifier,
    string,
)
from referrals.eligibility.cql_procedure import criterion_name as criterion_name
from referrals.eligibility.cql_procedure import later_days, procedure
from referrals.eligibility.cql_procedure import procedure_name as procedure_name
from referrals.eligibility.edition import Criterion, Edition, Note
from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import facts_of

TYPES = {"flag": "Boolean", "coded": "String", "date": "Date"}
EXPLANATION = (
    "One vertebra at a time. Every parameter is given, null where the fact is not known; as_of is the day of the "
    "judgement. A criterion is true, false or null, which is not known. A verdict flags a referral for a person to "
    "review and decides nothing."
)


def library(edition: Edition) -> str:
    """The text of the library: called after the set, in the version of the edition."""
    definitions = "\n\n".join(_definitions(edition))
    functions = [counting()] if f"{identifier(AT_LEAST)}(" in definitions else []
    parameters = "\n".join(_parameters(edition))
    return "\n\n".join([_heading(edition), parameters, *functions, definitions]) + "\n"


def facts_asked(edition: Edition) -> tuple[Fact, ...]:
    """The facts that the criteria and notes read: beside the day, the parameters of the library."""
    rules = [*(criterion.rule for criterion in edition.criteria), *(note.rule for note in edition.notes)]
    asked = {name for rule in rules for name in facts_of(rule)}
    return tuple(fact for name, fact in BY_NAME.items() if name in asked)


def _heading(edition: Edition) -> str:
    day = edition.in_force_from
    said = f"Criteria {edition.criteria_set}, edition {edition.name}, in force from {day.day} {day:%b %Y}."
    caveats = [f"{name}: {words}" for name, words in edition.caveats.items()]
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in edition.criteria_set)
    return "\n".join(
        [
            _comment(said, *caveats, EXPLANATION, f"SHA-256 of the rules: {edition.digest}"),
            f"library {identifier(safe)} version {string(edition.name)}",
        ]
    )


def _parameters(edition: Edition) -> Iterator[str]:
    yield f"parameter {TODAY} Date"
    for fact in facts_asked(edition):
        kind = TYPES.get(fact.kind) or ("Integer" if fact.whole else "Decimal")
        yield "\n".join(filter(None, [_comment(_legal(fact)), f"parameter {identifier(fact.name)} {kind}"]))


def _legal(fact: Fact) -> str:
    if fact.kind == "coded":
        return f"One of {', '.join(fact.codes)}"
    if fact.kind == "quantity":
        unit = "" if fact.unit.startswith("of ") else fact.unit
        return f"From {fact.low:g} to {fact.high:g} {unit}".rstrip()
    return ""


def _definitions(edition: Edition) -> Iterator[str]:
    for criterion in edition.criteria:
        added = "An addition: the source of the set does not have it." if criterion.addition else ""
        reading = f"{'Our reading' if criterion.ours else 'Reading'}: {criterion.reading}"
        yield _explained(criterion, criterion.title, f"Source: {criterion.source}", reading, added)
    yield from later_days(edition)
    for name, criteria in edition.procedures.items():
        yield from procedure(name, criteria)
    for note in edition.notes:
        yield _explained(note, note.words, f"Source: {note.source}")


def _explained(each: Criterion | Note, *words: str) -> str:
    return f"{_comment(*words)}\n{define(criterion_name(each), expression(each.rule, TODAY))}"


def _comment(*paragraphs: str) -> str:
    """Lines that are comment to their end, whatever the words hold."""
    lines = []
    for paragraph in paragraphs:
        printable = "".join(letter if letter.isprintable() else " " for letter in paragraph)
        lines += [f"// {line}" for line in wrap(printable, WIDTH - 3)]
    return "\n".join(lines)
