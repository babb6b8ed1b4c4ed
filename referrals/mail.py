"""Mail: said to somebody after the answer has gone out. No mail names a patient or anything of one."""

import logging
import smtplib
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from secrets import token_hex
from typing import cast
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from config import Settings

LONGEST_WAIT = 20
"""Seconds that a mail server may take for an answer."""
logger = logging.getLogger(__name__)

Deliver = Callable[[EmailMessage], None]


class Post:
    """What delivers mails, one after another, while the pages go on; `deliver` None: nothing does."""

    def __init__(self, sender: str, deliver: Deliver | None) -> None:
        self.sender = sender
        self.deliver = deliver
        self._carrier = ThreadPoolExecutor(1, "post")

    def afterwards(self, errand: Callable[[], None]) -> None:
        """Do this when its turn comes; nobody waits for it, so nobody learns how long it takes."""
        self._carrier.submit(_and_say_what_failed, errand)

    def wait(self) -> None:
        """Until all that was asked for so far is done, and the mails that it had sent."""
        for _ in range(2):
            self._carrier.submit(lambda: None).result()


def _and_say_what_failed(errand: Callable[[], None]) -> None:
    try:
        errand()
    except Exception as fault:  # its text may hold an address
        logger.error("A mail was not sent: %s", type(fault).__name__)


def post() -> Post:
    return cast(Post, current_app.extensions["post"])


def is_set_up() -> bool:
    """Whether this installation can send mail."""
    return post().deliver is not None


def send(to: str, subject: str, text: str) -> None:
    """Have a mail sent; does nothing where no mail is set up. An outbox will come behind this door."""
    ours = post()
    if ours.deliver is not None:
        deliver, message = ours.deliver, written(ours.sender, to, subject, text)
        ours.afterwards(lambda: deliver(message))


def written(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def into(folder: Path) -> Deliver:
    """Deliver into a folder, for the demonstration."""

    def deliver(message: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{token_hex(8)}.eml").write_bytes(message.as_bytes())

    return deliver


def by(url: str) -> Deliver:
    """Deliver to the mail server at this address; encrypted, unless it is on this machine and the address says so."""
    address = urlsplit(url)
    host, user, password = address.hostname or "", unquote(address.username or ""), unquote(address.password or "")

    def deliver(message: EmailMessage) -> None:
        context = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(host, address.port or 465, timeout=LONGEST_WAIT, context=context)
            if address.scheme == "smtps"
            else smtplib.SMTP(host, address.port or 587, timeout=LONGEST_WAIT)
        ) as server:
            if address.scheme == "smtp" and address.query != "tls=no":
                server.starttls(context=context)
            if user:
                server.login(user, password)
            server.send_message(message)

    return deliver


def register(app: Flask, settings: Settings) -> None:
    app.extensions["post"] = Post(settings.mail_from, _deliver(settings.smtp_url))


def _deliver(url: str) -> Deliver | None:
    if not url:
        return None
    address = urlsplit(url)
    return into(Path(unquote(address.path))) if address.scheme == "file" else by(url)
