"""Drafting an edition: started, changed step by step, and given up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from referrals import kept_edition
from referrals.administration import ChangedMeanwhile, NoSuch, Refused, take_turn
from referrals.db import now
from referrals.edition_draft import EditionDraft, Stage, find, open_draft
from referrals.eligibility import criteria
from referrals.eligibility.edition import Edition
from referrals.eligibility.edition_notation import edition_to_json
from referrals.events import Entry, record
from referrals.kept_edition import KeptEdition
from referrals.staff import Person

DRAFT = "draft_edition"
Revise = Callable[[Edition, Edition], Edition]
"""What the draft becomes, given what it says and the edition that it is based on. Raises Refused."""


def newest(session: Session, set_name: str) -> Edition:
    """The last edition of a set, also where it only counts from a day to come."""
    return kept_edition.in_force(session, set_name, date.max)


def start(session: Session, by: Person, set_name: str, today: date) -> EditionDraft:
    """Begin with what the newest edition says; where a draft is open already, that is the one. NotPermitted."""
    take_turn(session, by, DRAFT)
    there = open_draft(session, set_name)
    if there is not None:
        return there
    base = newest(session, set_name)
    kept_edition.keep(session, base)
    begun = replace(base, name=_next_name(session, set_name), in_force_from=earliest(base, today))
    draft = EditionDraft(
        criteria_set=set_name,
        based_on=base.digest,
        content=edition_to_json(begun),
        drafted_by_id=by.id,
        changed_by_id=by.id,
    )
    session.add(draft)
    _note(session, "draft_edition", by, draft)
    return draft


def earliest(base: Edition, today: date) -> date:
    """The first day from which an edition can count that follows on this one."""
    return max(today, base.in_force_from + timedelta(1))


def change(session: Session, by: Person, public_id: str, version: int, revise: Revise) -> EditionDraft:
    """One step; whoever had signed has to sign again. Sent twice it is done once.

    Raises NotPermitted, NoSuch, ChangedMeanwhile, Refused.
    """
    draft = held(session, by, public_id, DRAFT)
    if draft.version != version or not draft.is_open:
        return _done_already(session, draft, revise)
    revised = edition_to_json(revise(draft.edition, base_of(session, draft)))
    if revised != draft.content:
        draft.content = revised
        unsign(draft)
        step(session, "change_draft", by, draft)
    return draft


def discard(session: Session, by: Person, public_id: str, version: int) -> EditionDraft:
    """Give it up; it stays to be read. Raises NotPermitted, NoSuch, ChangedMeanwhile."""
    draft = held(session, by, public_id, DRAFT)
    if draft.state == Stage.DISCARDED:
        return draft
    check_version(draft, version)
    unsign(draft)
    draft.state = Stage.DISCARDED
    step(session, "discard_draft", by, draft)
    return draft


def base_of(session: Session, draft: EditionDraft) -> Edition:
    """The edition that the draft began as."""
    return kept_edition.edition_of(session, draft.based_on)


def is_overtaken(session: Session, draft: EditionDraft) -> bool:
    """Whether the edition that the draft began as is not the newest any more, so that nobody can sign it."""
    return newest(session, draft.criteria_set).digest != draft.based_on


def held(session: Session, by: Person, public_id: str, permission: str) -> EditionDraft:
    """The draft as it is now, which nobody else changes until this transaction ends."""
    take_turn(session, by, permission)
    draft = find(session, public_id)
    session.refresh(draft, with_for_update={"of": EditionDraft})
    return draft


def _done_already(session: Session, draft: EditionDraft, revise: Revise) -> EditionDraft:
    """The draft, if this step changes nothing of it any more: it was sent twice. Else ChangedMeanwhile."""
    try:
        done = edition_to_json(revise(draft.edition, base_of(session, draft))) == draft.content
    except (Refused, NoSuch):
        done = False
    if not done:
        raise ChangedMeanwhile
    return draft


def check_version(draft: EditionDraft, version: int) -> None:
    """Raises ChangedMeanwhile."""
    if draft.version != version or not draft.is_open:
        raise ChangedMeanwhile


def unsign(draft: EditionDraft) -> None:
    """Void the first signature. Its reason and day stay as a proposal."""
    draft.state = Stage.DRAFTED
    draft.signed_digest = draft.first_signer_id = draft.first_signed_at = None


def _next_name(session: Session, set_name: str) -> str:
    """The next number, also after one that was withdrawn."""
    named = select(KeptEdition.name).where(KeptEdition.criteria_set == set_name)
    names = {*session.scalars(named), *(edition.name for edition in criteria.SETS[set_name].editions)}
    return str(1 + max((int(name) for name in names if name.isdecimal()), default=len(names)))


def step(session: Session, action: str, by: Person, draft: EditionDraft) -> None:
    """One version more, by whom, and an entry in the log."""
    draft.version += 1
    draft.changed_by_id, draft.changed_at = by.id, now()
    _note(session, action, by, draft)


def _note(session: Session, action: str, by: Person, draft: EditionDraft) -> None:
    session.flush()
    record(session, Entry(action=action, by=by, subject=draft.public_id, details={"name": draft.content["edition"]}))
