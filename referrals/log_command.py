"""Looking after the log from the command line: verify it, write a checkpoint, make the key that signs them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection

from config import Settings
from referrals.checkpoint import BadCheckpoint, Checkpoint, Keeper, keeper_of, public_key, read, written
from referrals.command import database_url
from referrals.db import Database, now
from referrals.events import Recorded
from referrals.log import Broken, Whole, newest
from referrals.log import verify as verify_log
from referrals.scope import SYSTEM

NO_CHECKPOINTS = "No checkpoints were looked at (LOG_CHECKPOINTS, --checkpoint): a log written anew would look whole."
NO_KEEPER = "Set LOG_CHECKPOINTS to a file outside the database, and LOG_SIGNING_KEY to a key from `flask log key`."
NO_KEY = "Say by --public-key whose checkpoints they are (or set LOG_SIGNING_KEY)."

commands = click.Group("log", help="Verify the log, and seal it.")


@commands.command("verify")
@click.option("--checkpoint", "file", type=click.Path(path_type=Path), help="The file; by default LOG_CHECKPOINTS.")
@click.option("--public-key", "key", help="Who signed them; by default the public half of LOG_SIGNING_KEY.")
@with_appcontext
def verify(file: Path | None, key: str | None) -> None:
    """Say whether every entry is as it was written; if not, name the first that is wrong and end with 1."""
    database_url()
    if file is None and settings().log_checkpoints:
        file = Path(settings().log_checkpoints)
    with looking() as connection:
        whole = verified(connection, kept(file, key, connection) if file else [])
    agree = f"checkpoints that agree: {whole.checkpoints:,}"
    click.echo(f"The log is whole: {whole.entries:,} entries, the last {whole.last}; {agree}.")
    for words in (*whole.odd, *([] if file else [NO_CHECKPOINTS])):
        click.echo(words)


@commands.command("checkpoint")
@with_appcontext
def checkpoint() -> None:
    """Verify the log, and append a signed checkpoint of its newest entry to LOG_CHECKPOINTS."""
    database_url()
    keeper = keeper_of(settings())
    if keeper is None:
        raise click.ClickException(NO_KEEPER)
    with looking() as connection:
        there = kept(keeper.file, None, connection) if keeper.file.exists() else []
        verified(connection, there)
        last = newest(connection)
    if last is None:
        raise click.ClickException("The log is empty: there is nothing to sign.")
    added = keeper.add(Recorded(last.sequence, last.hash, now()))
    click.echo(f"Entry {last.sequence:,} {'is' if added else 'was'} signed{'' if added else ' already'}: {keeper.file}")


@commands.command("key")
def key() -> None:
    """Make a key that signs checkpoints, and print both halves of it."""
    made = Ed25519PrivateKey.generate()
    click.echo(f"LOG_SIGNING_KEY={written(made)}")
    click.echo(f"Public key, for `flask log verify --public-key`: {written(made.public_key())}")
    click.echo("Keep the first where the database's administrators cannot read it; give the second to the auditor.")


def verified(connection: Connection, checkpoints: Sequence[Checkpoint]) -> Whole:
    try:
        return verify_log(connection, checkpoints)
    except Broken as broken:
        raise click.ClickException(f"The log was changed. {broken}") from None


def kept(file: Path, key: str | None, connection: Connection) -> list[Checkpoint]:
    """The checkpoints of a file, each as it was signed."""
    if not file.exists():
        if newest(connection) is None:
            return []
        raise click.ClickException(f"The checkpoints are gone: there is no file {file}.")
    try:
        return list(read(file, whose(key)))
    except BadCheckpoint as bad:
        raise click.ClickException(f"The checkpoints were changed. {bad}") from None


def whose(key: str | None) -> Ed25519PublicKey:
    """The public key to check signatures with."""
    keeper: Keeper | None = keeper_of(settings())
    if key is None and keeper is None:
        raise click.UsageError(NO_KEY)
    try:
        return public_key(key) if key is not None else cast(Keeper, keeper).key.public_key()
    except ValueError:
        raise click.UsageError("That is no key: `flask log key` shows what one looks like.") from None


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


@contextmanager
def looking() -> Iterator[Connection]:
    """The database as a whole: the chain is everybody's."""
    with cast(Database, current_app.extensions["database"]).reading(SYSTEM) as session:
        yield session.connection()
