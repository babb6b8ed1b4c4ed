"""An edition as plain text: every criterion a sentence, with its source and how it is read."""

from collections.abc import Iterator
from textwrap import fill

from referrals.eligibility.edition import CriteriaSet, Edition
from referrals.eligibility.in_words import NOTES, because, dated, parts, said, when

WIDTH = 100


def plain_text(criteria_set: CriteriaSet, edition: Edition) -> str:
    return "\n".join(_lines(criteria_set, edition)) + "\n"


def _lines(criteria_set: CriteriaSet, edition: Edition) -> Iterator[str]:
    caveats = (f"{name}: {words}" for name, words in edition.caveats.items())
    yield from (criteria_set.title, dated(edition))
    for words in (*caveats, criteria_set.about):
        yield f"\n{fill(words, WIDTH)}"
    for procedure in edition.procedures:
        for title, criteria in parts(edition, procedure):
            yield _title(f"{procedure.capitalize()}. {title}")
            for number, each in enumerate(criteria, start=1):
                yield _item(f"{number}. ", each.title, said(each), *because(each))
    if edition.notes:
        yield _title(NOTES)
    for note in edition.notes:
        yield _item("- ", when(note), note.words, f"Source: {note.source}")


def _title(words: str) -> str:
    return f"\n\n{words}\n{'=' * len(words)}"


def _item(mark: str, *paragraphs: str) -> str:
    """The paragraphs below one another, all beside the mark."""
    margin = " " * len(mark)
    first, *others = paragraphs
    lines = [fill(first, WIDTH, initial_indent=mark, subsequent_indent=margin)]
    lines += [fill(words, WIDTH, initial_indent=margin, subsequent_indent=margin) for words in others]
    return "\n" + "\n".join(lines)
