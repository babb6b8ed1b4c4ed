"""The registry: how many have which verdict today and on any other day, and who moves in between."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import and_, not_
from sqlalchemy.orm import Session

from referrals import registry
from referrals.eligibility.edition import Edition
from referrals.eligibility.verdict import KINDS, PROCEDURES
from referrals.kept_edition import in_force
from referrals.policy import may
from referrals.referral import IS_OPEN, Referral
from referrals.registry import Move, Moved, Numbers, kinds_alone, said_by
from referrals.scope import SYSTEM
from referrals.screening import CRITERIA_SET
from referrals.sight import visible_to
from referrals.web.clinic_clock import at
from referrals.web.context import database, me, reading, today
from referrals.web.fields import Day, Tick
from referrals.web.form import StrictForm
from referrals.web.policy import allow
from referrals.web.reading import listed

blueprint = Blueprint("registry", __name__)

Page = str | tuple[str, int]
LISTED = 50
AHEAD = timedelta(days=730)
NOT_RESTRICTED = not_(Referral.restricted)
"""Nobody is counted whose verdict is kept back: from a figure with them and one without it could be told."""


class RegistryForm(StrictForm):
    """Which day to compare today with."""

    known_then = Tick("Count by what had been told by then")

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if valid and self["known_then"].data and self["day"].data >= today():
            self["known_then"].errors = [
                "Only of a day that is past more may be known now: leave it, or choose another."
            ]
            return False
        return valid


@dataclass(frozen=True)
class Counted:
    """What an edition says of everybody on a day: {(procedure, verdict): referrals}."""

    on: date
    edition: Edition
    figures: Counter[tuple[str, str]]

    @property
    def everybody(self) -> int:
        return sum(self.figures[PROCEDURES[0], kind] for kind in KINDS)


@blueprint.get("/registry")
@allow("read_registry")
def show() -> Page:
    """Counted only when somebody asks: of very many referrals it takes the database some seconds."""
    form = form_of()
    if not request.args:
        return render_template("registry/show.html", form=form)
    if not form.validate():
        return render_template("registry/show.html", form=form), 422
    return counted(form)


def form_of() -> Any:
    class Chosen(RegistryForm):
        day = Day("Compare today with", future=today() + AHEAD, required="Choose a day.")

    return Chosen(request.args or None, today=today(), day=today() + timedelta(days=30))


def counted(form: Any) -> str:
    """The figures work for the installation, for they are of all practices; the list is what this person may open."""
    day, known_at = form.day.data, None
    if form.known_then.data:
        known_at = at(day + timedelta(days=1), time())
    with database().reading(SYSTEM) as session:
        now, then = (tallied(session, on, moment) for on, moment in ((today(), None), (day, known_at)))
        earlier, later = sorted((now, then), key=lambda each: each.on)
        before, after = (kinds_alone(said_by(each.edition, each.on)) for each in (earlier, later))
        moves = registry.moves(session, before, after, of=NOT_RESTRICTED)
    moved = opened_by_me(before, after, later.on)
    return render_template(
        "registry/show.html", form=form, now=now, then=then, moves=in_order(moves), earlier=earlier, later=later,
        moved=moved, most=LISTED, kinds=KINDS,
    )  # fmt: skip


def tallied(session: Session, on: date, known_at: Any) -> Counted:
    edition = in_force(session, CRITERIA_SET, on)
    return Counted(on, edition, registry.tally(session, edition, on, known_at, of=NOT_RESTRICTED))


def in_order(moves: Counter[Move]) -> list[tuple[Move, Mapping[bool, int]]]:
    """From where to where, the most first: how many of them are open and how many have ended."""
    whole: dict[tuple[str, str, str], dict[bool, int]] = {}
    for move, referrals in moves.items():
        whole.setdefault(move[:3], {True: 0, False: 0})[move.is_open] += referrals
    ordered = sorted(whole.items(), key=lambda each: (-sum(each[1].values()), each[0]))
    return [(Move(*of, True), numbers) for of, numbers in ordered]


def opened_by_me(before: Numbers, after: Numbers, on: date) -> list[Moved] | None:
    """The first open referrals that move, where this person opens referrals; else None."""
    if not may(me(), "read_referral"):
        return None
    mine = and_(IS_OPEN, NOT_RESTRICTED, visible_to(me()))
    moved = registry.moved(reading(), before, after, on, of=mine, limit=LISTED + 1)
    listed(min(len(moved), LISTED))
    return moved
