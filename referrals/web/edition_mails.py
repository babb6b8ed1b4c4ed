"""What is mailed of an edition: that it waits for a second signature, was adopted, or was withdrawn."""

from collections.abc import Iterable

from flask import url_for
from sqlalchemy.orm import Session

from referrals.edition_draft import EditionDraft, Stage
from referrals.edition_signing import second_signers
from referrals.staff import Person
from referrals.web import links, post
from referrals.web.context import me, settings
from referrals.web.words import day

TEXT = """Hello {name},

{what}

{link}

{clinic}
"""
WAITS = """{by} has signed edition {edition} of the criteria, to count from {day}, and you may sign it as the second.
What changes, and who would move:"""
ADOPTED = "{by} has signed edition {edition} of the criteria as the second. It counts from {day}."
WITHDRAWN = "{by} has withdrawn edition {edition} of the criteria, which was to count from {day}. Why:"


def tell_of_signature(session: Session, draft: EditionDraft) -> None:
    """To everybody who may sign as the second; once somebody has, to who signed first."""
    if draft.state == Stage.SIGNED_ONCE:
        _tell(session, draft, second_signers(session, draft), "waits for a second signature", WAITS)
    else:
        _tell(session, draft, [draft.first_signer], "was adopted", ADOPTED)


def tell_of_withdrawal(session: Session, draft: EditionDraft) -> None:
    """To both who had signed it, but for who withdrew it."""
    _tell(session, draft, [draft.first_signer, draft.second_signer], "was withdrawn", WITHDRAWN)


def _tell(session: Session, draft: EditionDraft, people: Iterable[Person | None], did: str, words: str) -> None:
    edition = draft.edition.name
    what = words.format(by=me().name, edition=edition, day=day(draft.in_force_from))
    link = links.absolute(url_for("drafting.one", public_id=draft.public_id))
    for person in people:
        if person and person.active and person.id != me().id:
            text = TEXT.format(name=person.name, what=what, link=link, clinic=settings().clinic_name)
            post.owe(session, "edition", person, f"Edition {edition} of the criteria {did}", text)
