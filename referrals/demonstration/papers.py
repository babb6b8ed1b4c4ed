"""Papers of the made-up clinic: plain PDF files of a few lines, the same whenever they are made."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from referrals.document import About, Support
from referrals.inspection import Inspected

TOP, LEFT, LINE = 780, 60, 18
"""In points of a letter-size page, from its lower left."""


def about(said: Mapping[str, Any], named: Callable[[str], Support] = Support) -> About:
    """What a story says of a document. "L1 marrow_edema 2" is a fact, as `named` knows it, and its page."""
    told = (words.rpartition(" ") for words in said.get("supports", ()))
    supports = tuple(replace(named(fact), page=int(page)) for fact, _, page in told)
    return About(said["kind"], said.get("study_on"), supports)


def file(said: Mapping[str, Any]) -> Inspected:
    return Inspected(paper(said["pages"]), "application/pdf", len(said["pages"]))


def paper(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with these lines on its pages, the first line of each larger."""
    parts = list(_parts(pages))
    file, starts = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        starts.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(file))
    return file + head + table + end


def _parts(pages: Sequence[Sequence[str]]) -> Iterator[bytes]:
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    yield b"<< /Type /Catalog /Pages 2 0 R >>"
    yield b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages))
    yield b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    for number, lines in enumerate(pages):
        drawn = _drawn(lines)
        yield (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number)
        )
        yield b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn)


def _drawn(lines: Sequence[str]) -> bytes:
    escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines)
    sizes = (16, *(11 for _ in lines[1:]))
    shown = "\n".join(f"/F1 {size} Tf ({line}) Tj 0 -{LINE} Td" for size, line in zip(sizes, escaped, strict=True))
    return f"BT {LEFT} {TOP} Td\n{shown}\nET".encode("cp1252")
