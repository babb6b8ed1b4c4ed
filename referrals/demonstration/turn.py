"""A turn of the made-up clinic: one step of one case, about to be taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from referrals.advice import Needed
from referrals.demonstration.cases import Case, Step
from referrals.eligibility import facts
from referrals.inquiry import Item
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.staff import Person
from referrals.storage import Storage
from referrals.transition import Said


@dataclass(frozen=True)
class Turn:
    """A step about to be taken: by whom, for whom, on which referral, in which case."""

    session: Session
    referral: Referral
    case: Case
    step: Step
    actor: Person
    referrer: Person
    reasons: Mapping[str, Reason]
    people: Mapping[str, Person]
    storage: Storage

    @property
    def at_hand(self) -> tuple[Session, Referral, Person, int, date]:
        """What every verb of triage begins with."""
        return self.session, self.referral, self.actor, self.referral.version, self.step.at.date()

    @property
    def comment(self) -> str:
        return str(self.step.said.get("comment", ""))

    @property
    def saying(self) -> Said:
        code = self.step.said.get("reason")
        return Said(self.reasons[code] if code else None, self.comment)

    def item(self, words: str) -> Item:
        """What a file calls "pain_score", "L1 collapse" or by a question, as it is asked for."""
        level, _, name = words.rpartition(" ")
        fact = facts.BY_NAME.get(name)
        if fact is None:
            return Item(words)
        if fact.scope == "patient":
            return Needed(name, None, None, True).item
        levels = [vertebra["level"] for vertebra in self.case.picture.vertebrae]
        return Needed(name, levels.index(level or None), level or None, True).item
