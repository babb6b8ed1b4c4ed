"""The least that could store a referral: a bare Flask and SQLAlchemy, one row and one audit row in one commit."""

import os
from collections.abc import Mapping
from datetime import datetime

from flask import Flask, request
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.wrappers import Response

from referrals.db import Database, UTCDateTime, now

FIELDS = ("given_name", "family_name", "born_on", "telephone", "reason")
LACKS = (
    "The bare insert reads five fields of a small form. It has no sign-in, no protection against forged forms,",
    "no validation, no patient to find, no screening and no notice. Its server, its database settings and its way",
    "of beginning a transaction are the service's own; both answer with a redirect.",
)


class Base(DeclarativeBase):
    pass


class Request(Base):
    __tablename__ = "requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    born_on: Mapped[str] = mapped_column(String(10))
    telephone: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class Audit(Base):
    __tablename__ = "audits"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    action: Mapped[str] = mapped_column(String(40))
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


def prepare(database_url: str) -> None:
    """Make the two tables."""
    database = Database(database_url)
    with database.begin() as session:
        Base.metadata.create_all(session.connection())
    database.engine.dispose()


def create_app() -> Flask:
    app, database = Flask(__name__), Database(os.environ["DATABASE_URL"])

    @app.post("/requests")
    def create() -> Response:
        with database.begin() as session:
            number = store(session, {name: request.form[name] for name in FIELDS})
        return Response(status=303, headers={"Location": f"/requests/{number}"})

    return app


def store(session: Session, fields: Mapping[str, str]) -> int:
    """The two rows, of FIELDS; the number of the first."""
    created = Request(**fields)
    session.add(created)
    session.flush()
    session.add(Audit(request_id=created.id, action="create"))
    return created.id
