"""Sealing: what the database keeps for a while and nobody should read there, such as a link that is good once."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal_for(use: str, secret: str) -> Fernet:
    """What seals and opens for one use, by a key derived from the installation's secret."""
    key = HKDF(SHA256(), 32, salt=None, info=f"referrals {use}".encode()).derive(secret.encode())
    return Fernet(urlsafe_b64encode(key))
