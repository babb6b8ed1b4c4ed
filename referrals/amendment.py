"""Telling the clinical picture anew: the old one is kept, the new one is screened, and what changed is said."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from referrals.clinical import PictureDetails, newest_picture, record_picture
from referrals.eligibility.evaluate import Assessment
from referrals.eligibility.verdict import PROCEDURES
from referrals.referral import Referral, reflected
from referrals.screening import screen
from referrals.staff import Person
from referrals.transition import Incomplete, Said, transition


def retell(
    session: Session, referral: Referral, actor: Person, today: date, anew: Callable[[PictureDetails], PictureDetails]
) -> tuple[dict[str, Any], Assessment]:
    """Record the picture as `anew` makes it of the newest, if it differs, and what the criteria say of it today.

    Gives back the columns of the referral that this changes, and the assessment.
    """
    newest = newest_picture(session, referral.id)
    picture_id, known = newest.id, newest.details()
    picture = anew(known)
    if picture != known:
        picture_id = record_picture(session, referral.id, newest.number + 1, actor.id, picture)
    assessment = screen(session, picture_id, picture, today)
    return {"picture_id": picture_id, **reflected(picture, assessment, referral.urgency)}, assessment


def verdicts_of(referral: Referral) -> dict[str, str | None]:
    """The verdicts as they stand on the referral: {procedure: kind}."""
    return {procedure: getattr(referral, procedure) for procedure in PROCEDURES}


def amend(
    session: Session, referral: Referral, actor: Person, version: int, today: date, picture: PictureDetails, why: str
) -> None:
    """Put the clinical picture right. Raises Incomplete when nothing in it is different."""
    if picture == newest_picture(session, referral.id).details():
        raise Incomplete("comment", "Nothing is different from what is known already: change an answer, or go back.")
    changes, details = retold(session, referral, actor, today, picture)
    transition(session, referral, "amend", actor, version, today, Said(comment=why, details=details), **changes)


def retold(
    session: Session, referral: Referral, actor: Person, today: date, picture: PictureDetails
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Record this picture: the columns of the referral that it changes, and what the log says of it."""
    before = verdicts_of(referral)
    changes, assessment = retell(session, referral, actor, today, lambda _: picture)
    return changes, {"before": before, "after": assessment.kinds()}
