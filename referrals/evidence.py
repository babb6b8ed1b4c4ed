"""Evidence for a payer: by criterion the facts it rests on, who said each and when, and where it stands on paper."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Any, NamedTuple

from referrals.clinical import ClinicalPicture
from referrals.document import INFECTED, Document
from referrals.eligibility.assessment import Assessment, Finding, VertebraAssessment
from referrals.eligibility.bearing import bearing
from referrals.eligibility.facts import BY_NAME, Fact
from referrals.eligibility.verdict import Verdict
from referrals.eligibility.window import Closing, closing

NOT_KNOWN, NO_DOCUMENT = "Not known", "No document"


class Page(NamedTuple):
    """Where a fact stands on paper; `number` None: somewhere in the document."""

    document: Document
    number: int | None


class Item(NamedTuple):
    """A fact as it is known now, and the picture that told it so first (None: it is not known)."""

    fact: Fact
    value: Any
    told_in: ClinicalPicture | None
    pages: tuple[Page, ...]

    @property
    def gap(self) -> str | None:
        """What is missing of it, if anything."""
        if self.value is None:
            return NOT_KNOWN
        return None if self.pages else NO_DOCUMENT


class Support(NamedTuple):
    """A criterion, whether it holds, and what that rests on."""

    finding: Finding
    items: tuple[Item, ...]


class Section(NamedTuple):
    """One vertebra, the procedures that are judged alike on it, and the window that closes on them."""

    level: str | None
    verdicts: dict[str, Verdict]
    window: Closing | None
    supports: tuple[Support, ...]

    @property
    def gaps(self) -> list[Item]:
        """The facts of which something is missing, each once."""
        missing = {item.fact.name: item for support in self.supports for item in support.items if item.gap}
        return list(missing.values())


@dataclass(frozen=True)
class Record:
    """All that was told of a referral, the newest picture first, and all that is kept with it."""

    pictures: Sequence[ClinicalPicture]
    documents: Sequence[Document]

    def item(self, name: str, at: int) -> Item:
        """A fact of the patient, or of the vertebra at this place in the newest picture."""
        level = _level(self.pictures[0], at)
        value = _told(self.pictures[0], name, at, level)
        told = list(takewhile(lambda picture: _told(picture, name, at, level) == value, self.pictures))
        return Item(BY_NAME[name], value, None if value is None else told[-1], tuple(self._pages(name, level)))

    def _pages(self, name: str, level: str | None) -> Iterator[Page]:
        """What a document shows of a vertebra says of which; and whatever it shows of one, it shows the level."""
        of = None if BY_NAME[name].scope == "patient" else level
        for document in self.documents:
            if document.error_at is None and document.scan != INFECTED:
                shown = [each.page for each in document.supports if each.level == of and name in ("level", each.fact)]
                yield from (Page(document, page) for page in dict.fromkeys(shown))


def sections(assessment: Assessment, record: Record) -> list[Section]:
    """What there is for each vertebra, in order; procedures that are judged alike are taken together."""
    return [
        section
        for at, vertebra in enumerate(assessment.vertebrae)
        for section in _of_vertebra(assessment, at, vertebra, record)
    ]


def _of_vertebra(assessment: Assessment, at: int, vertebra: VertebraAssessment, record: Record) -> Iterator[Section]:
    as_of = assessment.as_of
    for findings, alike in groupby(vertebra.judgements.items(), key=lambda judged: judged[1].findings):
        verdicts = {procedure: judgement.verdict for procedure, judgement in alike}
        supports = tuple(
            Support(each, tuple(record.item(name, at) for name in bearing(each.criterion.rule, vertebra.facts, as_of)))
            for each in findings
        )
        criteria = assessment.edition.procedures[next(iter(verdicts))]
        yield Section(vertebra.level, verdicts, closing(criteria, vertebra.facts, as_of), supports)


def _level(picture: ClinicalPicture, at: int) -> str | None:
    return picture.vertebrae[at].facts()["level"] if at < len(picture.vertebrae) else None


def _told(picture: ClinicalPicture, name: str, at: int, level: str | None) -> Any:
    """The value in a picture; a vertebra is the one of this level wherever it stands, else the one at this place."""
    if BY_NAME[name].scope == "patient":
        return getattr(picture, name)
    vertebrae = [each.facts() for each in picture.vertebrae]
    same = [facts for facts in vertebrae if facts["level"] == level] if level else vertebrae[at : at + 1]
    return same[0][name] if same else None
