"""Entering people and practices from the command line, until there are pages for it."""

from uuid import uuid4

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals.command import database_url
from referrals.staff import CLINIC_ROLES, Person, Practice, Role, RoleName

SHORTEST_PASSWORD = 12

commands = click.Group("people", help="Enter people and practices.")


@commands.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As it is shown to others.")
@click.option("--role", required=True, type=click.Choice([role.value for role in RoleName]))
@click.option("--practice", required=True, help="The practice's name; it is made when it is new.")
@click.option("--telephone", default="", help="The practice's telephone, when the practice is new.")
@click.option("--npi", help="Of a referring physician.")
@click.password_option(help=f"At least {SHORTEST_PASSWORD} characters; asked for when not given.")
@with_appcontext
def add(email: str, name: str, role: str, practice: str, telephone: str, npi: str | None, password: str) -> None:
    """Enter a person with EMAIL to sign in with."""
    database_url()
    if len(password) < SHORTEST_PASSWORD:
        raise click.ClickException(f"The password needs at least {SHORTEST_PASSWORD} characters.")
    with current_app.extensions["database"].begin() as session:
        if session.scalar(select(Person.id).where(Person.email == email.lower())):
            raise click.ClickException(f"{email} is there already.")
        session.add(
            Person(
                email=email.lower(),
                name=name,
                npi=npi,
                password=hash_password(password),
                fs_uniquifier=uuid4().hex,
                practice=_practice(session, practice, telephone, RoleName(role) in CLINIC_ROLES),
                roles=[session.scalars(select(Role).where(Role.name == role)).one()],
            )
        )
    click.echo(f"{name} can sign in as {email.lower()}.")


def _practice(session: Session, name: str, telephone: str, is_clinic: bool) -> Practice:
    """The practice of this name. A practice that refers and the clinic are never the same."""
    found = session.scalars(select(Practice).where(Practice.name == name)).first()
    if found is None:
        return Practice(name=name, telephone=telephone, is_clinic=is_clinic)
    if is_clinic and not found.is_clinic:
        raise click.ClickException(f"{name} is a practice that refers; clinic staff belong to the clinic.")
    return found
