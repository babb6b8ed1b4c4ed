"""The made-up draft of an edition, signed once: the second signature is left to whoever tries the service."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from referrals import drafting, edition_signing
from referrals.edition_signing import Signature
from referrals.eligibility.edition import Edition
from referrals.eligibility.language import Within, Yes
from referrals.eligibility.revision import places_of, with_criterion
from referrals.eligibility.sets.clinic import STARTED, TUMOR_OR_FAILED_MANAGEMENT
from referrals.events import NOWHERE, Origin, comes_from
from referrals.screening import CRITERIA_SET
from referrals.staff import Person

BY = "ingrid"
YESTERDAY = timedelta(hours=9)
IN_A_WEEK = timedelta(days=7)
WHY = "The payer asks for six weeks of conservative management; referrals that come earlier are refused and come again."
SIX_WEEKS = replace(
    TUMOR_OR_FAILED_MANAGEMENT,
    title="Tumor damage, or six weeks of conservative management without success",
    rule=Yes("tumor_damage")
    | (Yes("conservative_management_failed") & Within(STARTED, 42, None) & Yes("bedridden_risk")),
    reading="The wait is over from day 42, the longer end of the band that the page gives, counted from the start of "
    "conservative management and not from the fracture. A tumor skips the wait.",
)


def draft(session: Session, people: Mapping[str, Person], today: date, until: datetime) -> None:
    """Begun, changed and signed once, on the last day of the made-up past."""
    by, at = people[BY], until - YESTERDAY
    comes_from(session, Origin(happened_at=at))
    made = drafting.start(session, by, CRITERIA_SET, today)
    drafting.change(session, by, made.public_id, made.version, _six_weeks)
    said = Signature(by.name, WHY, today + IN_A_WEEK)
    edition_signing.sign(session, by, made.public_id, made.version, today, said)
    made.drafted_at = made.changed_at = made.first_signed_at = at
    comes_from(session, NOWHERE)


def _six_weeks(edition: Edition, base: Edition) -> Edition:
    return with_criterion(edition, base, SIX_WEEKS, places_of(edition, SIX_WEEKS.name))
