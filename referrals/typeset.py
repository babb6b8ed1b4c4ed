"""Setting a letter or a sheet as a tagged PDF (PDF/UA-1): text is data, never markup."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from referrals.inspection import Inspected

TEMPLATE = Path(__file__).parent.parent / "templates" / "letters" / "letter.typ"
PDF = "application/pdf"


@dataclass(frozen=True)
class Part:
    """A piece of a letter: a `heading`, a `paragraph`, a `list` of items, or `facts` as rows under a head."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Paper:
    """All that stands on it."""

    title: str
    parts: tuple[Part, ...]
    clinic: str
    telephone: str
    foot: str = ""
    to: tuple[str, ...] = ()
    date: str = ""
    signed: tuple[str, ...] = ()


def heading(text: str) -> Part:
    return Part("heading", text)


def paragraph(text: str) -> Part:
    return Part("paragraph", text)


def items(texts: Sequence[str]) -> Part:
    return Part("list", items=tuple(texts))


def facts(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Part:
    return Part("facts", head=tuple(head), rows=tuple(tuple(row) for row in rows))


def set_as_pdf(paper: Paper) -> Inspected:
    """The paper as a PDF that a screen reader can read, and how many pages it has. Takes about a fifth of a second."""
    import typst  # heavy: a worker that makes no letter stays light

    said: dict[str, Any] = {
        "input": str(TEMPLATE),
        "sys_inputs": {"letter": json.dumps(asdict(paper))},
        "ignore_system_fonts": True,
    }
    content = typst.compile(**said, format="pdf", pdf_standards=["ua-1"], timestamp=0)  # the same paper, the same bytes
    pages = json.loads(typst.query(**said, selector="<pages>", field="value", one=True))
    return Inspected(bytes(content), PDF, int(pages))
