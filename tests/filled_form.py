"""A form of a page as a browser would send it: all that is written, ticked and chosen in it."""

from html.parser import HTMLParser

NOT_SENT = ("radio", "checkbox", "submit")


class FilledForm(HTMLParser):
    """`answers`: every name of the form with this id, and what is said to it."""

    def __init__(self, page: str, form_id: str) -> None:
        super().__init__()
        self.answers: dict[str, list[str]] = {}
        self._id, self._inside = form_id, False
        self._select = self._area = ""
        self.feed(page)
        self.answers = {name: [text for text in texts if text] for name, texts in self.answers.items()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = said.get("id") == self._id
        if not self._inside:
            return
        if tag == "input" and (said.get("type") not in NOT_SENT or "checked" in said):
            self._say(said.get("name", ""), said.get("value", ""))
        elif tag == "select":
            self._select = said.get("name", "")
        elif tag == "option" and "selected" in said:
            self._say(self._select, said.get("value", ""))
        elif tag == "textarea":
            self._area = said.get("name", "")
            self._say(self._area, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.answers[self._area][-1] = self.answers[self._area][-1].removeprefix("\n")
            self._area = ""
        elif tag == "form":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._area and self._inside:
            self.answers[self._area][-1] += data

    def _say(self, name: str, text: str) -> None:
        self.answers.setdefault(name, []).append(text)
