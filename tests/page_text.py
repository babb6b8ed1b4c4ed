"""What a person reads on a page, and what stands in its boxes."""

from html.parser import HTMLParser

TYPED_INTO = ("text", "date", "email", "search")


class PageText(HTMLParser):
    """`words`: all that can be read; `boxes`: what stands in each box that text is typed into, by its name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words = ""
        self.boxes: dict[str, str] = {}
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = said.get("name") or ""
        if tag == "textarea":
            self._area = name
            self.boxes[name] = ""
        elif tag == "input" and said.get("type") in TYPED_INTO:
            self.boxes[name] = said.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.boxes[self._area] = self.boxes[self._area].removeprefix("\n")
            self._area = None

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._area is not None:
            self.boxes[self._area] += data
