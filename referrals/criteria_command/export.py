"""`flask criteria export`: the edition of a set that is in force, for other programs and for people."""

from datetime import date

import click

from referrals.criteria_command.day import today
from referrals.criteria_command.refused import Refused
from referrals.criteria_command.sets import criteria_set
from referrals.eligibility.exported import FORMS
from referrals.eligibility.fact import iso_date


@click.command("export")
@click.argument("set_name", metavar="SET")
@click.option("--format", "written_as", default="english", help=f"One of {', '.join(FORMS)}; else english.")
@click.option("--as-of", help="The day, YYYY-MM-DD, on which the edition is in force; else today.")
def export_edition(set_name: str, written_as: str, as_of: str | None) -> None:
    """Print the edition of SET that is in force: as CQL, as JSON, or in words.

    A set or a format that does not exist ends with status 2 and one line that says which there are.
    """
    known = criteria_set(set_name)
    if written_as not in FORMS:
        raise Refused(f"--format: one of {', '.join(FORMS)}")
    click.echo(FORMS[written_as].written(known, known.in_force(_day(as_of))), nl=False)


def _day(as_of: str | None) -> date:
    day = today() if as_of is None else iso_date(as_of)
    if day is None:
        raise Refused("--as-of: a calendar date YYYY-MM-DD")
    return day
