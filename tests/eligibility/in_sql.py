"""Pictures in a table, so that a database can be asked what the criteria say of them."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from referrals.eligibility import sql
from referrals.eligibility.edition import Edition
from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import BY_NAME
from referrals.eligibility.language import Node
from referrals.eligibility.verdict import PROCEDURES, Verdict
from tests.eligibility.pictures import TODAY, Facts


def _type(fact: Fact) -> Any:
    if fact.kind == "quantity":
        return Integer() if fact.whole else Float()
    return {"flag": Boolean(), "coded": String(30), "date": Date()}[fact.kind]


PICTURES = Table(
    "pictures",
    MetaData(),
    Column("place", Integer, primary_key=True),
    *(Column(fact.name, _type(fact)) for fact in BY_NAME.values()),
    prefixes=["TEMPORARY"],
)

COLUMNS = {name: PICTURES.c[name] for name in BY_NAME}


def connected(url: str) -> Iterator[Connection]:
    """A connection with an empty table of pictures, which is gone with it."""
    engine = create_engine(url, poolclass=StaticPool)
    with engine.connect() as connection:
        PICTURES.create(connection)
        yield connection
    engine.dispose()


def asked(connection: Connection, columns: Sequence[ColumnElement[Any]], pictures: Sequence[Facts]) -> list[Any]:
    """A row for each picture, with what the database makes of the columns."""
    nothing = dict.fromkeys(BY_NAME)
    connection.execute(PICTURES.delete())
    connection.execute(PICTURES.insert(), [{**nothing, **each, "place": at} for at, each in enumerate(pictures)])
    return list(connection.execute(select(*columns).select_from(PICTURES).order_by(PICTURES.c.place)))


def truths(connection: Connection, rule: Node, pictures: Sequence[Facts], as_of: date = TODAY) -> list[bool | None]:
    said = asked(connection, [sql.condition(rule, COLUMNS, as_of).label("holds")], pictures)
    return [None if holds is None else bool(holds) for (holds,) in said]


def verdicts(
    connection: Connection, edition: Edition, pictures: Sequence[Facts], as_of: date = TODAY
) -> list[dict[str, Verdict]]:
    """For each picture the verdict for each procedure."""
    numbers = [sql.verdict(edition.procedures[name], COLUMNS, as_of).label(name) for name in PROCEDURES]
    said = asked(connection, numbers, pictures)
    return [{name: sql.verdict_of(row._mapping[name], as_of) for name in PROCEDURES} for row in said]
