"""`flask rescreen`: screen anew whom the days or a new edition have moved, or say who would be."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext

from config import Settings
from referrals.command import database_url
from referrals.db import Database
from referrals.eligibility.fact import iso_date
from referrals.eligibility.verdict import NOT_YET, Verdict
from referrals.registry import Moved
from referrals.rescreen import Found, find, rescreen
from referrals.scope import SYSTEM


class Day(click.ParamType[date]):
    """A date written YYYY-MM-DD."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        day = iso_date(value)
        if day is None:
            self.fail(f"{value!r} is no date; write it as 2026-12-15", param, ctx)
        return day


@click.command("rescreen")
@click.option("--as-of", type=Day(), help="The day to judge by, for --dry-run; today unless said.")
@click.option("--dry-run", is_flag=True, help="Say who would move, and change nothing.")
@with_appcontext
def command(as_of: date | None, dry_run: bool) -> None:
    """Screen anew whom the days, or a new edition of the criteria, have moved.

    Once a day is enough, and the worker does it each night; broken off or run twice it does no harm.
    """
    database_url()
    settings = cast(Settings, current_app.extensions["settings"])
    today = datetime.now(ZoneInfo(settings.time_zone)).date()
    if as_of not in (None, today) and not dry_run:
        raise click.UsageError("Only today can be recorded: add --dry-run to look at another day.")
    database = cast(Database, current_app.extensions["database"]).within(SYSTEM)
    with database.reading() as session:
        found = find(session, as_of or today)
    if dry_run:
        for line in _foreseen(found):
            click.echo(line)
    else:
        _carry_out(database, found)


def _carry_out(database: Database, found: Found) -> None:
    everybody = len(found.open) + len(found.ended)
    with click.progressbar(length=everybody, label="Screening anew", file=sys.stderr) as bar:
        still_open, ended = rescreen(database, found, bar.update)
    click.echo(f"Screened anew: {still_open:,} open, {ended:,} that have ended.")


def _foreseen(found: Found) -> Iterator[str]:
    """Who would move, a line each, and then how many from where to where."""
    yield f"On {found.on}, by edition {found.edition.name} of {found.edition.criteria_set}:"
    for each in (*found.open, *found.ended):
        yield f"{each.public_id}  {each.state}: {'; '.join(_said(each))}"
    yield f"Would be screened anew: {len(found.open):,} open, {len(found.ended):,} that have ended."
    for words, referrals in _counted((*found.open, *found.ended)):
        yield f"{referrals:7,}  {words}"


def _counted(those: Iterable[Moved]) -> list[tuple[str, int]]:
    kinds = Counter(
        f"{name}: {_words(each.before[name].kind)} → {_words(after.kind)}"
        for each in those
        for name, after in each.after.items()
        if after != each.before[name]
    )
    return kinds.most_common()


def _said(moved: Moved) -> Iterator[str]:
    for name, after in moved.after.items():
        if after != moved.before[name]:
            yield f"{name} {_verdict(moved.before[name])} → {_verdict(after)}"


def _verdict(verdict: Verdict) -> str:
    words = _words(verdict.kind)
    return f"{words} until {verdict.starts_on}" if verdict.kind == NOT_YET else words


def _words(kind: str) -> str:
    return kind.replace("_", " ")
