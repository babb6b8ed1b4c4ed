"""All that a database holds, as text: for tests to compare what was there before with what is there after."""

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from referrals.db import Base


def contents(session: Session, but_for: str = "", passed_over: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Every row of every table, each with all its columns, in one statement: a table at a time takes far longer.

    `but_for`: events that this SQL finds are left out; `passed_over`: the tables that are not read.
    """
    dialect = session.get_bind().dialect.name
    tables = [table for table in Base.metadata.sorted_tables if table.name not in passed_over]
    where = {"events": f" WHERE NOT ({but_for})"} if but_for else {}
    read = (
        f"SELECT '{table}' AS of, {row_as_text(table, dialect)} AS said FROM {table} t{where.get(table.name, '')}"
        for table in tables
    )
    return sorted((of, said) for of, said in session.execute(text(" UNION ALL ".join(read))))


def row_as_text(table: Table, dialect: str) -> str:
    """PostgreSQL writes a whole row as text; SQLite a value at a time, and none is mistaken for another."""
    return "t::text" if dialect == "postgresql" else " || ',' || ".join(f"quote({column.name})" for column in table.c)
