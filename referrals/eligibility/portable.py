"""What SQLite and PostgreSQL say differently: the days from one date to another, and the least of several numbers."""

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class DaysBetween(FunctionElement[int]):
    """Whole days from the first date to the second; NULL where either is not known."""

    type = Integer()
    inherit_cache = True


class Least(FunctionElement[int]):
    """The least of numbers none of which is NULL."""

    type = Integer()
    inherit_cache = True


@compiles(DaysBetween, "sqlite")
def _days_in_sqlite(days: DaysBetween, compiler: SQLCompiler, **more: Any) -> str:
    first, second = (compiler.process(day, **more) for day in days.clauses)
    return f"CAST(julianday({second}) - julianday({first}) AS INTEGER)"


@compiles(DaysBetween, "postgresql")
def _days_in_postgresql(days: DaysBetween, compiler: SQLCompiler, **more: Any) -> str:
    first, second = (compiler.process(day, **more) for day in days.clauses)
    return f"({second} - {first})"


@compiles(Least, "sqlite")
def _least_in_sqlite(least: Least, compiler: SQLCompiler, **more: Any) -> str:
    return f"min({compiler.process(least.clauses, **more)})"


@compiles(Least, "postgresql")
def _least_in_postgresql(least: Least, compiler: SQLCompiler, **more: Any) -> str:
    return f"least({compiler.process(least.clauses, **more)})"
