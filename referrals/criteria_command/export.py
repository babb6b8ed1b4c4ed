"""`flask criteria export`: the edition of a set that is in force, for other programs and for people."""

import json
from collections.abc import Callable, Mapping
from datetime import date

import click

from referrals.criteria_command.day import today
from referrals.criteria_command.refused import Refused
from referrals.eligibility.cql import library
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import CriteriaSet, Edition
from referrals.eligibility.edition_notation import edition_to_json
from referrals.eligibility.fact import iso_date
from referrals.eligibility.markdown import markdown
from referrals.eligibility.plain_text import plain_text

FORMATS: Mapping[str, Callable[[CriteriaSet, Edition], str]] = {
    "cql": lambda _, edition: library(edition),
    "json": lambda _, edition: json.dumps(edition_to_json(edition), indent=2, ensure_ascii=False) + "\n",
    "english": plain_text,
    "markdown": markdown,
}


@click.command("export")
@click.argument("set_name", metavar="SET")
@click.option("--format", "written_as", default="english", help=f"One of {', '.join(FORMATS)}; else english.")
@click.option("--as-of", help="The day, YYYY-MM-DD, on which the edition is in force; else today.")
def export_edition(set_name: str, written_as: str, as_of: str | None) -> None:
    """Print the edition of SET that is in force: as CQL, as JSON, or in words.

    A set or a format that does not exist ends with status 2 and one line that says which there are.
    """
    if set_name not in SETS:
        raise Refused(f"SET: one of {', '.join(SETS)}")
    if written_as not in FORMATS:
        raise Refused(f"--format: one of {', '.join(FORMATS)}")
    criteria_set = SETS[set_name]
    click.echo(FORMATS[written_as](criteria_set, criteria_set.in_force(_day(as_of))), nl=False)


def _day(as_of: str | None) -> date:
    day = today() if as_of is None else iso_date(as_of)
    if day is None:
        raise Refused("--as-of: a calendar date YYYY-MM-DD")
    return day
