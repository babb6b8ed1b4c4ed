"""Failed attempts to sign in, counted for each account and each address, so that guessing takes longer and longer.

An attempt is counted before it is made, and given back when it was right: of many guesses at once no more are made than
of many in a row. Nobody is locked out for good, and who waits is not told whether the account exists.
"""

import hashlib
import hmac
import ipaddress
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from referrals.db import Base, UTCDateTime

FREE = 5
"""Failures in a row until the next attempt has to wait."""
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""Without a failure for so long, counting begins anew: no more guesses than at the longest delay."""


class FailedSignIn(Base):
    """How often in a row it failed for an account or an address, and until when the next attempt has to wait."""

    __tablename__ = "failed_sign_ins"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def count(self, more: int) -> None:
        self.failures = max(0, self.failures + more)
        delay = delay_after(self.failures)
        self.blocked_until = self.last_failed_at + delay if delay else None


class Delayed(Exception):
    """Too many failures: nothing is checked before this moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True)
class Keys:
    """Under what an attempt is counted: digests of the account that was named and of where it came from."""

    account: str
    address: str

    @property
    def in_order(self) -> list[str]:
        return sorted((self.account, self.address))


def keys(secret: str, purpose: str, account: str, address: str | None) -> Keys:
    """`purpose`: what is attempted; forgetting a password never delays signing in."""
    told = (f"{purpose} account {folded(account)}", f"{purpose} address {network(address)}")
    return Keys(*(hmac.new(secret.encode(), each.encode(), hashlib.sha256).hexdigest() for each in told))


def folded(account: str) -> str:
    return unicodedata.normalize("NFKC", account).strip().casefold()


def network(address: str | None) -> str:
    """The address; of IPv6 the network that one household or practice has."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(known), 64), strict=False))
    return str(known)


def delay_after(failures: int) -> timedelta:
    """How long to wait after so many failures: 30 s after the fifth, then twice as long each time, up to 15 minutes."""
    if failures < FREE:
        return timedelta()
    doubled: int = 2 ** min(failures - FREE, 10)
    return min(LONGEST_DELAY, FIRST_DELAY * doubled)


INSERT = {
    name: insert(FailedSignIn).on_conflict_do_nothing(index_elements=["key_hash"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True)
class Attempt:
    """An attempt that was counted, and how its rows stood before: {key: (failures, last failed at, blocked until)}."""

    counted: Keys
    at: datetime
    before: dict[str, tuple[int, datetime, datetime | None]]


def attempt(session: Session, counted: Keys, at: datetime) -> Attempt:
    """Count an attempt as failed until `passed` gives it back. Raises Delayed, and then nothing is counted."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.last_failed_at < at - FORGOTTEN_AFTER))
    new = [{"key_hash": key, "failures": 0, "last_failed_at": at} for key in counted.in_order]
    session.execute(INSERT[session.get_bind().dialect.name], new)
    rows = _locked(session, counted)
    blocked = [row.blocked_until for row in rows if row.blocked_until and row.blocked_until > at]
    if blocked:
        raise Delayed(max(blocked))
    before = {row.key_hash: (row.failures, row.last_failed_at, row.blocked_until) for row in rows}
    for row in rows:
        row.last_failed_at = at
        row.count(1)
    return Attempt(counted, at, before)


def passed(session: Session, made: Attempt) -> None:
    """The attempt was right: it is as if it had not been made. What failed before it still counts."""
    for row in _locked(session, made.counted):
        if row.last_failed_at == made.at:
            row.failures, row.last_failed_at, row.blocked_until = made.before[row.key_hash]
        else:  # others have failed in the meantime
            row.count(-1)


def forget(session: Session, counted: Keys) -> None:
    """Somebody proved to be the person: the account's failures go, and as many of the address they signed in from."""
    rows = {row.key_hash: row for row in _locked(session, counted)}
    mine, address = rows.get(counted.account), rows.get(counted.address)
    if mine and address:
        address.count(-mine.failures)
    if mine:
        session.delete(mine)


def _locked(session: Session, counted: Keys) -> Sequence[FailedSignIn]:
    """Always in the same order, so that two who count at once do not wait for each other."""
    wanted = select(FailedSignIn).where(FailedSignIn.key_hash.in_(counted.in_order)).order_by(FailedSignIn.key_hash)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()
