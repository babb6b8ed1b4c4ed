"""What an administrator does to a referral without reading it: found by its id, seen as an outline, acted on.

The installation finds it, for an administrator sees no referral. Nothing that it reads is given out but the outline.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from referrals.administration import ChangedMeanwhile, NoSuch, NotPermitted, Refused, check_seen, take_turn
from referrals.outline import Outline, outlined
from referrals.referral import Referral
from referrals.scope import as_the_installation
from referrals.staff import Person, RoleName
from referrals.transition import Incomplete, NotAllowed, Stale
from referrals.workflow import Action, available

PERMISSION = "oversee_referrals"


def look_up(session: Session, public_id: str) -> Outline:
    """What may be known of the referral that was sent under this id. Raises NoSuch; a draft is its practice's alone."""
    with as_the_installation(session):
        return outlined(_sent(session, public_id))


def offered(outline: Outline) -> list[Action]:
    """What the table of actions gives an administrator, where the referral stands now."""
    return available(outline.status, {RoleName.ADMINISTRATOR})


def seen(outline: Outline | Referral) -> str:
    """What was seen of it, as a form carries it."""
    return str(outline.version)


def act(session: Session, by: Person, public_id: str, as_seen: str, verb: Callable[[Referral], None]) -> None:
    """Let the verb do one action of the table. Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused."""
    take_turn(session, by, PERMISSION)
    with _as_administration_says_it(), as_the_installation(session):
        referral = _sent(session, public_id)
        check_seen(as_seen, seen(referral))
        verb(referral)


@contextmanager
def _as_administration_says_it() -> Iterator[None]:
    """What a verb refuses; the page that says so elsewhere shows the referral."""
    try:
        yield
    except Stale:
        raise ChangedMeanwhile from None
    except Incomplete as missing:
        raise Refused(missing.field, missing.what_to_do) from None
    except NotAllowed as refused:
        raise NotPermitted(*refused.args) from None


def _sent(session: Session, public_id: str) -> Referral:
    found = session.scalars(
        select(Referral)
        .where(Referral.public_id == public_id, Referral.first_submitted_at.is_not(None))
        .options(joinedload(Referral.practice), joinedload(Referral.owner))
    ).one_or_none()
    if found is None:
        raise NoSuch(public_id)
    return found
