"""Somebody who opens everything: each page, link, form, filter, sort, search, fragment and mistake that they come upon.

`crawl(visitor)` gives every answer as it comes. First all that can be looked at, then forms that cannot be meant, then
each kind of form as it stands, which changes things, and what is there afterwards; signing out is the last.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from itertools import chain, cycle
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from werkzeug.test import TestResponse

from tests.visitor import Visitor

Pairs = tuple[tuple[str, str], ...]
FRAGMENT = {"HX-Request": "true"}
BROKEN = ("\x00", "1e9", "☃\u202e ' OR 1=1 -- <script>x</script>", "a" * 6000)
"""What nobody can mean, or nobody should be able to do harm with; test_bad_input.py has more of it."""
NO_PAGE = ("/zz", "/referrals/zzzzzzzzzzzz", "/referrals/%00", "/queue/zz", "/static/../config.py", "/%ff?x=%ff")
A_PUBLIC_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{12}\b")
REST_OF_A_TAG = r"""(?:[^>"]|"[^"]*")*"""
TELLING = re.compile(
    rf"</form>|<(?:form|select|option|button|textarea|input)\b{REST_OF_A_TAG}>"
    rf"|<[a-z]{REST_OF_A_TAG}\s(?:href|hx-get|hx-post|data-vertebra|data-draft)={REST_OF_A_TAG}>"
)
"""The tags of a page that lead somewhere: reading all the others takes as long as making the page."""
A_WORKLIST = re.compile(r"^/(queue|desk)/[a-z_]+")
LEAVING = ("/sign-in/code", "/sign-out", "/account/sessions/")
"""What signs whoever is signed in out, or may: kept for the last, or all the rest would be of nobody's."""
SEARCHES = ("/queue/", "/referrals/find")
OF_A_KIND, OF_A_DEEP_KIND, EVERY = 8, 3, 60
"""How many pages of one kind are opened: of a referral, of what can be done with it, and where all of them count."""
MANY_FIELDS = 40
MOST = 3000
"""More than this is a crawler in a circle."""


def shape(address: str) -> str:
    """The same for addresses that differ only in what they are about; asked for in one way, for all worklists."""
    parts = urlsplit(address)
    path = A_WORKLIST.sub(r"/\1/…", parts.path) if parts.query else parts.path
    names = sorted(name for name, _ in parse_qsl(parts.query))
    return f"{A_PUBLIC_ID.sub('…', path)}?{names}"


@dataclass
class Form:
    """A form of a page: where it goes, how, what it holds, and what can be chosen instead."""

    action: str
    method: str
    held: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def kind(self) -> tuple[str, str, frozenset[str]]:
        """The same for forms that differ only in what they are about."""
        names = frozenset(re.sub(r"\d+", "#", name) for name in (*dict(self.held), *self.choices, *self.typed))
        return self.method, A_PUBLIC_ID.sub("…", urlsplit(self.action).path), names

    @property
    def meant(self) -> tuple[str, str, frozenset[str]]:
        """The same for one form of every worklist: the same lines refuse what cannot be meant, whatever the list."""
        method, path, names = self.kind
        return method, A_WORKLIST.sub(r"/\1/…", path), names

    def as_it_stands(self, *button: tuple[str, str]) -> Pairs:
        """What somebody sends who leaves what is there, chooses the last where nothing is chosen, and adds a word."""
        held = {name: said for name, said in self.held if said}
        chosen = {name: values[-1] for name, values in self.choices.items()}
        return (*{**chosen, **held}.items(), *button)

    def with_all(self, text: str) -> Pairs:
        """The same text in every field but the token."""
        names = {name for name, _ in self.held}.union(self.choices, self.typed) - {"csrf_token"}
        return (*self.token, *((name, text) for name in sorted(names)))

    @property
    def token(self) -> Pairs:
        return tuple(pair for pair in self.held if pair[0] == "csrf_token")


class Page(HTMLParser):
    """What can be followed and sent from a page."""

    def __init__(self, text: str, at: str) -> None:
        super().__init__()
        self.at = at
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form = self._anywhere = Form(at, "post")
        self._select = ""
        self.feed("".join(TELLING.findall(text)))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        self.links += [said[name] for name in ("href", "hx-get") if name in said and tag != "link"]
        if "data-vertebra" in said:
            self.links.append(said["data-vertebra"].replace("LEVEL", "L1"))
        if tag == "form":
            self._form = Form(said.get("action") or self.at, said.get("method", "get").lower())
            self.forms.append(self._form)
        for name in ("data-draft", "hx-post"):
            if name in said:
                self._anywhere = self._form if name == "data-draft" else self._anywhere
                self.forms.append(Form(said[name], "post", *self._shared()))
        self._field(tag, said)

    def _shared(self):
        """The fields of the page's own form, which the script sends elsewhere too."""
        return self._anywhere.held, self._anywhere.choices, self._anywhere.typed

    def _field(self, tag: str, said: Mapping[str, str]) -> None:
        name, kind, form = said.get("name", ""), said.get("type", "text"), self._form
        if tag == "select":
            self._select = name
        elif tag == "option" and said.get("value"):
            form.choices.setdefault(self._select, []).append(said["value"])
            if "selected" in said:
                form.held.append((self._select, said["value"]))
        elif name and tag == "button":
            form.buttons.append((name, said.get("value", "")))
        elif name and (tag == "textarea" or (tag == "input" and kind not in ("radio", "checkbox", "hidden"))):
            form.typed.append(name)
            form.held.append((name, said.get("value", "a harmless word" if tag == "textarea" else "")))
        elif name and tag == "input" and (kind == "hidden" or "checked" in said):
            form.held.append((name, said.get("value", "")))
        elif name and kind == "radio":
            form.choices.setdefault(name, []).append(said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = Form(self.at, "post")


@lru_cache(maxsize=1)
def page_of(answer: TestResponse) -> Page:
    """Read once of each answer: it is looked at twice in a row."""
    return Page(answer.text, answer.request.path)


def addresses_in(answer: TestResponse) -> Iterator[str]:
    """Every address that an answer leads to or shows."""
    if "Location" in answer.headers:
        yield answer.headers["Location"]
    if answer.mimetype == "text/html":
        page = page_of(answer)
        yield from page.links
        yield from (form.action for form in page.forms)


class Crawler:
    """One crawl: what was seen, and what is still to be opened."""

    def __init__(self, visitor: Visitor, ids: Iterable[str], words: Iterable[str]) -> None:
        self.visitor, self.ids, self.words = visitor, tuple(ids), tuple(words)
        self.waiting: deque[str] = deque()
        self.known: set[str] = set()
        self.in_parts: set[str] = set()
        self.alike: Counter[str] = Counter()
        self.forms: dict[tuple[str, str, frozenset[str]], Form] = {}
        self.read = 0
        self.of_a_kind, self.of_a_deep_kind = OF_A_KIND, OF_A_DEEP_KIND

    def open(self, address: str, method: str = "GET", **options: object) -> TestResponse:
        self.read += 1
        assert self.read < MOST, f"{method} {address}: the crawler goes in a circle"
        answer: TestResponse = self.visitor.client.open(address, method=method, **options)
        self.note(answer)
        return answer

    def note(self, answer: TestResponse) -> None:
        """Remember where an answer leads to, and each kind of form once."""
        here = answer.request.path
        if "Location" in answer.headers:
            self.add(answer.headers["Location"], here)
        if answer.mimetype == "text/html":
            page = page_of(answer)
            for link in page.links:
                self.add(link, here)
            for form in page.forms:
                self.forms.setdefault(form.kind, form)

    def add(self, link: str, here: str = "/") -> None:
        parts = urlsplit(link)
        if parts.scheme in ("", "http", "https") and parts.netloc in ("", "localhost"):
            address = (parts.path or here) + (f"?{parts.query}" if parts.query else "")
            if address not in self.known and not address.startswith(LEAVING):
                self.known.add(address)
                self.waiting.append(address)

    def seen_enough(self, address: str) -> bool:
        """Whether so many pages of this kind were shown that one more would say nothing new."""
        parts = urlsplit(address)
        most = self.of_a_deep_kind if parts.query or parts.path.count("/") > 2 else self.of_a_kind
        return self.alike[shape(address)] >= most

    def look(self) -> Iterator[TestResponse]:
        """Open all that is known and what it leads to; each kind of page as a fragment too."""
        while self.waiting:
            address = self.waiting.popleft()
            if self.seen_enough(address):
                continue
            answers = list(self.show(address))
            self.alike[shape(address)] += answers[0].status_code == 200
            yield from answers

    def show(self, address: str) -> Iterator[TestResponse]:
        """Open it; the first of its kind as a fragment too."""
        yield self.open(address)
        if shape(address) not in self.in_parts:
            self.in_parts.add(shape(address))
            yield self.open(address, headers=FRAGMENT)

    def start(self) -> None:
        """Every route that needs nothing filled in, and every other for each of the ids."""
        for rule in self.visitor.client.application.url_map.iter_rules():
            if "GET" in rule.methods and not rule.arguments:
                self.add(rule.rule)
            if rule.arguments == {"public_id"}:
                for public_id in self.ids:
                    self.add(rule.rule.replace("<public_id>", public_id))

    def ask_for(self) -> Iterator[TestResponse]:
        """Filters, sorts and searches: each choice of a form that looks, each word and id, and what is not offered."""
        for alike in self.looking():
            for form, pair in zip(cycle(alike), self.worth_asking(alike[0]), strict=False):
                searched = pair[0] in form.typed and self.searches(form)
                yield from self.search(form, pair) if searched else self.ask(f"{form.action}?{urlencode([pair])}")
        for path in sorted({urlsplit(address).path for address in self.known if not A_PUBLIC_ID.search(address)}):
            for value in (*self.ids[:1], "zz"):
                yield self.open(f"{path}?{urlencode({'after': value})}")

    def looking(self) -> list[list[Form]]:
        """The forms that only look; together those of all worklists, which are asked by turns: one form is on all."""
        alike: dict[object, list[Form]] = {}
        for form in self.forms.values():
            if form.method == "get" or self.searches(form):
                alike.setdefault(form.meant, []).append(form)
        return list(alike.values())

    def worth_asking(self, form: Form) -> list[tuple[str, str]]:
        chosen = [(name, value) for name, values in form.choices.items() for value in values]
        return chosen + [(name, word) for name in form.typed for word in (*self.words, *self.ids[:1], *BROKEN[2:3])]

    def ask(self, address: str) -> Iterator[TestResponse]:
        """Open it now, and not once more for a link that says the same."""
        self.known.add(address)
        return self.show(address)

    def searches(self, form: Form) -> bool:
        """Whether the form only looks, and is sent so that what is typed stands in no address."""
        return form.method == "post" and urlsplit(form.action).path.startswith(SEARCHES)

    def search(self, form: Form, typed: tuple[str, str]) -> Iterator[TestResponse]:
        answer = self.send(form, [*form.token, typed])
        yield answer
        if found := answer.headers.get("Location"):
            yield from self.ask(found)

    def send_nonsense(self) -> Iterator[TestResponse]:
        """Each kind of form with what nobody can mean, with nothing, too much, no token, or about another's things."""
        for form in {form.meant: form for form in self.sendable()}.values():
            for text in BROKEN if len(form.kind[-1]) < MANY_FIELDS else BROKEN[:2]:
                yield self.send(form, form.with_all(text))
            yield self.send(form, ())
            yield self.send(form, form.token)
            yield self.send(form, [*form.held, ("zz", "1")])
            yield self.open(form.action, "PUT")
            for public_id in self.ids[:2]:
                if A_PUBLIC_ID.search(form.action):
                    yield self.send(form, form.held, A_PUBLIC_ID.sub(public_id, form.action))
        yield self.open(
            "/referrals/news", "POST", data=b"x" * 600_000, content_type="application/x-www-form-urlencoded"
        )

    def send_as_it_stands(self) -> Iterator[TestResponse]:
        """Each kind of form as a person would send it, by each of its buttons; then whatever has become of it."""
        for form in self.sendable():
            buttons: list[tuple[tuple[str, str], ...]] = [(button,) for button in form.buttons]
            for button in buttons or [()]:
                yield self.send(form, form.as_it_stands(*button))
                yield from self.look()

    def sendable(self) -> list[Form]:
        posts = [form for form in self.forms.values() if form.method == "post"]
        return [form for form in posts if not urlsplit(form.action).path.startswith(LEAVING)]

    def send(self, form: Form, pairs: Iterable[tuple[str, str]], address: str = "") -> TestResponse:
        body = urlencode(list(pairs))
        return self.open(address or form.action, "POST", data=body, content_type="application/x-www-form-urlencoded")

    def again(self) -> Iterator[TestResponse]:
        """The lists once more, as they are after everything was done."""
        for address in sorted(self.known):
            if not A_PUBLIC_ID.search(unquote(address)) and "?" not in address:
                yield self.open(address)

    def leave(self) -> Iterator[TestResponse]:
        """Sign out, by every way that there is; nothing did so before."""
        signed_in = self.visitor.csrf_token != ""
        assert self.visitor.get("/criteria").status_code == (200 if signed_in else 302), "signed out on the way"
        yield self.open("/account/sessions/zzzzzzzzzzzz/end", "POST", data={"csrf_token": self.visitor.csrf_token})
        yield self.open("/sign-in/code")
        yield self.visitor.post("/sign-out")
        yield self.open("/")


def crawl(visitor: Visitor, ids: Iterable[str] = (), words: Iterable[str] = ()) -> Iterator[TestResponse]:
    """Every answer that this visitor can get. `ids` are tried wherever an id stands, `words` wherever one searches."""
    crawler = Crawler(visitor, ids, words)
    crawler.start()
    pages = (crawler.open(address) for address in NO_PAGE)
    return chain(
        pages, crawler.look(), crawler.ask_for(), crawler.send_nonsense(), crawler.send_as_it_stands(),
        crawler.again(), crawler.leave(),
    )  # fmt: skip


def look_around(visitor: Visitor) -> Iterator[TestResponse]:
    """What can be looked at, without asking for anything and without changing anything."""
    crawler = Crawler(visitor, (), ())
    crawler.of_a_kind = crawler.of_a_deep_kind = EVERY
    crawler.start()
    return crawler.look()
