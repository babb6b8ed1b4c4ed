"""Whether PostgreSQL's row-level security stands behind the service: as whom it serves, and on which tables."""

from collections.abc import Iterator

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

OF_PATIENTS = frozenset(
    {
        "appointments", "clinical_pictures", "document_supports", "documents", "emergency_accesses", "events",
        "imaging_studies", "information_items", "information_requests", "letters", "mails", "merges", "message_marks",
        "messages", "notice_copies", "notices", "patient_links", "patients", "procedure_records", "referrals",
        "reminders", "saved_views", "screenings", "searches", "treated_levels", "treatments", "vertebrae",
    }
)  # fmt: skip
"""The tables that row-level security has to stand before."""
OPEN_TO_THE_SERVICE = frozenset(
    {
        "edition_drafts", "errands", "failed_sign_ins", "identities", "kept_editions", "mail_preferences",
        "passkeys", "people", "people_roles", "practices", "reasons", "roles",
        "user_sessions",
    }
)  # fmt: skip
"""The tables that are read to find out who asks, and the lists that everybody chooses from. They hold no patient."""

ROLE = text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
OWNED = text(
    "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relkind IN ('r', 'p') "
    "AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'MEMBER') ORDER BY relname"
)
WALLED = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
    "AND relrowsecurity AND relforcerowsecurity"
)


def faults(database_url: str) -> list[str]:
    """What keeps the second wall from standing on this PostgreSQL, a sentence each. OperationalError: it is away."""
    engine = create_engine(database_url, poolclass=NullPool, connect_args={"connect_timeout": 3})
    with engine.connect() as connection:
        return list(_faults(connection))


def faults_at_start(database_url: str) -> list[str]:
    """What to say before serving. None on SQLite, which has no such wall, and where the database is not there yet."""
    try:
        return [] if database_url.startswith("sqlite") else faults(database_url)
    except OperationalError:
        return []


def _faults(connection: Connection) -> Iterator[str]:
    superuser, bypasses = connection.execute(ROLE).one()
    if superuser or bypasses:
        yield f"The role is {'a superuser' if superuser else 'one with BYPASSRLS'}: row-level security is not for it."
        return
    owned = connection.execute(OWNED).all()
    if owned:
        yield f"The role owns the tables ({', '.join(name for name, _ in owned[:3])} …), or may become who does."
    lacking = OF_PATIENTS - set(connection.execute(WALLED).scalars())
    if lacking:
        yield f"No row-level security stands before {', '.join(sorted(lacking))}: run flask db upgrade as the owner."
