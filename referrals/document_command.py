"""Looking after documents from the command line: scan what waits, check every file, sweep what no document names."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import ColumnElement, select

from config import Settings
from referrals.command import database_url
from referrals.db import Database, now
from referrals.document import NOT_SCANNED, Document, read
from referrals.fitness import MissingSettings, require
from referrals.scanning import scan
from referrals.scope import SYSTEM
from referrals.storage import Away, Changed, Storage
from referrals.virus import Scanner

NO_SCANNER = "Set CLAMAV to the address of clamd: host:port, or the path of its socket."
AT_ONCE = 100
"""How many rows are held at a time."""
YOUNG = timedelta(days=1)
"""A file this young may belong to a document that is just being added."""

commands = click.Group("documents", help="Scan, check and sweep the files of documents.")


@commands.command("scan")
@with_appcontext
def scan_command() -> None:
    """Ask the virus scanner about every file without a verdict; ends with 1 if some still have none."""
    files, scanner = place(), cast(Scanner | None, current_app.extensions["scanner"])
    if scanner is None:
        raise click.ClickException(NO_SCANNER)
    clean = infected = waited = 0
    for documents in batches(Document.scan == NOT_SCANNED):
        scanned = scan(database(), files, scanner, documents)
        waited, clean, infected = waited + len(documents), clean + scanned.clean, infected + scanned.infected
    unsettled = waited - clean - infected
    click.echo(f"Clean: {clean:,}. Infected, and given to nobody: {infected:,}. Without a verdict: {unsettled:,}.")
    if unsettled:
        raise click.ClickException("The scanner did not answer for all of them: try again.")


@commands.command("check")
@with_appcontext
def check_command() -> None:
    """Say whether every file is there as it was stored; names those that are not, and ends with 1."""
    files, right, wrong = place(), 0, 0
    for document in (each for batch in batches(Document.stored_as.is_not(None)) for each in batch):
        try:
            read(files, document)
            right += 1
        except Away as away:
            raise click.ClickException(f"The place of the files does not answer: {away}") from None
        except Changed:
            wrong += 1
            click.echo(f"Not as it was stored: document {document.public_id}, file {document.stored_as}")
    click.echo(f"Files as they were stored: {right:,}. Changed or gone: {wrong:,}.")
    if wrong:
        raise click.ClickException("Bring these back from a copy that is older than the change.")


@commands.command("sweep")
@click.option("--remove", is_flag=True, help="Remove them; otherwise they are only counted.")
@with_appcontext
def sweep_command(remove: bool) -> None:
    """Count the files that no document names, older than a day: what died while it was added left them behind."""
    files, before = place(), now() - YOUNG
    orphans = [name for name, since in files.kept() if since < before and not is_named(name)]
    for name in orphans if remove else ():
        files.remove(name)
    click.echo(f"{'Removed' if remove else 'Named by no document'}: {len(orphans):,}.")


def batches(which: ColumnElement[bool]) -> Iterator[Sequence[Document]]:
    """The documents of all referrals, some at a time, each once."""
    last = 0
    while True:
        with database().reading(SYSTEM) as session:
            rows = select(Document).where(which, Document.id > last).order_by(Document.id).limit(AT_ONCE)
            documents = session.scalars(rows).all()
        if not documents:
            return
        last = documents[-1].id
        yield documents


def is_named(name: str) -> bool:
    with database().reading(SYSTEM) as session:
        return session.scalar(select(Document.id).where(Document.stored_as == name)) is not None


def database() -> Database:
    return cast(Database, current_app.extensions["database"])


def place() -> Storage:
    """Where the files are; ClickException, saying what is missing, where the settings name no such place."""
    database_url()
    try:
        require(cast(Settings, current_app.extensions["settings"]), "DOCUMENTS", "S3_ENDPOINT", "CLAMAV")
    except MissingSettings as missing:
        raise click.ClickException(str(missing)) from None
    return cast(Storage, current_app.extensions["storage"])
