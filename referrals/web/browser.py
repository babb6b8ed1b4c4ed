"""What a browser may do with our pages, and from where it may send us something."""

from http import HTTPStatus

from flask import Flask, Response, abort, g, request
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from config import PRODUCTION, Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FROM_OUR_PAGES = frozenset({"same-origin", "none"})
"""What a browser says of a request that one of our own pages, or the person at it, has made."""
WITHOUT_PATIENTS = frozenset({"static", "assets"})
TWO_YEARS = 2 * 365 * 24 * 3600

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
ON_EVERY_ANSWER = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
OVER_TLS = {"Strict-Transport-Security": f"max-age={TWO_YEARS}; includeSubDomains"}
FORGET_EVERYTHING, FORGET_PAGES = '"cache", "cookies", "storage"', '"cache", "storage"'
"""After signing out; and where the cookie, which opens nothing any more, still has to say so."""


def refuse_other_sites() -> None:
    """A form that another site's page sends is refused before its token is looked at.

    A browser that is too old to say where a request comes from is left to the token.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.method not in SAFE_METHODS and site not in FROM_OUR_PAGES:
        g.forged = True
        abort(400, "This form was sent from a page of another site. Open it here and send it again.")


def headers(response: Response) -> Response:
    """Nothing from elsewhere, nothing framed, nothing kept; and after signing out nothing left."""
    for name, value in ON_EVERY_ANSWER.items():
        response.headers.setdefault(name, value)  # a file of somebody's may do less still
    if request.endpoint not in WITHOUT_PATIENTS:
        response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "security.logout" and response.status_code < 400:
        response.headers["Clear-Site-Data"] = FORGET_EVERYTHING
    elif g.get("signed_out_here"):
        response.headers["Clear-Site-Data"] = FORGET_PAGES
    return response


def over_tls(response: Response) -> Response:
    response.headers.update(OVER_TLS)
    return response


def not_our_name(_error: SecurityError) -> Response:
    """Asked for by a name that is not ours. No page of ours: links could not be made."""
    return Response("This service does not answer under that name.", HTTPStatus.BAD_REQUEST, mimetype="text/plain")


def register(app: Flask, settings: Settings) -> None:
    app.config["TRUSTED_HOSTS"] = settings.hosts
    app.jinja_env.autoescape = True  # whatever a template is called
    app.register_error_handler(SecurityError, not_our_name)
    app.before_request(refuse_other_sites)
    app.after_request(headers)
    if settings.mode == PRODUCTION:
        app.after_request(over_tls)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
