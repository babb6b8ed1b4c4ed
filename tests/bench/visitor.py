"""Somebody at a browser: keeps the connection open and the cookies, and sends forms as the page has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

TYPES_WITH_TEXT = ("text", "hidden", "date", "search", "tel", "email", "password", "number")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    location: str


class Visitor:
    """One keep-alive connection. Only `browse` keeps the cookies that come back."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: SimpleCookie = SimpleCookie()
        self.headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def browse(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """Open a page, or send a form, and keep the cookies."""
        answer = self.ask(path, encoded(form) if form else None)
        self.headers["Cookie"] = "; ".join(f"{name}={kept.value}" for name, kept in self.cookies.items())
        return answer

    def ask(self, path: str, form: bytes | None = None) -> Answer:
        """Open a page, or send a form that is written already."""
        self.connection.request("POST" if form is not None else "GET", path, form, self.headers)
        response = self.connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie", ()):
            self.cookies.load(cookie)
        return Answer(response.status, response.read(), response.headers.get("Location", ""))

    def reconnect(self) -> None:
        self.connection.close()
        self.connection.connect()

    def sign_in(self, email: str, password: str) -> None:
        form = form_of(self.browse("/sign-in").body)
        answer = self.browse("/sign-in", {**form, "email": email, "password": password})
        assert answer.status == 302, f"signing in was answered with {answer.status}"


def encoded(form: Mapping[str, Any]) -> bytes:
    return urlencode(form, doseq=True).encode()


def form_of(page: bytes) -> dict[str, str]:
    """What a browser would send of the page's fields if nobody touched them: empty texts, no radio, no tick."""
    reader = _Fields()
    reader.feed(page.decode())
    return reader.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        name = told.get("name", "")
        if tag == "select":
            self.select = name
        if tag == "option" and self.select and ("selected" in told or self.select not in self.found):
            self.found[self.select] = told.get("value", "")
        if name and (tag == "textarea" or (tag == "input" and told.get("type", "text") in TYPES_WITH_TEXT)):
            self.found[name] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
