"""The worker: sends what the outbox owes and goes on errands, and loses nothing whenever it ends.

Any number of them may work on one database.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cryptography.fernet import InvalidToken
from sqlalchemy.exc import DBAPIError

from config import Settings
from referrals import errand, lease
from referrals.db import Database, now
from referrals.errand import Errand
from referrals.lease import Outcome, outcome_of
from referrals.mail import Post, is_final, written
from referrals.outbox import Mail
from referrals.outgoing import written as outgoing

PAUSE, LONG_PAUSE = 2.0, 30.0
"""Seconds between two looks, and after the database was not to be had."""
WORTHLESS = (InvalidToken, ValueError)
"""What no further attempt makes better: sealed with another key, or no address."""
logger = logging.getLogger(__name__)

Heard = Callable[[float], bool]
"""Waits up to so many seconds; True once somebody has asked to stop."""


@dataclass(frozen=True)
class Worker:
    """One worker. `database` is the whole of it, not what one person sees."""

    database: Database
    settings: Settings
    post: Post
    errands: Sequence[Errand]

    def run(self, heard: Heard) -> None:
        """Work until somebody asks to stop; what is in hand is brought to its end."""
        wait = 0.0
        while not heard(wait):
            try:
                self.work_off(heard)
                wait = PAUSE
            except (DBAPIError, OSError) as away:
                logger.error("The database is away: %s", type(away).__name__)
                wait = LONG_PAUSE

    def work_off(self, heard: Heard = lambda _: False) -> int:
        """Do all that is due now; the number of mails that were tried."""
        for each in self.errands:
            if not heard(0):
                self._go(each)
        return self._send_all(heard)

    def _go(self, each: Errand) -> None:
        with self.database.reading() as session:
            if not errand.is_due(session, each, now()):
                return
        with self.database.begin() as session:
            if not errand.take(session, each, now()):
                return
        try:
            each.do(self.database, self.settings, now())
        except Exception as fault:  # its text may hold what the errand was about; it is due again by itself
            logger.error("The errand %s was not done: %s", each.name, type(fault).__name__)
            return
        with self.database.begin() as session:
            errand.done(session, each, now(), ZoneInfo(self.settings.time_zone))

    def _send_all(self, heard: Heard) -> int:
        """Close one mail and take the next in the same transaction, until none is due."""
        with self.database.reading() as session:
            if self.post.deliver is None or not lease.is_due(session, now()):
                return 0
        tried, outcome = 0, None
        while True:
            with self.database.begin() as session:
                if outcome and not lease.close(session, outcome, now()):
                    logger.warning("A mail took longer than its lease; it may arrive twice.")
                mails = [] if heard(0) else lease.take(session, now())
            if not mails:
                return tried
            tried, outcome = tried + 1, self._try(mails)

    def _try(self, mails: Sequence[Mail]) -> Outcome:
        try:
            sent = self._send(mails)
        except Exception as fault:  # its text may hold an address
            logger.error("A mail was not sent: %s", type(fault).__name__)
            final = is_final(fault) or isinstance(fault, WORTHLESS)
            return outcome_of(mails, type(fault).__name__, final)
        return outcome_of(mails, void=not sent)

    def _send(self, mails: Sequence[Mail]) -> bool:
        """One mail; False where there was nobody to write to."""
        with self.database.begin() as session:
            said = outgoing(session, mails, self.settings)
        if said is None or self.post.deliver is None:
            return False
        message = written(self.post.sender, said.to, said.subject, said.text, mails[0].public_id)
        self.post.deliver(message)
        return True
