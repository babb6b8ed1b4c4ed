"""The facts of the vocabulary as columns of a table: what each is kept as, and what it may hold."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, Float, Integer, String
from sqlalchemy.orm import mapped_column

from referrals.db import Base
from referrals.eligibility.facts import Fact


def _column_type(fact: Fact) -> Any:
    if fact.kind == "quantity":
        return Integer() if fact.whole else Float()
    return {"flag": Boolean(), "coded": String(30), "date": Date()}[fact.kind]


def _limits(fact: Fact) -> str | None:
    if fact.kind == "coded":
        return f"{fact.name} IN ({', '.join(repr(code) for code in fact.codes)})"
    return f"{fact.name} BETWEEN {fact.low} AND {fact.high}" if fact.kind == "quantity" else None


def give_columns(table: type[Base], vocabulary: Iterable[Fact]) -> None:
    """One nullable column a fact (NULL is unknown), with its codes or range as a named CHECK."""
    for fact in vocabulary:
        setattr(table, fact.name, mapped_column(_column_type(fact), nullable=True))
        if limits := _limits(fact):
            table.metadata.tables[table.__tablename__].append_constraint(CheckConstraint(limits, name=fact.name))
