"""How Alembic runs the revisions: one transaction for all of them, on either database."""

from alembic import context
from sqlalchemy import Connection

import referrals  # noqa: F401  (brings every table to Base.metadata)
from referrals.db import Base, connect
from referrals.scope import ENTER, SYSTEM


def run() -> None:
    engine = connect(context.config.attributes["url"])
    try:
        with engine.connect().execution_options(writes=True) as connection:
            if engine.dialect.name == "sqlite":
                _without_foreign_keys(connection)
            _migrate(connection)
    finally:
        engine.dispose()


def _migrate(connection: Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=on_sqlite,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if not on_sqlite:
            connection.exec_driver_sql(ENTER, SYSTEM.settings)  # the owner's rows are under row-level security too
        context.run_migrations()
        if on_sqlite:
            _refuse_orphans(connection)


def _without_foreign_keys(connection: Connection) -> None:
    """Batch mode makes a table anew and drops the old one: enforced keys would delete or refuse its children.

    The pragma is ignored inside a transaction, hence on the driver's connection, before there is one.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")


def _refuse_orphans(connection: Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        raise RuntimeError(f"the revision leaves rows without their parent: {orphans[:5]}")


run()
