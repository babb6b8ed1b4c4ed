"""Entering people and practices from the command line: the first administrator, and whoever cannot get in any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from referrals import invitation, npi, people, practices
from referrals.administration import Refused
from referrals.command import database_url
from referrals.membership import Position
from referrals.people import Details
from referrals.practices import PracticeDetails
from referrals.scope import SYSTEM
from referrals.staff import CLINIC_ROLES, Person, Practice, RoleName

SHORTEST_PASSWORD = 12

commands = click.Group("people", help="Enter people and practices.")
named = click.option("--name", required=True, help="As it is shown to others.")
at_practice = click.option("--practice", required=True, help="The practice's name; it is made when it is new.")
telephone_of = click.option("--telephone", default="", help="The practice's telephone, when the practice is new.")


@commands.command("add")
@click.argument("email")
@named
@click.option("--role", required=True, type=click.Choice([role.value for role in RoleName]))
@at_practice
@telephone_of
@click.option("--npi", "identifier", help="Of a physician.")
@click.password_option(help=f"At least {SHORTEST_PASSWORD} characters; asked for when not given.")
@with_appcontext
def add(email: str, name: str, role: str, practice: str, telephone: str, identifier: str | None, password: str) -> None:
    """Enter a person with EMAIL to sign in with, and their password."""
    with writing() as session:
        details = Details(
            name=name, email=people.email_address(email), npi=npi.checked(identifier) if identifier else None
        )
        _check_password(password)
        there = _practice(session, practice, telephone, RoleName(role) in CLINIC_ROLES)
        position = Position(there, frozenset({RoleName(role)}))
        if session.scalar(select(Person.id).where(Person.email == details.email)):
            raise Refused("email", f"{details.email} is there already.")
        invitation.enter(session, None, details, position, hash_password(password))
    click.echo(f"{name} can sign in as {details.email}.")


@commands.command("create-admin")
@click.argument("email")
@named
@at_practice
@telephone_of
@with_appcontext
def create_admin(email: str, name: str, practice: str, telephone: str) -> None:
    """Invite the first administrator, with EMAIL to sign in with, and print the link.

    The practice is made when it is new, and is the clinic when there is none yet.
    """
    with writing() as session:
        details = Details(name=name, email=people.email_address(email))
        there = _practice(session, practice, telephone, practices.the_clinic(session) is None)
        person = invitation.invite(session, None, details, Position(there, frozenset({RoleName.ADMINISTRATOR})))
    _print_link(person)


@commands.command("reset")
@click.argument("email")
@with_appcontext
def reset(email: str) -> None:
    """Void the password and second factor of who signs in with EMAIL, end their sessions, and print a new link."""
    with writing() as session:
        found = session.scalars(select(Person).where(Person.email == email.lower())).unique().one_or_none()
        if found is None:
            raise Refused("email", f"Nobody signs in as {email}.")
        person = invitation.reinvite(session, None, found.public_id, None)
    _print_link(person)


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction; what is against a rule is said in a line."""
    database_url()
    try:
        with current_app.extensions["database"].begin(SYSTEM) as session:
            yield session
    except Refused as refused:
        raise click.ClickException(refused.what_to_do) from None
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from None


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise click.ClickException(f"The password needs at least {SHORTEST_PASSWORD} characters.")
    faults, _ = current_app.extensions["security"].password_util.validate(password, False, user=None)
    if faults:
        raise click.ClickException(" ".join(map(str, faults)))


def _practice(session: Session, name: str, telephone: str, is_clinic: bool) -> Practice:
    """The practice of this name, made where it is new."""
    if (found := practices.named(session, name)) is not None:
        return found
    return practices.enter(session, None, PracticeDetails(name=name, telephone=telephone), is_clinic)


def _print_link(person: Person) -> None:
    settings = cast(Settings, current_app.extensions["settings"])
    base = settings.public_url or "(the address of this service)"
    click.echo(f"{person.name} chooses a password within {invitation.GOOD_FOR.days} days at:")
    click.echo(f"  {base.rstrip('/')}{invitation.PATH}/{invitation.token(person, settings.secret_key)}")
