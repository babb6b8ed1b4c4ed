"""Signing a drafted edition: two people, one of them an IR physician, and only then it is adopted.

One person withdraws it, until its first day: nobody was judged by it yet, and what is in force stays in force.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from referrals import kept_edition
from referrals.administration import ChangedMeanwhile, Refused
from referrals.db import now
from referrals.drafting import DRAFT, base_of, check_version, earliest, held, is_overtaken, step, unsign
from referrals.edition_draft import EditionDraft, Stage
from referrals.eligibility.edition import Edition
from referrals.eligibility.edition_notation import edition_to_json
from referrals.eligibility.revision import compared
from referrals.events import canonical
from referrals.roster import holding
from referrals.staff import Person, RoleName

SIGN = "sign_edition"
OVERTAKEN = "Another edition was adopted since this draft was begun, or the one that it began as was withdrawn."


@dataclass(frozen=True)
class Signature:
    """What somebody says who signs: their name as it stands, why, and from which day on. The second says only who."""

    name: str
    reason: str = ""
    in_force_from: date | None = None


def sign(
    session: Session, by: Person, public_id: str, version: int, today: date, said: Signature
) -> EditionDraft | None:
    """Sign all that the draft says. The first says why and from when on; after the second it is an edition.

    None where that was done already. Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused.
    """
    draft = held(session, by, public_id, SIGN)
    if draft.version != version and by.id in (draft.first_signer_id, draft.second_signer_id):
        return None  # sent twice
    check_version(draft, version)
    if said.name != by.name:
        raise Refused("name", f"Type your name as it stands here to sign: {by.name}.")
    base = base_of(session, draft)
    if is_overtaken(session, draft):
        raise Refused("name", f"{OVERTAKEN} Discard it and begin anew.")
    if draft.state == Stage.DRAFTED:
        _sign_first(draft, base, by, today, said)
        step(session, "sign_draft", by, draft)
    else:
        _sign_second(session, draft, by, today)
        step(session, "adopt_edition", by, draft)
    session.refresh(draft, ["first_signer", "second_signer"])
    return draft


def take_back(session: Session, by: Person, public_id: str, version: int) -> EditionDraft:
    """Take the first signature off; its reason and day stay as a proposal. Raises as `sign` does."""
    draft = held(session, by, public_id, DRAFT)
    if draft.state == Stage.DRAFTED and draft.first_signer_id is None and draft.version == version + 1:
        return draft  # sent twice
    check_version(draft, version)
    if draft.state == Stage.SIGNED_ONCE:
        unsign(draft)
        step(session, "unsign_draft", by, draft)
    return draft


def withdraw(
    session: Session, by: Person, public_id: str, version: int, today: date, reason: str
) -> EditionDraft | None:
    """Have an adopted edition never count. It can still be read, and its name is not given again.

    None where that was done already. Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused.
    """
    draft = held(session, by, public_id, SIGN)
    if draft.state == Stage.WITHDRAWN and draft.version == version + 1 and draft.changed_by_id == by.id:
        return None  # sent twice
    if draft.version != version or draft.state != Stage.ADOPTED:
        raise ChangedMeanwhile
    if not draft.is_still_to_count(today):
        raise Refused("reason", "Its first day has come: it counts already. Draft the next edition instead.")
    kept_edition.let_go(session, str(draft.edition_digest))
    draft.state, draft.withdrawn_because = Stage.WITHDRAWN, reason
    step(session, "withdraw_edition", by, draft)
    return draft


def second_signers(session: Session, draft: EditionDraft) -> list[Person]:
    """Who may sign as the second what one person has signed."""
    others = (person for person in holding(session, SIGN) if person.id != draft.first_signer_id)
    return [person for person in others if not needs_ir_physician(draft, person)]


def needs_ir_physician(draft: EditionDraft, by: Person) -> bool:
    """Whether this person would be the second to sign, and no IR physician is among the two."""
    roles = by.role_names | (draft.first_signer.role_names if draft.first_signer else frozenset())
    return draft.state == Stage.SIGNED_ONCE and RoleName.IR_PHYSICIAN not in roles


def _sign_first(draft: EditionDraft, base: Edition, by: Person, today: date, said: Signature) -> None:
    if not said.reason:
        raise Refused("reason", "Say why, in a sentence.")
    if said.in_force_from is None or said.in_force_from < earliest(base, today):
        raise Refused("in_force_from", "Give today or a later day, and one after the first day of the edition before.")
    if all(each.kind == "same" for each in compared(base, draft.edition)):
        raise Refused("name", "There is nothing to sign: the draft says what the edition in force says.")
    draft.content = edition_to_json(replace(draft.edition, in_force_from=said.in_force_from))
    draft.reason, draft.in_force_from = said.reason, said.in_force_from
    draft.state, draft.signed_digest = Stage.SIGNED_ONCE, _digest(draft)
    draft.first_signer_id, draft.first_signed_at = by.id, now()


def _sign_second(session: Session, draft: EditionDraft, by: Person, today: date) -> None:
    if by.id == draft.first_signer_id:
        raise Refused("name", "You have signed it already: another person signs with you.")
    if needs_ir_physician(draft, by):
        raise Refused("name", "One of the two who sign has to be an IR physician.")
    if draft.in_force_from is None or draft.in_force_from < today:
        raise Refused("name", "Its first day has passed. Take the signature back, and sign with a later day.")
    if draft.signed_digest != _digest(draft):
        raise Refused("name", "This is not what was signed. Take the signature back, and sign anew.")
    edition = draft.edition
    kept_edition.keep(session, edition, adopted=True)
    draft.state, draft.edition_digest = Stage.ADOPTED, edition.digest
    draft.second_signer_id, draft.second_signed_at = by.id, now()


def _digest(draft: EditionDraft) -> str:
    """Of everything that somebody reads before they sign: an edition's own digest leaves out the words."""
    return hashlib.sha256(canonical(draft.content).encode()).hexdigest()
