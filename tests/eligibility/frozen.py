"""What every edition in force says, as files: `python -m tests.eligibility.frozen` writes those that are missing.

It never writes over one. An edition that reads differently from its file is a new edition.
"""

from pathlib import Path

from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import CriteriaSet, Edition
from referrals.eligibility.exported import FORMS

FOLDER = Path(__file__).parent / "golden"
ENDINGS = {"cql": "cql", "json": "json", "english": "txt", "markdown": "md"}
EDITIONS = [(criteria_set, edition) for criteria_set in SETS.values() for edition in criteria_set.editions]


def file_of(edition: Edition, written_as: str) -> Path:
    return FOLDER / f"{edition.criteria_set}-{edition.name}.{ENDINGS[written_as]}"


def written(criteria_set: CriteriaSet, edition: Edition, written_as: str) -> bytes:
    return FORMS[written_as].written(criteria_set, edition).encode()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for criteria_set, edition in EDITIONS:
        for written_as in FORMS:
            file = file_of(edition, written_as)
            if not file.exists():
                file.write_bytes(written(criteria_set, edition, written_as))


if __name__ == "__main__":
    main()
