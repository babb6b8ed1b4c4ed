"""The forms about a person: who it is, where they work and as what, and why their access ends."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms.validators import StopValidation

from referrals import people, practices
from referrals.membership import Position
from referrals.people import Details
from referrals.staff import Practice, RoleName
from referrals.web.administration.carry import AdministrationForm, SeenForm
from referrals.web.fields import Area, Choice, Line, Npi, Ticks

Form = TypeVar("Form", bound="WithPosition")
ONE_ROLE = "Choose at least one role."
ROLES = {role.value: role.words for role in RoleName}


class Email(Line):
    """An address to sign in with."""

    def parse(self, text: str) -> str | None:
        line = super().parse(text)
        return people.email_address(line) if line else None


class Roles(Ticks):
    """What somebody is; nobody is nothing."""

    def pre_validate(self, form: Any) -> None:
        if not self.data and not self.process_errors:
            raise StopValidation(self.required)


class WithDetails(AdministrationForm):
    name = Line("Name", 100, required="Write the name as others know it.", hint="As others read it, with the title.")
    email = Email(
        "Email address", 255, required="Write the address to sign in with.", hint="To sign in with; nobody else has it."
    )
    npi = Npi("NPI", hint="Of a physician; 10 digits.")
    call_back = Line("Call-back number", 40, hint="Where the clinic reaches them about a patient.")

    def details(self) -> Details:
        said = (self.name, self.email, self.npi, self.call_back)
        return Details(**{field.name: field.data for field in said})


class WithPosition(AdministrationForm):
    practice: Choice
    roles = Roles("Roles", ROLES, required=ONE_ROLE, hint="Coordinators and IR physicians work at the clinic.")
    of_the_whole = "roles"
    order = ("name", "email", "practice", "roles", "npi", "call_back")

    def position(self, session: Session) -> Position:
        chosen = frozenset(RoleName(name) for name in self.roles.data or ())
        return Position(practices.find(session, self.practice.data), chosen)


class InvitationForm(WithDetails, WithPosition):
    of_the_whole = "roles"


class DetailsForm(SeenForm, WithDetails):
    of_the_whole = "name"


class PositionForm(SeenForm, WithPosition):
    of_the_whole = "roles"


class CutOffForm(SeenForm):
    why = Area("Why", 500, hint="Kept in the log, with your name.")
    of_the_whole = "why"


def at_practices(form: type[Form], session: Session) -> type[Form]:
    """The form with the practices that there are now to choose from."""
    options = {practice.public_id: practice.name for practice in all_practices(session)}
    practice = Choice("Practice", options, shape="select", required="Choose the practice.")
    return type(form.__name__, (form,), {"practice": practice})


def all_practices(session: Session) -> Sequence[Practice]:
    """Every practice, the clinic first."""
    return session.scalars(select(Practice).order_by(Practice.is_clinic.desc(), Practice.name)).all()
