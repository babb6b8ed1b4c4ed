"""The pages of one referral: the same head on each, and tabs that lead from one to the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from referrals.referral import Referral
from referrals.web.beside import how_many_beside
from referrals.web.context import me, reading
from referrals.web.standing import clinic_standing, standing


@dataclass(frozen=True)
class Tab:
    """A page of a referral: its words, where it is, and how many things stand on it (None: that is not counted)."""

    words: str
    endpoint: str
    count: Callable[[Session, Referral], int] | None = None


TABS: tuple[Tab, ...] = (
    Tab("Referral", "referral.show"),
    Tab("Same patient", "same_patient.show", how_many_beside),
)
"""In the order in which they stand."""


def tabs(referral: Referral) -> list[dict[str, Any]]:
    """The tabs of this referral, as the macro draws them."""
    session = reading()
    return [
        {
            "label": tab.words,
            "url": url_for(tab.endpoint, public_id=referral.public_id),
            "current": tab.endpoint == request.endpoint,
            "count": (tab.count(session, referral) or None) if tab.count else None,
        }
        for tab in TABS
    ]


def part(template: str, referral: Referral, **shown: Any) -> str:
    """A page of the referral; its template extends referral/_part.html."""
    stands = clinic_standing(referral, me()) if me().works_at_clinic else standing(referral)
    return render_template(template, referral=referral, referral_tabs=tabs(referral), standing=stands, **shown)
