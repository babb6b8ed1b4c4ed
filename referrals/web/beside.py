"""What a page of a referral says of the other referrals of its patient: looked up once for each request."""

from flask import g
from sqlalchemy.orm import Session

from referrals.likeness import Agrees, Likeness
from referrals.referral import Referral
from referrals.same_patient import Record, beside
from referrals.web.context import me, reading

WORDS = {
    ("mrn", Agrees.SAME): "same record number",
    ("mrn", Agrees.DIFFERS): "another record number",
    ("name", Agrees.SAME): "same name",
    ("name", Agrees.SWAPPED): "given and family name swapped",
    ("name", Agrees.NEARLY): "name written almost alike",
    ("name", Agrees.DIFFERS): "another name",
    ("born_on", Agrees.SAME): "same birth date",
    ("born_on", Agrees.NEARLY): "birth date with a slip",
    ("born_on", Agrees.DIFFERS): "another birth date",
    ("sex", Agrees.SAME): "same sex",
    ("sex", Agrees.DIFFERS): "another sex",
}
"""Why two records look alike, or in what they do not; what is not known of one of them says nothing."""


def in_words(likeness: Likeness) -> str:
    """ "Same name, birth date with a slip, same sex": as the start of a sentence."""
    said = (WORDS.get((name, getattr(likeness, name))) for name in ("mrn", "name", "born_on", "sex"))
    text = ", ".join(words for words in said if words)
    return text[:1].upper() + text[1:]


def records_beside(referral: Referral) -> list[Record]:
    """Records that are, or may be, of the patient of this referral, as far as its reader opens their referrals."""
    known: dict[int, list[Record]] = g.setdefault("beside", {})
    if referral.id not in known:
        known[referral.id] = beside(reading(), referral, me())
    return known[referral.id]


def how_many_beside(_session: Session, referral: Referral) -> int:
    """How many other referrals there are of the patient, or may be."""
    records = [record for record in records_beside(referral) if not record.told_apart]
    return sum(each.id != referral.id for record in records for each in record.referrals)
