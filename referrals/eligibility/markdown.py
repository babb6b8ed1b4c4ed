"""An edition as a Markdown document: every criterion an outline, with its source and how it is read."""

import re
from collections.abc import Iterator

from referrals.eligibility.edition import CriteriaSet, Criterion, Edition
from referrals.eligibility.english import Line, outline
from referrals.eligibility.in_words import NOTES, because, dated, parts, when

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def markdown(criteria_set: CriteriaSet, edition: Edition) -> str:
    return "\n\n".join(_blocks(criteria_set, edition)) + "\n"


def _blocks(criteria_set: CriteriaSet, edition: Edition) -> Iterator[str]:
    yield f"# {_plain(criteria_set.title)}"
    yield _plain(dated(edition))
    for name, words in edition.caveats.items():
        yield f"**{name}.** {_plain(words)}"
    yield _plain(criteria_set.about)
    for procedure in edition.procedures:
        yield f"## {procedure.capitalize()}"
        for title, criteria in parts(edition, procedure):
            yield f"### {title}"
            yield "\n\n".join(_criterion(number, each) for number, each in enumerate(criteria, start=1))
    if edition.notes:
        yield f"## {NOTES}"
    for note in edition.notes:
        yield _item("- ", _plain(when(note)), _plain(note.words), f"*Source: {_plain(str(note.source))}*")


def _criterion(number: int, criterion: Criterion) -> str:
    rule = "\n".join(_outlined(outline(criterion.rule)))
    why = [f"*{_plain(words)}*" for words in because(criterion)]
    return _item(f"{number}. ", f"**{_plain(criterion.title)}**", rule, *why)


def _outlined(line: Line, depth: int = 0) -> Iterator[str]:
    yield f"{'  ' * depth}- {_plain(line.words)}"
    for part in line.parts:
        yield from _outlined(part, depth + 1)


def _item(mark: str, *paragraphs: str) -> str:
    """The paragraphs of one item of a list."""
    margin = "\n" + " " * len(mark)
    return mark + "\n\n".join(paragraphs).replace("\n", margin).replace(f"{margin}{margin}", f"\n{margin}")


def _plain(words: str) -> str:
    """The words on one line, none of them markup."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
