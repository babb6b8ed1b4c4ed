"""The command `flask criteria prove`: what holds of everybody there could be, and how two editions differ."""

from collections.abc import Iterator

import click

from referrals.criteria_command.day import today
from referrals.criteria_command.refused import Refused
from referrals.criteria_command.sets import criteria_set
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import Edition
from referrals.eligibility.proved import Claim, Move
from referrals.prover import Unanswered, claims_about, moves_between

SECONDS, LONGEST = 10, 600
"""For one question, and for all that is asked of an edition."""
CLAIMED = {True: "proved", False: "FAILS ", None: "open  "}
MOVED = {True: "found ", False: "proved", None: "open  "}


@click.command("prove")
@click.argument("asked", metavar="[SET[:EDITION]]…", nargs=-1)
@click.option("--against", metavar="SET[:EDITION]", help="Say instead how each SET differs from this one.")
@click.option("--seconds", type=click.FloatRange(0.001, LONGEST), default=SECONDS, help="For one question; else 10.")
def prove(asked: tuple[str, ...], against: str | None, seconds: float) -> None:
    """Prove what must hold of every SET, or of all of them.

    Each procedure can be met; each criterion can decide; nobody has two verdicts, or none; what is known leaves nothing
    open. A line names somebody who shows it. Ends with 1 when a claim fails, or was not found out in time.
    """
    editions = [_edition(name) for name in asked or SETS]
    other = None if against is None else _edition(against)
    fine = True
    for edition in editions:
        try:
            lines = _claims(edition, seconds) if other is None else _moves(other, edition, seconds)
            for settled, line in lines:
                click.echo(line)
                fine = fine and settled
        except Unanswered as why:
            raise click.ClickException(str(why)) from None
    if not fine:
        raise SystemExit(1)


def _claims(edition: Edition, seconds: float) -> Iterator[tuple[bool, str]]:
    for claim in claims_about(edition, today(), seconds, LONGEST):
        said = f"{edition.criteria_set} {edition.name}, {claim.procedure}: {claim.words}"
        yield claim.holds is True, f"{CLAIMED[claim.holds]}  {_with_example(said, claim)}"


def _moves(before: Edition, after: Edition, seconds: float) -> Iterator[tuple[bool, str]]:
    for move in moves_between(before, after, today(), seconds, LONGEST):
        said = f"{move.procedure}: {move.words}"
        yield move.possible is not None, f"{MOVED[move.possible]}  {_with_example(said, move)}"


def _with_example(said: str, found: Claim | Move) -> str:
    return f"{said}. {found.example.words}" if found.example else f"{said}."


def _edition(name: str) -> Edition:
    """The edition of a set by its name, or the one in force today."""
    set_name, _, wanted = name.partition(":")
    known = criteria_set(set_name)
    if not wanted:
        return known.in_force(today())
    editions = {edition.name: edition for edition in known.editions}
    if wanted not in editions:
        raise Refused(f"{set_name}: one of its editions {', '.join(editions)}")
    return editions[wanted]
