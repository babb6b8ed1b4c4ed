"""What is known now of many referrals at once: the facts of their current pictures, and nothing else of these."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from referrals.clinical import ClinicalPicture, PictureDetails, Vertebra
from referrals.db import Base
from referrals.eligibility import facts
from referrals.eligibility.facts import Fact
from referrals.referral import CURRENT, Referral


def newest_facts(session: Session, referral_ids: Iterable[int]) -> dict[int, tuple[int, PictureDetails]]:
    """The facts of the current pictures, and nothing else of them: {id of the referral: (id of the picture, facts)}."""
    of_these = (
        select(*_columns(ClinicalPicture, facts.PATIENT)).join(Referral, CURRENT).where(Referral.id.in_(referral_ids))
    )
    told = session.execute(of_these).all()
    of_each: dict[int, list[Mapping[str, Any]]] = {row.id: [] for row in told}
    of_them = select(*_columns(Vertebra, facts.VERTEBRA)).where(Vertebra.picture_id.in_(of_each))
    for row in session.execute(of_them.order_by(Vertebra.picture_id, Vertebra.position)):
        of_each[row.picture_id].append(_of(facts.VERTEBRA, row))
    return {row.referral_id: (row.id, PictureDetails(_of(facts.PATIENT, row), tuple(of_each[row.id]))) for row in told}


def _columns(table: type[Base], vocabulary: Iterable[Fact]) -> list[Any]:
    keys = ("id", "referral_id") if table is ClinicalPicture else ("picture_id",)
    return [getattr(table, name) for name in (*keys, *(fact.name for fact in vocabulary))]


def _of(vocabulary: Iterable[Fact], row: Row[Any]) -> dict[str, Any]:
    return {fact.name: row._mapping[fact.name] for fact in vocabulary}
