"""Markers: words that stand for whose text they are and in which column, so that a leak shows by itself."""

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import JSON, Column, String, Table

from referrals.eligibility import facts
from referrals.events import CanonicalJSON
from referrals.staff import Person, RoleName

MARKER = re.compile(r"zq(elm|oak|hub)\d{4}", re.IGNORECASE)
PART_OF_MARKERS = ("zq", "zqe", "zqo")
"""What finds a marked patient and is no marker."""
BORN_IN = {"elm": 1931, "oak": 1937}
BORN_TO_BE_MERGED = date(1929, 4, 5)
"""Of those whom administrators see as well."""
IDENTIFYING = {"given_name", "family_name", "mrn", "telephone"}
"""What administrators see of two records that the clinic has said to be one patient."""

NOBODY_S = {"failed_sign_ins", "reasons", "roles", "people_roles", "errands", "kept_editions", "edition_drafts"}
"""Tables that hold nothing of anybody's own words, or what is written for everybody to read and of no patient."""
CODES = {
    "patients": {"sex"},
    "people": {
        "password", "fs_uniquifier", "tf_primary_method", "tf_totp_secret", "mf_recovery_codes",
        "fs_webauthn_user_handle",
    },
    "passkeys": {"transports", "device_type", "extensions"},
    "referrals": {
        "submission_token", "state", "vertebroplasty", "kyphoplasty", "levels", "source", "worklist",
        "appointment_kind", "outcome", "bone_health", "decision_holds",
    },
    "appointments": {"kind", "still_in_pain", "status", "outcome"},
    "procedure_records": {"guidance", "anesthesia"},
    "treated_levels": {"level", "procedure", "approach", "cement", "leak", "cpt_code"},
    "saved_views": {"worklist", "asked"},
    "user_sessions": {"key_hash"},
    "clinical_pictures": {fact.name for fact in facts.PATIENT},
    "vertebrae": {fact.name for fact in facts.VERTEBRA},
    "emergency_accesses": {"finding", "subject"},
    "patient_links": {"decision"},
    "merges": {"moved"},
    "events": {"action", "subject", "from_state", "to_state", "role", "hash"},
    "information_requests": {"came_from"},
    "imaging_studies": {"modality"},
    "information_items": {"fact", "level"},
    "messages": {"role", "side", "token"},
    "letters": {"kind"},
    "notices": {"audience", "kind"},
    "documents": {"kind", "digest", "media_type", "stored_as", "scan"},
    "document_supports": {"fact", "level"},
    "mails": {"kind", "state", "lease", "fault"},
    "mail_preferences": {"kind"},
    "screenings": {"criteria_set", "edition", "edition_digest", "explanation"},
}  # fmt: skip
"""Text that is one of our own codes, or a secret that the sign-in library has to read; the rest is marked."""
WRITTEN_ONCE = {"events", "messages"}
"""Tables that cannot be changed: their markers come by the verbs."""
LEFT_EMPTY = {
    "information_items.answer", "referrals.draft_answers", "referrals.priority_reason",
    *(f"documents.{name}" for name in ("file_name", "pictures_at", "accession_number", "scan_found", "error_reason")),
}  # fmt: skip
"""Columns where nothing says something: not answered yet, sent, its score gives it its place, no file, no error."""
BELONGS_BY = (
    "practice_id", "referral_id", "patient_id", "picture_id", "request_id", "document_id", "record_id", "notice_id",
    "person_id", "user_id",
)  # fmt: skip
"""The foreign keys that lead to whose a row is, the first that a row has."""
OF_PEOPLE, OF_A_REVIEW = {"people", "practices"}, {"emergency_accesses"}
OF_THE_CLINIC = {*OF_A_REVIEW, "saved_views"}
"""Tables whose rows are all the clinic's."""
OF_AN_ACCOUNT = {"user_sessions", "passkeys", "identities", "searches"}


class Mark(NamedTuple):
    """Whose text a marker stands for, in which column; if in a draft, of whose account, of one who is to be merged."""

    owner: str
    column: str
    draft: bool = False
    person_id: int | None = None
    to_merge: bool = False

    @property
    def table(self) -> str:
        return self.column.partition(".")[0]


@dataclass
class Marks:
    """Every marker, and what it stands for."""

    known: dict[str, Mark] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def new(self, owner: str, column: str, *of: Any) -> str:
        """`of`: what else a Mark says of it."""
        marker = f"zq{owner}{next(self.numbers):04d}"
        self.known[marker] = Mark(owner, column, *of)
        return marker

    def in_text(self, text: str) -> set[Mark]:
        return {self.known[found.group().lower()] for found in MARKER.finditer(text)}

    def may_be_read(self, mark: Mark, person: Person | None, at: str) -> bool:
        """Whether this person, of the practice `at`, may read it anywhere."""
        if person is None:
            return False
        roles, of_clinic = person.role_names, person.works_at_clinic
        if mark.to_merge and RoleName.ADMINISTRATOR in roles:
            return True
        if mark.table in OF_AN_ACCOUNT:
            return mark.person_id == person.id
        if mark.table in OF_PEOPLE or mark.column == "events.address":
            return at == "hub" or mark.owner in (at, "hub")
        if mark.table in OF_THE_CLINIC:
            return of_clinic or (mark.table in OF_A_REVIEW and RoleName.ADMINISTRATOR in roles)
        return mark.owner == at if at != "hub" else of_clinic and not mark.draft


def words_of(table: Table) -> list[Column[Any]]:
    """The columns in which somebody's own words stand."""
    codes = CODES.get(table.name, set()) | {"public_id"}
    text = [column for column in table.columns if isinstance(column.type, String | JSON | CanonicalJSON)]
    return [column for column in text if not column.foreign_keys and column.name not in codes]
