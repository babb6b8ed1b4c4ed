"""Mails as people get them: what is owed leaves when it is looked for, and not before."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from referrals import outbox
from referrals.mail import Deliver
from referrals.worker import Worker
from tests.conftest import whole_database


def worker(app: Any, errands: Any = ()) -> Worker:
    """The worker of this installation."""
    return Worker(whole_database(app), app.extensions["settings"], app.extensions["post"], errands)


def delivering(app: Any, deliver: Deliver) -> None:
    """From now on this installation sends mail, and delivers it so."""
    app.extensions["post"].deliver = deliver
    app.extensions["database"].told[outbox.BY_MAIL] = True


def letterbox(app: Any) -> Callable[[], list[EmailMessage]]:
    """Whatever is mailed from now on, the first first."""
    sent: list[EmailMessage] = []
    delivering(app, sent.append)

    def read() -> list[EmailMessage]:
        worker(app).work_off()
        return sent

    return read


def read(folder: Path) -> list[EmailMessage]:
    """The mails in a folder, the first first."""
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
