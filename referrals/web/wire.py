"""What comes over the wire is text, or nobody reads it: no NUL in an address, no bytes that are not UTF-8."""

from urllib.parse import unquote_to_bytes

from flask import Flask, abort, request

FORM = "application/x-www-form-urlencoded"


def check_address() -> None:
    """A database either refuses a NUL or keeps it; no address of ours has one."""
    if "\0" in request.path:
        abort(404)
    if "\0" in text(request.query_string):
        abort(400)


def check_form() -> None:
    """The form parser would keep a stray byte as the three characters "%FF", and the record would say so."""
    if request.mimetype == FORM:
        text(request.get_data())


def text(escaped: bytes) -> str:
    try:
        return unquote_to_bytes(escaped).decode()
    except UnicodeDecodeError:
        abort(400, "Some of the text is not in UTF-8, the encoding of this page, so it cannot be read for certain.")


def register(app: Flask) -> None:
    app.before_request(check_address)
    app.before_request(check_form)
