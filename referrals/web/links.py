"""Addresses for mails: whole, and never taken from what a browser says that our name is."""

from flask import request

from config import DEMONSTRATION
from referrals.web.context import settings


def absolute(path: str) -> str:
    """The whole address of a page of ours; where nobody has set PUBLIC_URL, only its path."""
    ours = settings()
    if ours.public_url:
        return ours.public_url.rstrip("/") + path
    return request.host_url.rstrip("/") + path if ours.mode == DEMONSTRATION else path
