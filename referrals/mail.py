"""Mail: how one leaves, to a server or into a folder. What is owed stands in the outbox; no mail names a patient."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from secrets import token_hex
from typing import cast
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from config import Settings

LONGEST_WAIT = 20
"""Seconds that a mail server may take for an answer."""
REFUSED_FOR_GOOD = 500
"""From this code on a mail server says that trying again is no use."""

Deliver = Callable[[EmailMessage], None]


@dataclass
class Post:
    """Whom mails are from, and what delivers them; `deliver` None: nothing does."""

    sender: str
    deliver: Deliver | None


def post() -> Post:
    return cast(Post, current_app.extensions["post"])


def is_set_up() -> bool:
    """Whether this installation can send mail."""
    return post().deliver is not None


def written(sender: str, to: str, subject: str, text: str, name: str) -> EmailMessage:
    """The message. `name`: the same each time it is sent, so that who gets it twice can be shown it once."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = f"<{name}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def into(folder: Path) -> Deliver:
    """Deliver into a folder, for the demonstration."""

    def deliver(message: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        begun = folder / f"{token_hex(8)}.part"
        begun.write_bytes(message.as_bytes())
        begun.replace(begun.with_suffix(".eml"))  # whole, or not there

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


def is_final(fault: Exception) -> bool:
    """Whether the server has said that it will never take this mail; all else may be better later."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= REFUSED_FOR_GOOD for code, _ in fault.recipients.values())
    return isinstance(fault, smtplib.SMTPResponseException) and fault.smtp_code >= REFUSED_FOR_GOOD


def register(app: Flask, settings: Settings) -> None:
    app.extensions["post"] = Post(settings.mail_from, _deliver(settings.smtp_url))


def _deliver(url: str) -> Deliver | None:
    if not url:
        return None
    address = urlsplit(url)
    return into(Path(unquote(address.path))) if address.scheme == "file" else by(url)
