"""Files of well-kept libraries, served from their installed packages: nothing comes from another host."""

from importlib.resources import as_file, files

from flask import Flask, Response, abort, send_file

FILES = {
    "bootstrap.min.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
    "htmx.min.js": ("js_lib_htmx", "static/htmx/htmx.min.js"),
}


def asset(filename: str) -> Response:
    """One of FILES, to be kept by the browser for a day."""
    if filename not in FILES:
        abort(404)
    package, path = FILES[filename]
    with as_file(files(package).joinpath(path)) as file:
        return send_file(file, max_age=86400)


def register(app: Flask) -> None:
    app.add_url_rule("/assets/<filename>", "assets", asset)
