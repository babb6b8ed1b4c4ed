"""Records that look like one patient: found by an index, compared in Python, linked, and never dropped.

A link is of two records, not of two referrals: who somebody is does not depend on what is asked for them. Which
referrals may then be one too many is worked out from it, in earlier.py.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Row, Select, String, UniqueConstraint, and_, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from referrals.db import Base, UTCDateTime, now, public_id_column
from referrals.likeness import Identity, Likeness, compare, possible
from referrals.patients import PATIENTS, searched
from referrals.scope import as_the_installation
from referrals.staff import Person

SAME, DIFFERENT = "same", "different"


class PatientLink(Base):
    """Two records that look alike, and what the clinic said of them; `practice_id` where both are of one practice."""

    __tablename__ = "patient_links"
    __table_args__ = (
        UniqueConstraint("patient_id", "other_id"),
        CheckConstraint("patient_id < other_id", name="the_older_first"),
        CheckConstraint("decision IN ('same', 'different')", name="known_decision"),
        CheckConstraint(
            "(decision IS NULL) = (decided_by_id IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    practice_id: Mapped[int | None] = mapped_column(ForeignKey("practices.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    decided_by: Mapped[Person | None] = relationship()

    def end_beside(self, patient_id: int) -> int:
        """The other one of the two."""
        return self.other_id if patient_id == self.patient_id else self.patient_id


P = PATIENTS.c
OF_THE_PRACTICE = P.practice_id + 0 == bindparam("practice")
"""An expression, so that no planner begins with the practice, and all that it has."""
ONE_NAME_WHOLE = or_(
    *(column == bindparam(name) for column in (P.plain_family_name, P.plain_given_name) for name in ("family", "given"))
)
"""Of those born on one day only who has one of the two names in common, either way round, can look alike."""
WAYS = or_(
    and_(P.born_on == bindparam("born_on"), ONE_NAME_WHOLE),
    *(column == bindparam(name) for column in (P.search_name, P.search_given_name) for name in ("name", "turned")),
    and_(P.search_mrn == bindparam("mrn"), P.search_mrn != "", OF_THE_PRACTICE),
)
"""Each is served by an index; whoever looks alike is found by one of them."""
EVERYWHERE: Select[Any] = select(
    P.id, P.practice_id, P.given_name, P.family_name, P.born_on, P.sex, P.mrn, P.merged_into_id
).where(WAYS)
IN_THE_PRACTICE = EVERYWHERE.where(OF_THE_PRACTICE)


def in_the_practice(session: Session, practice_id: int, who: Identity) -> dict[int, Likeness]:
    """The practice's records that look like this patient, by id, without those that were told apart from them."""
    found: dict[int, Likeness] = {}
    for row, likeness in _alike(session, IN_THE_PRACTICE, practice_id, who):
        patient_id = row.merged_into_id or row.id
        if patient_id not in found or likeness.sure:
            found[patient_id] = likeness
    sure = {patient_id for patient_id, likeness in found.items() if likeness.sure}
    apart = _told_apart(session, sure) - sure if len(found) > len(sure) else set()
    return {patient_id: likeness for patient_id, likeness in found.items() if patient_id not in apart}


def link(session: Session, patient_id: int, practice_id: int, who: Identity) -> None:
    """Link a record with all that look like it, of whichever practice; what is linked already stays as it is.

    It is done for the installation: the practice that sends learns nothing of the others.
    """
    with as_the_installation(session):
        rows = [row for row, _ in _alike(session, EVERYWHERE, practice_id, who)]
        ends = {row.merged_into_id or row.id: row.practice_id for row in rows}
        links = [_link(patient_id, other, practice_id, of) for other, of in sorted(ends.items()) if other != patient_id]
        if links:
            session.execute(NEW[session.get_bind().dialect.name], links)


def links_of(session: Session, patient_ids: Iterable[int], *decisions: str) -> list[PatientLink]:
    """The links that begin or end at these records; with `decisions`, only those that were decided so."""
    ids = list(patient_ids)
    query = select(PatientLink).where(or_(PatientLink.patient_id.in_(ids), PatientLink.other_id.in_(ids)))
    if decisions:
        query = query.where(PatientLink.decision.in_(decisions))
    return list(session.scalars(query.order_by(PatientLink.id)))


def _alike(session: Session, query: Select[Any], practice_id: int, who: Identity) -> list[tuple[Row[Any], Likeness]]:
    names = searched(who)
    told = {
        "born_on": who.born_on,
        "name": names["search_name"],
        "turned": names["search_given_name"],
        "mrn": names["search_mrn"],
        "family": names["plain_family_name"],
        "given": names["plain_given_name"],
        "practice": practice_id,
    }
    rows = session.execute(query, told).all()
    near = [row for row in rows if possible(row, who, row.practice_id == practice_id)]
    compared = ((row, compare(row, who, row.practice_id == practice_id)) for row in near)
    return [(row, likeness) for row, likeness in compared if likeness.alike]


def _told_apart(session: Session, patient_ids: set[int]) -> set[int]:
    links = links_of(session, patient_ids, DIFFERENT) if patient_ids else []
    return {end for link in links for end in (link.patient_id, link.other_id)}


LINKS = Base.metadata.tables[PatientLink.__tablename__]
NEW = {
    name: insert(LINKS).on_conflict_do_nothing(index_elements=["patient_id", "other_id"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def _link(one: int, other: int, practice_id: int, of: int) -> dict[str, Any]:
    older, newer = sorted((one, other))
    return {"patient_id": older, "other_id": newer, "practice_id": practice_id if of == practice_id else None}
