"""The lines of bad_input.txt: what each says, and what goes over the wire for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode
from zoneinfo import ZoneInfo

from config import Settings

FILE = Path(__file__).with_name("bad_input.txt")
FORM = "application/x-www-form-urlencoded"
WHERE = re.compile(r"(?P<method>[A-Z]+) (?P<page>.+?)(?: as (?P<kind>[a-z]+/.+))?")
REPEATED = re.compile(r"\{(\d+)\*([^{}]*)\}")
DAY = re.compile(r"\{today([+-]\d+)\}")
PRINTED = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True)
class Line:
    """Somebody sends this to that page, and is answered with that status. `kind`: what the bytes are, if not a form."""

    status: int
    method: str
    page: str
    kind: str
    what: str
    sent: str

    def __str__(self) -> str:
        return f"{self.method} {self.page}{self.kind and ' as '}{self.kind}: {self.what}"

    def escaped(self, names: Mapping[str, Callable[[], str]]) -> str:
        """What is sent, in ASCII as a browser escapes it; `names` says what {names} stand for."""
        return quote(filled(self.sent, names), safe=PRINTED)


def today() -> date:
    """The day at the clinic, as the pages know it."""
    return datetime.now(ZoneInfo(Settings.time_zone)).date()


def line_of(text: str) -> Line:
    status, where, what, *sent = re.split(r"\s{2,}", text, maxsplit=3)
    found = WHERE.fullmatch(where)
    assert found, where
    return Line(int(status), found["method"], found["page"], found["kind"] or "", what, *sent or [""])


LINES = [line_of(text) for text in FILE.read_text().splitlines() if text and not text.startswith("#")]


def filled(text: str, names: Mapping[str, Callable[[], str]]) -> str:
    """The text with its {300*x}, {today+1} and {names} written out."""
    text = DAY.sub(lambda found: (today() + timedelta(days=int(found[1]))).isoformat(), text)
    for name, value in names.items():
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", value())
    return REPEATED.sub(lambda found: repeated(int(found[1]), found[2]), text)


def repeated(times: int, text: str) -> str:
    """So many times, each with its number in place of a #."""
    return "".join(text.replace("#", str(i)) for i in range(times)) if "#" in text else text * times


@dataclass(frozen=True)
class Form:
    """A form filled in well, with the answers of a line in place of its own."""

    well: Mapping[str, str]
    escaped: str

    @property
    def said(self) -> list[tuple[str, str]]:
        """The answers of the line itself."""
        return parse_qsl(self.escaped, keep_blank_values=True, errors="replace")

    @property
    def left(self) -> list[tuple[str, str]]:
        """The form's own answers that the line neither gives nor leaves out."""
        named = {name.removeprefix("!") for name, _ in self.said}
        return [(name, text) for name, text in self.well.items() if name not in named]

    @property
    def body(self) -> bytes:
        given = "&".join(part for part in self.escaped.split("&") if not part.startswith("!"))
        return f"{urlencode(self.left)}&{given}".strip("&").encode()

    @property
    def written(self) -> dict[str, list[str]]:
        """What was written, by the name of its box; bytes that are no text cannot be written."""
        texts: dict[str, list[str]] = {}
        for name, text in (*self.left, *self.said):
            if "\ufffd" not in text and text:
                texts.setdefault(name, []).append(text)
        return texts


def bytes_of(escaped: str) -> bytes:
    """The bytes that are sent where no form is."""
    return unquote_to_bytes(escaped)
