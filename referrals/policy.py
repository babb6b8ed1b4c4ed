"""Who may do what, held as data: role × permission × how far it reaches. What is not here is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from referrals.scope import Scope, Sees
from referrals.staff import Person, RoleName


class Reach(StrEnum):
    """How far a permission goes: the person's own practice, or every practice."""

    OWN_PRACTICE = "own practice"
    EVERYWHERE = "everywhere"


class Kind(StrEnum):
    """What a permission is for: acting on people or patients, watching those who act, or neither."""

    ACTING = "acting"
    AUDITING = "auditing"
    HARMLESS = "harmless"


@dataclass(frozen=True)
class Permission:
    """One thing to be permitted: its words, who has it and how far, and whether the sign-in has to be fresh."""

    name: str
    words: str
    reaches: Mapping[RoleName, Reach]
    kind: Kind = Kind.ACTING
    fresh: bool = False


def _of_practice(*roles: RoleName) -> dict[RoleName, Reach]:
    return dict.fromkeys(roles, Reach.OWN_PRACTICE)


def _everywhere(*roles: RoleName) -> dict[RoleName, Reach]:
    return dict.fromkeys(roles, Reach.EVERYWHERE)


R = RoleName
REFERRERS, CLINIC, ALL = (R.PHYSICIAN, R.DELEGATE), (R.COORDINATOR, R.IR_PHYSICIAN), tuple(RoleName)

# A row each; a formatter would stand the rows on end.
# fmt: off
ROWS = (
    Permission("refer", "Refer a patient, and follow the own practice's referrals", _of_practice(*REFERRERS)),
    Permission("read_referral", "Open a referral", _of_practice(*REFERRERS) | _everywhere(*CLINIC)),
    Permission("add_document", "Add a document to a referral, or say that one was an error",
               _of_practice(*REFERRERS) | _everywhere(*CLINIC)),
    Permission("restrict_referral", "Restrict a referral to those who treat the patient",
               _of_practice(*REFERRERS) | _everywhere(*CLINIC)),
    Permission("work_queue", "Work the queue", _everywhere(*CLINIC)),
    Permission("read_registry", "Count the verdicts of everybody, on any day", _everywhere(*CLINIC, R.ADMINISTRATOR)),
    Permission("enter_referral", "Enter a referral that came by fax or telephone", _everywhere(R.COORDINATOR)),
    Permission("open_emergency_access", "Open a restricted referral in an emergency", _everywhere(*CLINIC), fresh=True),
    Permission("review_emergency_access", "Review emergency access", _everywhere(R.ADMINISTRATOR), fresh=True),
    Permission("manage_people", "Invite people, change roles, end access", _everywhere(R.ADMINISTRATOR), fresh=True),
    Permission("manage_practices", "Enter and change practices", _everywhere(R.ADMINISTRATOR), fresh=True),
    Permission("merge_patients", "Merge two records of a patient; undo it", _everywhere(R.ADMINISTRATOR), fresh=True),
    Permission("oversee_referrals", "Assign or reopen a referral, or mark one as an error, without reading it",
               _everywhere(R.ADMINISTRATOR), fresh=True),
    Permission("read_inbox", "Read the own inbox, and choose what is mailed",
               _of_practice(*REFERRERS) | _everywhere(*CLINIC)),
    Permission("manage_mails", "See mails that failed, and send them again", _everywhere(R.ADMINISTRATOR), fresh=True),
    Permission("draft_edition", "Draft an edition of the criteria, and see whom it would move",
               _everywhere(R.IR_PHYSICIAN, R.ADMINISTRATOR)),
    Permission("sign_edition", "Sign a drafted edition; it takes two", _everywhere(R.IR_PHYSICIAN, R.ADMINISTRATOR),
               fresh=True),
    Permission("read_policy", "See who may do what", _everywhere(R.ADMINISTRATOR, R.AUDITOR), Kind.HARMLESS),
    Permission("read_log", "Read the log and who looked at a patient", _everywhere(R.AUDITOR), Kind.AUDITING),
    Permission("read_criteria", "Read the criteria", _everywhere(*ALL), Kind.HARMLESS),
    Permission("be_signed_in", "Sign out, and open the own page", _everywhere(*ALL), Kind.HARMLESS),
    Permission("change_own_sign_in", "Change the own password, second factor and passkeys", _everywhere(*ALL),
               Kind.HARMLESS, fresh=True),
)
# fmt: on
POLICY: dict[str, Permission] = {permission.name: permission for permission in ROWS}


ALONE = frozenset({R.AUDITOR})
"""Roles that count only for somebody who has no other."""


def counted(roles: Iterable[RoleName]) -> frozenset[RoleName]:
    """The roles that count. Who acts does not audit: an auditor with another role audits nothing."""
    held = frozenset(roles)
    return held - ALONE if len(held) > 1 else held


def reaches(person: Person, permission: str) -> frozenset[Reach]:
    """How far the person's roles carry this permission, each for itself; whether the person is active is not asked."""
    carried = (POLICY[permission].reaches.get(role) for role in counted(person.role_names))
    return frozenset(far for far in carried if far)


def reach(person: Person, permission: str) -> Reach | None:
    """How far this person may use this permission, or None: not at all."""
    far = reaches(person, permission) if person.active else ()
    return next((each for each in (Reach.EVERYWHERE, Reach.OWN_PRACTICE) if each in far), None)


def may(person: Person, permission: str, practice_id: int | None = None) -> bool:
    """Whether the person may do this to something of that practice (None: to something new of their own)."""
    far = reach(person, permission)
    if far is Reach.OWN_PRACTICE:
        return practice_id is None or practice_id == person.practice_id
    return far is Reach.EVERYWHERE


SEEN_WITH = {
    ("refer", Reach.OWN_PRACTICE): Sees.PRACTICE,
    ("read_referral", Reach.EVERYWHERE): Sees.CLINIC,
    ("manage_people", Reach.EVERYWHERE): Sees.ADMINISTRATION,
    ("review_emergency_access", Reach.EVERYWHERE): Sees.ADMINISTRATION,
    ("merge_patients", Reach.EVERYWHERE): Sees.ADMINISTRATION,
    ("read_log", Reach.EVERYWHERE): Sees.LOG,
}
"""How far the database lets somebody see who has a permission that goes so far."""


def scope_of(person: Person) -> Scope:
    """For whom a transaction works that works for this person."""
    sees = {far for (permission, wide), far in SEEN_WITH.items() if reach(person, permission) is wide}
    return Scope(person.id, person.practice_id, frozenset(sees or {Sees.VISITOR}))


def scope_for_practice(person: Person, practice_id: int) -> Scope:
    """For whom a transaction works in which the clinic enters something that is that practice's.

    Only for who may do so: for anybody else it is no more than their own.
    """
    own = scope_of(person)
    if not may(person, "enter_referral"):
        return own
    return Scope(person.id, practice_id, own.reach | {Sees.PRACTICE})
