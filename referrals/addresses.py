"""Whether the addresses among an installation's settings lead somewhere, and what goes there is safe on the way.

Each says what the setting needs, or nothing. An address is never quoted: it may hold a password.
"""

from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from config import DEMONSTRATION, DRIVERS, Settings, whole

CODE = Path(__file__).parent
LOCAL_HOSTS, SAFE_SSL_MODES = ("localhost", "127.0.0.1", "::1"), ("require", "verify-ca", "verify-full")
MOST_PORTS = 65536


def database_fault(url: str) -> str:
    wanted = "postgresql://user:password@host/name, or sqlite:////absolute/path/of/a/file"
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return wanted
    if address.drivername not in DRIVERS.values() or address.database in (None, "", ":memory:"):
        return wanted
    return ""


def way_to_it_fault(settings: Settings) -> str:
    """What goes to a database on another machine is of patients: over TLS, or not at all."""
    address = make_url(settings.database_url)
    host = str(address.query.get("host") or address.host or "")
    here = not host or host.startswith("/") or host in LOCAL_HOSTS
    if settings.mode == DEMONSTRATION or here or address.query.get("sslmode") in SAFE_SSL_MODES:
        return ""
    return "?sslmode=verify-full at its end (with sslrootcert=…, or require): the database is on another machine"


def smtp_fault(settings: Settings) -> str:
    wanted = "smtp://user:password@host:587 (or smtps://…:465); ?tls=no only for a mail server on this machine"
    try:
        address = urlsplit(settings.smtp_url)
        known = address.scheme in ("smtp", "smtps") and address.hostname and address.port != 0 and not address.path
    except ValueError:
        return wanted
    if not settings.smtp_url or (settings.mode == DEMONSTRATION and address.scheme == "file"):
        return ""
    plain = address.query == "tls=no" and address.hostname in LOCAL_HOSTS
    return "" if known and (plain or not address.query) else wanted


def sender_fault(settings: Settings) -> str:
    if not settings.smtp_url:
        return ""
    name, at, host = settings.mail_from.partition("@")
    fit = name and at and host and settings.mail_from.isascii() and not set(settings.mail_from) & set(' <>,;:"\r\n')
    return "" if fit else "the address that mails come from, for example referrals@clinic.example"


def public_url_fault(settings: Settings) -> str:
    if settings.mode == DEMONSTRATION and not settings.public_url:
        return ""
    schemes = ("https", "http") if settings.mode == DEMONSTRATION else ("https",)
    try:
        address = urlsplit(settings.public_url)
        bare = not (address.path.strip("/") or address.query or address.fragment or address.username)
        fit = address.scheme in schemes and address.hostname and address.port != 0 and bare
    except ValueError:
        fit = False
    return "" if fit else "where people open the service: https://host, and nothing after the host"


def issuer_fault(settings: Settings) -> str:
    """Without one nobody signs on by OpenID Connect. Its tokens are only as safe as the way to it."""
    issuer = settings.oidc_issuer
    secure = issuer.startswith("https://") or (settings.mode == DEMONSTRATION and issuer.startswith("http://"))
    if secure or not (issuer or settings.oidc_client_id or settings.oidc_client_secret):
        return ""
    return "the https:// address of the sign-on service, as its own configuration says it; or no OIDC setting at all"


def client_fault(settings: Settings, given: str) -> str:
    return (
        "what the sign-on service gave for this application, as OIDC_ISSUER is set"
        if (settings.oidc_issuer and not given)
        else ""
    )


def documents_fault(place: str) -> str:
    """What people send is never where a web server looks for files of its own."""
    if place.startswith("s3://"):
        return "" if urlsplit(place).netloc and not urlsplit(place).query else "s3://bucket or s3://bucket/folder"
    if Path(place).is_absolute() and not Path(place).resolve().is_relative_to(CODE):
        return ""
    return "an absolute folder outside the program, where the documents of patients are kept, or s3://bucket/folder"


def endpoint_fault(settings: Settings) -> str:
    """Without one it is Amazon's. The keys, and patients' papers, go there: over TLS, or not at all."""
    address = urlsplit(settings.s3_endpoint)
    here = address.scheme == "http" and address.hostname in LOCAL_HOSTS
    secure = address.scheme == "https" and address.hostname and not address.username
    return "" if secure or here or not settings.s3_endpoint else "https://host, or nothing for Amazon's own"


def bucket_key_fault(settings: Settings, given: str) -> str:
    return "the key of the bucket, as DOCUMENTS is one" if settings.documents.startswith("s3://") and not given else ""


def scanner_fault(scanner: str) -> str:
    """The scanner gets every file as it is: only over a network that is the clinic's own."""
    host, _, port = scanner.rpartition(":")
    named = host and not set(host) & set("/@ ") and 0 < whole(port) < MOST_PORTS
    return "" if not scanner or scanner.startswith("/") or named else "host:port, or /the/socket of clamd, or nothing"
