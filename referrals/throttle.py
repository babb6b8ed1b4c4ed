"""Failed attempts to sign in, counted for each account and each address, so that guessing takes longer and longer."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from referrals.db import Base, UTCDateTime


class FailedSignIn(Base):
    """How often in a row it failed for an account or an address, and until when the next attempt has to wait."""

    __tablename__ = "failed_sign_ins"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
