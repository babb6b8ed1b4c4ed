"""What there is to say of an edition in words, whatever it is written as."""

from collections.abc import Iterator

from referrals.eligibility.edition import PARTS, Criterion, Edition, Note, Part
from referrals.eligibility.english import sentence

PART_TITLES: dict[Part, str] = {
    "inclusion": "What it asks for: all of these",
    "exclusion": "What rules it out: any one of these",
    "documentation": "What the record must hold: all of these",
}
NOTES = "Notes that change no verdict"


def dated(edition: Edition) -> str:
    day = edition.in_force_from
    return f"Edition {edition.name}, in force from {day.day} {day:%b %Y}"


def parts(edition: Edition, procedure: str) -> Iterator[tuple[str, tuple[Criterion, ...]]]:
    """The parts of which the procedure has any criteria, each under its title."""
    for part in PARTS:
        if criteria := getattr(edition.procedures[procedure], part):
            yield PART_TITLES[part], criteria


def said(criterion: Criterion) -> str:
    return _as_sentence(sentence(criterion.rule))


def when(note: Note) -> str:
    return _as_sentence(f"when {sentence(note.rule)}")


def because(criterion: Criterion) -> list[str]:
    """Where the criterion comes from and how it is read."""
    reading = f"{'Our reading' if criterion.ours else 'Read as'}: {criterion.reading}"
    added = ["An addition of this service: the source of the set does not have it."] if criterion.addition else []
    return [*added, reading, f"Source: {criterion.source}"]


def _as_sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
