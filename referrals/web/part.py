"""The pages of one referral: the same head on each, and tabs that lead from one to the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from referrals import appointment, document, letter, message
from referrals.referral import Referral
from referrals.transition import NotAllowed
from referrals.web.beside import how_many_beside
from referrals.web.context import me, reading
from referrals.web.going_on import carried
from referrals.web.reading import open_referral
from referrals.web.standing import clinic_standing, standing


@dataclass(frozen=True)
class Tab:
    """A page of a referral: its words, where it is, and how many things stand on it (None: that is not counted)."""

    words: str
    endpoint: str
    count: Callable[[Session, Referral], int] | None = None


def unread(session: Session, referral: Referral) -> int:
    """How many messages of the referral this person has not read."""
    return message.unread_counts(session, me(), [referral.id]).get(referral.id, 0)


TABS: tuple[Tab, ...] = (
    Tab("Referral", "referral.show"),
    Tab("Visits", "visits.show", lambda session, referral: appointment.count_of(session, referral.id)),
    Tab("Pictures", "pictures.show"),
    Tab("Screenings", "screenings.show"),
    Tab("Documents", "documents.show", document.count),
    Tab("Messages", "messages.show", unread),
    Tab("Letters", "letters.show", letter.count),
    Tab("Same patient", "same_patient.show", how_many_beside),
)
"""In the order in which they stand."""


def sent_referral(public_id: str) -> Referral:
    """The referral that a tab is about. What was never sent has none: NotAllowed."""
    referral = open_referral(public_id)
    if referral.first_submitted_at is None:
        raise NotAllowed("open")
    return referral


def tabs(referral: Referral) -> list[dict[str, Any]]:
    """The tabs of this referral, as the macro draws them."""
    session = reading()
    return [
        {
            "label": tab.words,
            "url": url_for(tab.endpoint, public_id=referral.public_id, **carried()),
            "current": tab.endpoint.partition(".")[0] == request.blueprint,
            "count": (tab.count(session, referral) or None) if tab.count else None,
        }
        for tab in TABS
    ]


def part(template: str, referral: Referral, **shown: Any) -> str:
    """A page of the referral; its template extends referral/_part.html."""
    stands = clinic_standing(referral, me()) if me().works_at_clinic else standing(referral)
    return render_template(template, referral=referral, referral_tabs=tabs(referral), standing=stands, **shown)
