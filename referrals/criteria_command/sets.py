"""The sets as the commands know them: with the editions that were adopted here, where there is a database to ask."""

from pathlib import Path

from flask import current_app, has_app_context
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from referrals.criteria_command.refused import Refused
from referrals.db import Database
from referrals.eligibility.criteria import SETS
from referrals.eligibility.edition import CriteriaSet
from referrals.kept_edition import KeptEdition, set_of

AWAY = "DATABASE_URL: the database is away, and it alone knows which editions were adopted here"


def criteria_set(name: str) -> CriteriaSet:
    """The set with all its editions. Refused where nobody can tell which: the wrong criteria are worse than none."""
    if name not in SETS:
        raise Refused(f"SET: one of {', '.join(SETS)}")
    database = _database()
    if database is None:
        return SETS[name]
    try:
        if not inspect(database.engine).has_table(KeptEdition.__tablename__):
            return SETS[name]
        with database.reading() as session:
            return set_of(session, name)
    except OperationalError:
        raise Refused(AWAY) from None


def _database() -> Database | None:
    """That of the installation; none is asked where no application runs, or it was never filled."""
    if not has_app_context() or not current_app.extensions["settings"].database_url:
        return None
    database: Database = current_app.extensions["database"]
    file = database.engine.url.database if database.engine.dialect.name == "sqlite" else None
    return None if file and not Path(file).exists() else database
