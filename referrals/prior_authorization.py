"""The evidence packet on paper: what a payer asks before it authorizes a procedure, criterion by criterion."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from referrals.eligibility import english
from referrals.eligibility.edition import Edition
from referrals.eligibility.window import Closing
from referrals.evidence import NOT_KNOWN, Item, Page, Section, Support
from referrals.letter_words import SAYS, SAYS_OF_EXCLUSIONS, VERDICTS
from referrals.referral import Referral
from referrals.typeset import Part, facts, heading, paragraph

TITLE = "Evidence for prior authorization"
NOT_A_DECISION = (
    "Made from what the record holds, and compared with the criteria as this service reads them. The payer decides "
    "what it pays for, and a physician what is done."
)


@dataclass(frozen=True)
class Bundle:
    """What the paper is made of. `spoken` writes a day; `moment` a moment, by the clinic's clock."""

    referral: Referral
    edition: Edition
    title: str
    as_of: date
    sections: Sequence[Section]
    spoken: Callable[[Any], str]
    moment: Callable[[Any], str]


def on_paper(bundle: Bundle) -> tuple[str, tuple[Part, ...]]:
    """The title and the pieces."""
    return TITLE, (*_about(bundle), *(piece for each in bundle.sections for piece in _section(each, bundle)))


def _about(bundle: Bundle) -> Iterator[Part]:
    patient = bundle.referral.patient
    assert patient is not None
    number = f", record number {patient.mrn}" if patient.mrn else ""
    yield paragraph(f"About {patient.name}, born {bundle.spoken(patient.born_on)}{number}.")
    yield paragraph(f"{bundle.title}, edition {bundle.edition.name}, on {bundle.spoken(bundle.as_of)}.")
    if bundle.edition.provisional:
        yield paragraph(f"Provisional. {bundle.edition.provisional}")
    yield paragraph(NOT_A_DECISION)
    rows = [
        (
            each.level or "Level not known",
            procedure.capitalize(),
            VERDICTS[verdict.kind],
            window_words(each.window, bundle),
        )
        for each in bundle.sections
        for procedure, verdict in each.verdicts.items()
    ]
    yield facts(("Vertebra", "Procedure", "Says", "Window"), rows)


def window_words(window: Closing | None, bundle: Bundle) -> str:
    """Until when it is open, in words."""
    if window is None:
        return ""
    if window.last_on is None:
        return "Onset not known"
    return f"{'Closed' if window.last_on < bundle.as_of else 'Closes'} {bundle.spoken(window.last_on)}"


def _section(section: Section, bundle: Bundle) -> Iterator[Part]:
    procedures = " and ".join(section.verdicts)
    yield heading(f"{section.level or 'Level not known'}: {procedures}")
    yield facts(
        ("Criterion", "Rests on", "Told by", "On paper"),
        [row for support in section.supports for row in _rows(support, bundle)],
    )
    yield paragraph(gap_words(section))


def _rows(support: Support, bundle: Bundle) -> Iterator[tuple[str, str, str, str]]:
    said = f"{support.finding.criterion.title}: {says(support)}"
    for item in support.items:
        yield (
            said,
            f"{item.fact.question} {english.value(item.fact, item.value)}",
            _told(item, bundle),
            _paper(item, bundle),
        )
        said = ""


def says(support: Support) -> str:
    """Whether the criterion holds, in a word."""
    return (SAYS_OF_EXCLUSIONS if support.finding.part == "exclusion" else SAYS)[support.finding.holds]


def _told(item: Item, bundle: Bundle) -> str:
    return (
        f"{item.told_in.told_by.name}, {bundle.moment(item.told_in.told_at)}"
        if item.told_in
        else f"Gap: {NOT_KNOWN.lower()}"
    )


def _paper(item: Item, bundle: Bundle) -> str:
    if item.gap == NOT_KNOWN:
        return ""
    return "; ".join(page_words(page, bundle.spoken) for page in item.pages) or "Gap: no document"


def page_words(page: Page, spoken: Callable[[Any], str]) -> str:
    """MRI report, 3 Nov 2026, page 2."""
    number = f"page {page.number}" if page.number else ""
    return ", ".join(filter(None, (page.document.words, spoken(page.document.study_on), number)))


def gap_words(section: Section) -> str:
    """How many facts are missing, and how many stand on no paper."""
    unknown = sum(item.gap == NOT_KNOWN for item in section.gaps)
    unproven = len(section.gaps) - unknown
    if not section.gaps:
        return "No gaps: every fact is known and stands in a document."
    told = [f"{count} {what}" for count, what in ((unknown, "not known"), (unproven, "in no document")) if count]
    return f"Gaps: {' and '.join(told)}."
