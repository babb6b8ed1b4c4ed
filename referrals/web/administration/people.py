"""People: who there is, who is invited, what each may do, and the end of their access."""

from typing import Any

from flask import Blueprint, abort, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from referrals import directory, invitation, mail, people, user_session
from referrals.db import now
from referrals.directory import WantedPeople
from referrals.membership import Standing, standing
from referrals.staff import Person, RoleName
from referrals.web import invitation as invitations
from referrals.web.administration.carry import Answered, answers, asked_once, carry_out, found
from referrals.web.administration.person_form import (
    CutOffForm,
    DetailsForm,
    InvitationForm,
    PositionForm,
    all_practices,
    at_practices,
)
from referrals.web.context import me, reading, today
from referrals.web.policy import allow
from referrals.web.signed_in import limits

blueprint = Blueprint("people", __name__, url_prefix="/administration/people")
ROLES = {role.value: role.words for role in RoleName}
STATES = {state.value: state.capitalize() for state in Standing}
FILTERS = ("words", "role", "practice", "state", "after")


@blueprint.get("")
@allow("manage_people")
def show() -> str:
    """Everybody, found by name, address, role, practice and standing."""
    asked, session = asked_once(*FILTERS), reading()
    wanted = WantedPeople(
        words=asked.get("words", ""),
        role=RoleName(one_of(asked["role"], ROLES)) if "role" in asked else None,
        practice=asked.get("practice", ""),
        state=Standing(one_of(asked["state"], STATES)) if "state" in asked else None,
        after=asked.get("after", ""),
    )
    rows, next_after = found(directory.people, session, wanted)
    filters = {name: value for name, value in asked.items() if name != "after"}
    return render_template(
        "administration/people.html",
        rows=rows,
        asked=filters,
        roles=ROLES,
        states=STATES,
        practices=[(practice.public_id, practice.name) for practice in all_practices(session)],
        last_sign_ins=directory.last_sign_ins(session, rows),
        stands=standing,
        is_late=is_late,
        next_url=url_for("people.show", **filters, after=next_after) if next_after else None,
        first_url=url_for("people.show", **filters) if wanted.after else None,
    )


def one_of(value: str, allowed: dict[str, str]) -> str:
    if value not in allowed:
        abort(400, f"It may be one of: {', '.join(allowed)}.")
    return value


def is_late(person: Person) -> bool:
    """Whether somebody was invited and did not come in time."""
    until = invitation.expires_at(person)
    return standing(person) is Standing.INVITED and until is not None and until <= now()


@blueprint.get("/<public_id>")
@allow("manage_people")
def one(public_id: str) -> str:
    """One person: how they stand, and what can be done about it."""
    session = reading()
    person = found(people.find, session, public_id)
    stands = standing(person)
    return render_template(
        "administration/person.html",
        person=person,
        stands=stands,
        late=is_late(person),
        is_me=person.id == me().id,
        link=invitations.address(person) if stands is Standing.INVITED and not mail.is_set_up() else "",
        expires_at=invitation.expires_at(person),
        last_sign_in=directory.last_sign_ins(session, [person]).get(person.id),
        sessions=len(user_session.living(session, person, limits(), now())),
        seen=people.seen(person),
    )


@blueprint.route("/invite", methods=["GET", "POST"])
@allow("manage_people")
def invite() -> Answered:
    form = at_practices(InvitationForm, reading())(answers(), today=today())

    def verb(session: Session) -> str:
        return owing_link(session, invitation.invite(session, me(), form.details(), form.position(session)))

    return told(carry_out(form, verb, "", lambda: render_template("administration/invite.html", form=form)))


def owing_link(session: Session, person: Person) -> str:
    """With the invitation its link is owed by mail; where none is set up, the person's page shows it."""
    session.flush()
    invitations.owe_link(session, person)
    return address_of(person)


def told(answer: Answered) -> Answered:
    """Say what becomes of the link, once the invitation is stored."""
    if isinstance(answer, Response) and answer.status_code == 303:
        invitations.say_where_it_went(people.find(reading(), answer.location.rpartition("/")[2]))
    return answer


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@allow("manage_people")
def edit(public_id: str) -> Answered:
    """Name, address, NPI and telephone."""
    person = found(people.find, reading(), public_id)
    as_it_is = {name: getattr(person, name) for name in ("name", "email", "npi", "call_back")}
    form = DetailsForm(answers(), today=today(), seen=people.seen(person), **as_it_is)

    def verb(session: Session) -> str:
        changed = people.change_details(session, me(), public_id, form.seen.data, form.details())
        return owing_link(session, changed) if is_elsewhere else address_of(changed)

    invited = standing(person) is Standing.INVITED and not is_late(person)
    is_elsewhere = invited and form.email.data != as_it_is["email"]
    answer = carry_out(form, verb, "Changed.", lambda: about("edit", person, form))
    return told(answer) if is_elsewhere else answer


@blueprint.route("/<public_id>/roles", methods=["GET", "POST"])
@allow("manage_people")
def roles(public_id: str) -> Answered:
    """The practice, and what somebody is there."""
    person = found(people.find, reading(), public_id)
    as_it_is = {"practice": person.practice.public_id, "roles": sorted(person.role_names)}
    form = at_practices(PositionForm, reading())(answers(), today=today(), seen=people.seen(person), **as_it_is)

    def verb(session: Session) -> str:
        return address_of(people.change_roles(session, me(), public_id, form.seen.data, form.position(session)))

    return carry_out(form, verb, "Changed. Every session of theirs has ended.", lambda: about("roles", person, form))


@blueprint.route("/<public_id>/deactivate", methods=["GET", "POST"])
@allow("manage_people")
def deactivate(public_id: str) -> Answered:
    person = found(people.find, reading(), public_id)
    form = CutOffForm(answers(), today=today(), seen=people.seen(person))

    def verb(session: Session) -> str:
        return address_of(people.deactivate(session, me(), public_id, form.seen.data, form.why.data))

    done = f"{person.name} cannot sign in any more, and every session of theirs has ended."
    return carry_out(form, verb, done, lambda: about("deactivate", person, form))


@blueprint.route("/<public_id>/reactivate", methods=["GET", "POST"])
@allow("manage_people")
def reactivate(public_id: str) -> Answered:
    person = found(people.find, reading(), public_id)
    form = CutOffForm(answers(), today=today(), seen=people.seen(person))

    def verb(session: Session) -> str:
        return address_of(people.reactivate(session, me(), public_id, form.seen.data, form.why.data))

    done = f"{person.name} can sign in again, as before."
    return carry_out(form, verb, done, lambda: about("reactivate", person, form))


@blueprint.route("/<public_id>/reinvite", methods=["GET", "POST"])
@allow("manage_people")
def reinvite(public_id: str) -> Answered:
    """A new link; for who had joined, in place of their password and second factor."""
    person = found(people.find, reading(), public_id)
    form = CutOffForm(answers(), today=today(), seen=people.seen(person))

    def verb(session: Session) -> str:
        return owing_link(session, invitation.reinvite(session, me(), public_id, form.seen.data, form.why.data))

    return told(carry_out(form, verb, "", lambda: about("reinvite", person, form)))


def about(page: str, person: Person, form: Any) -> str:
    stands = standing(person)
    return render_template(f"administration/{page}.html", person=person, stands=stands, form=form)


def address_of(person: Person) -> str:
    return url_for("people.one", public_id=person.public_id)
