"""The database's revisions: up, down and where it stands, by Alembic called directly."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from flask.cli import with_appcontext
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from referrals.command import database_url
from referrals.db import connect
from referrals.second_wall import faults

if TYPE_CHECKING:
    from alembic.config import Config

REVISIONS = Path(__file__).parent.parent / "migrations"

commands = click.Group("db", help="Bring the database to a revision, and say where it stands.")


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring a database up to a revision, all of it or nothing; makes the folder of a SQLite file."""
    from alembic import command

    address = make_url(database_url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_alembic(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Take a database down to a revision ("base": empty); what only the newer ones could hold is lost."""
    from alembic import command

    command.downgrade(_alembic(database_url), revision)


def current(database_url: str) -> str | None:
    """The revision that a database is at; None: no revision was ever applied."""
    from alembic.migration import MigrationContext

    engine = connect(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision there is."""
    from alembic.script import ScriptDirectory

    return cast(str, ScriptDirectory.from_config(_alembic("")).get_current_head())


def _alembic(database_url: str) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"url": database_url})
    config.set_main_option("script_location", str(REVISIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@commands.command("upgrade")
@click.argument("revision", default="head")
@with_appcontext
def upgrade_command(revision: str) -> None:
    """Bring the database up to REVISION (the newest, unless named)."""
    upgrade(database_url(), revision)
    click.echo(f"The database is at revision {current(database_url())}.")


@commands.command("downgrade")
@click.argument("revision")
@with_appcontext
def downgrade_command(revision: str) -> None:
    """Take the database down to REVISION; what only newer revisions can hold is lost."""
    downgrade(database_url(), revision)
    click.echo(f"The database is at revision {current(database_url()) or 'base, with no tables'}.")


@commands.command("current")
@with_appcontext
def current_command() -> None:
    """Say which revision the database is at, and which is the newest."""
    click.echo(f"The database is at {current(database_url()) or 'no revision'}; the newest is {head()}.")


@commands.command("check-roles")
@with_appcontext
def check_roles_command() -> None:
    """Say whether PostgreSQL's row-level security holds for the role that DATABASE_URL names; exit 1 if not."""
    url = database_url()
    if url.startswith("sqlite"):
        raise click.ClickException("SQLite has no roles and no row-level security: nothing stands behind the pages.")
    try:
        found = faults(url)
    except OperationalError as away:
        raise click.ClickException(f"The database did not answer: {away.orig}") from None
    if found:
        raise click.ClickException("\n".join((*found, "docs/operations.md says how to make the two roles.")))
    click.echo("The role owns nothing, and row-level security holds for it.")
