"""The command `flask criteria`: the documented criteria, used from outside."""

import json
from pathlib import Path
from typing import Any

import click

from referrals.criteria_command.cases import Case, CaseError, read_cases
from referrals.criteria_command.day import today
from referrals.criteria_command.export import export_edition
from referrals.criteria_command.proving import prove
from referrals.criteria_command.refused import Refused
from referrals.criteria_command.sets import criteria_set
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import CriteriaSet
from referrals.eligibility.evaluate import as_json, assess

STANDARD_SET = "clinic"
LARGEST_FILE = 8 * 1024 * 1024


@click.group()
def criteria() -> None:
    """The documented criteria."""


criteria.add_command(export_edition)
criteria.add_command(prove)


@criteria.command("assess")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--set", "set_name", help="The set to judge by, whatever the cases name; else clinic.")
def assess_file(file: Path, set_name: str | None) -> None:
    """Judge the cases of FILE, JSON or YAML (- is standard input), and print what the criteria say as JSON.

    Each case is judged by the set that it names itself unless --set names one. A missing as_of is today. Input that
    cannot be judged ends with status 2 and one line that says why.
    """
    if set_name is not None and set_name not in SETS:
        raise Refused(f"--set: one of {', '.join(SETS)}")
    try:
        cases = read_cases(_text(file), today())
    except CaseError as error:
        raise Refused(str(error)) from None
    judging = [set_name or case.criteria_set or STANDARD_SET for case in cases]
    known = {name: criteria_set(name) for name in set(judging)}
    judged = [_judged(case, known[name]) for case, name in zip(cases, judging, strict=True)]
    click.echo(json.dumps(judged, indent=2))


def _judged(case: Case, known: CriteriaSet) -> dict[str, Any]:
    edition = known.in_force(case.as_of)
    return {"id": case.id, **as_json(assess(edition, case.patient, case.vertebrae, case.as_of))}


def _text(file: Path) -> str:
    try:
        with click.open_file(str(file), "rb") as stream:
            content: bytes = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise Refused(f"{file}: at most {LARGEST_FILE // 1024 // 1024} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{file}: text in UTF-8") from None
