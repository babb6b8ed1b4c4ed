"""What a file is by its content: a program of its own, so that a hostile file harms a process that ends anyway.

It reads the file from standard input and prints, as JSON, {"media_type", "pages"} or {"refused"}: a sentence that says
what to do. It imports nothing of ours, and runs with little memory, little time and no way to write a file.
"""

import json
import resource
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

MOST_PAGES, MOST_PIXELS, MOST_OBJECTS = 300, 80_000_000, 100_000
MEMORY, SECONDS = 1 << 30, 20
"""What the program may take of the machine: bytes of address space, seconds of a processor."""

PDF, PNG, JPEG, TIFF = "application/pdf", "image/png", "image/jpeg", "image/tiff"
BEGINNINGS = {
    b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG, b"II*\0": TIFF, b"MM\0*": TIFF,
}  # fmt: skip
PILLOW = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF"}
ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
"""What an archive is found by wherever in a file it begins; a zip is found by its end."""
PADDING = b"\0\r\n\t "

PRINT = "print it to PDF and send that"
EMPTY = "The file is empty: choose it again."
UNKNOWN = f"This is no PDF, PNG, JPEG or TIFF: {PRINT}."
WORD = f"This is a Word document or an archive: {PRINT}."
DICOM = "These are DICOM pictures: leave them in PACS, and say below the list of documents where they are."
PHOTO = "This is a picture in another format: save it as JPEG or PNG and send that."
CUT_OFF = "The file is cut off before its end: copy or scan it again and send the whole of it."
DAMAGED = f"The file is damaged, so that it cannot be read to its end: {PRINT}."
NOT_ITS_END = f"The file does not end where the PDF in it ends, so it was cut off or added to: {PRINT}."
FOLLOWED = "Something else follows the end of the picture (some phones add it): save it anew as PNG and send that."
TWO_THINGS = f"The file is two things at once, a document and an archive or a second document: {PRINT}."
LOCKED = f"The PDF is locked or encrypted: open it, {PRINT}."
PROGRAM = f"The PDF has a program (JavaScript) in it, which we do not keep: {PRINT}."
ATTACHED = f"The PDF has other files attached inside it: send each by itself, and {PRINT}."
OPENS = f"The PDF opens other programs, plays something or sends what is typed: {PRINT}."
FORM = f"The PDF is a form that only some programs can show: {PRINT}."
TOO_LONG = f"The file has more than {MOST_PAGES} pages: send the pages that matter."
TOO_LARGE = f"The picture has more than {MOST_PIXELS // 1_000_000} million points: save it smaller and send that."
TOO_MUCH = f"The PDF is built of too many parts: {PRINT}."

OTHERS = (
    (0, b"PK\x03\x04", WORD), (0, b"PK\x05\x06", WORD), (0, b"\xd0\xcf\x11\xe0", WORD), (0, b"{\\rtf", WORD),
    (128, b"DICM", DICOM), (4, b"ftyp", PHOTO), (0, b"GIF8", PHOTO), (0, b"BM", PHOTO), (8, b"WEBP", PHOTO),
)  # fmt: skip
"""What people send by mistake: where its mark stands, the mark, and what to do instead."""

ACTIVE = {
    "/JS": PROGRAM, "/JavaScript": PROGRAM, "/EF": ATTACHED, "/EmbeddedFiles": ATTACHED, "/RichMediaContent": OPENS,
    "/XFA": FORM,
}  # fmt: skip
"""Keys of a dictionary that no document of ours has."""
ACTIONS = {
    "/JavaScript": PROGRAM, "/Launch": OPENS, "/SubmitForm": OPENS, "/ImportData": OPENS, "/GoToE": ATTACHED,
    "/GoToR": OPENS, "/Rendition": OPENS, "/Movie": OPENS, "/Sound": OPENS, "/FileAttachment": ATTACHED,
    "/RichMedia": OPENS, "/EmbeddedFile": ATTACHED,
}  # fmt: skip
"""What an action or a note on a page (/S, /Subtype, /Type) must not be. A link to a web page may be."""


class Refused(Exception):
    """The file is not taken; the message is the sentence that says what to do."""


def examined(content: bytes) -> tuple[str, int]:
    """(media type, pages) of a file, or Refused. Whatever a parser stumbles over is a damaged file."""
    media_type = kind_of(content)
    refuse_archives(content)
    try:
        return media_type, pages_of_pdf(content) if media_type == PDF else pages_of_picture(content, media_type)
    except (Refused, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise Refused(TOO_LARGE) from bomb
    except Exception as fault:
        raise Refused(DAMAGED) from fault


def kind_of(content: bytes) -> str:
    for beginning, media_type in BEGINNINGS.items():
        if content.startswith(beginning):
            if media_type != PDF and b"%PDF-" in content[:1024]:  # there many programs still take it for a PDF
                raise Refused(TWO_THINGS)
            return media_type
    for at, mark, what_to_do in OTHERS:
        if content[at : at + len(mark)] == mark:
            raise Refused(what_to_do)
    raise Refused(UNKNOWN if content else EMPTY)


def refuse_archives(content: bytes) -> None:
    if any(mark in content for mark in ARCHIVES):
        raise Refused(TWO_THINGS)
    try:
        ZipFile(BytesIO(content)).close()
    except (BadZipFile, ValueError, NotImplementedError):
        return
    raise Refused(TWO_THINGS)


def pages_of_pdf(content: bytes) -> int:
    if not content.rstrip(PADDING).endswith(b"%%EOF"):
        raise Refused(NOT_ITS_END)
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted:
        raise Refused(LOCKED)
    for part in dictionaries(reader):
        refuse_active(part)
    pages = len(reader.pages)
    if not 0 < pages <= MOST_PAGES:
        raise Refused(TOO_LONG if pages else DAMAGED)
    return pages


def dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Everything that can be reached from where a reader begins; streams are not unpacked."""
    waiting: list[object] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, IndirectObject):
            if (number := (part.idnum, part.generation)) in seen:
                continue
            seen.add(number)
            part = part.get_object()
        if isinstance(part, DictionaryObject):
            yield part
            waiting.extend(dict.values(part))
        elif isinstance(part, ArrayObject):
            waiting.extend(list.__iter__(part))
        if len(seen) > MOST_OBJECTS or len(waiting) > MOST_OBJECTS:
            raise Refused(TOO_MUCH)


def refuse_active(part: DictionaryObject) -> None:
    """part[…] follows a reference to another object; the words of an action may stand there."""
    for key, what_to_do in ACTIVE.items():
        if key in part:
            raise Refused(what_to_do)
    for key in ("/S", "/Subtype", "/Type"):
        if key in part and str(part[key]) in ACTIONS:
            raise Refused(ACTIONS[str(part[key])])


def pages_of_picture(content: bytes, media_type: str) -> int:
    """How many pictures there are in it, each read to its last point."""
    if media_type in ENDS and content[ENDS[media_type](content) :].strip(PADDING):
        raise Refused(FOLLOWED)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(BytesIO(content), formats=[PILLOW[media_type]]) as picture:
            frames = int(getattr(picture, "n_frames", 1))
            if frames > MOST_PAGES:
                raise Refused(TOO_LONG)
            for frame in range(frames):
                picture.seek(frame)
                if picture.width * picture.height > MOST_PIXELS:
                    raise Refused(TOO_LARGE)
                picture.load()
    return frames


def end_of_png(content: bytes) -> int:
    """Behind its last chunk, IEND."""
    at = 8
    while at + 12 <= len(content):
        kind = content[at + 4 : at + 8]
        at += 12 + int.from_bytes(content[at : at + 4])
        if kind == b"IEND" and at <= len(content):
            return at
    raise Refused(CUT_OFF)


def end_of_jpeg(content: bytes) -> int:
    """Behind its end marker. Segments say how long they are; what is packed between them has no marker in it."""
    at = 2
    while 0 <= (at := content.find(b"\xff", at)) < len(content) - 1:
        marker = content[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF:
            at += 1
        elif marker in (0x00, 0x01, *range(0xD0, 0xD8)):
            at += 2
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4])
    raise Refused(CUT_OFF)


ENDS = {PNG: end_of_png, JPEG: end_of_jpeg}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        media_type, pages = examined(sys.stdin.buffer.read())
        said: dict[str, object] = {"media_type": media_type, "pages": pages}
    except Refused as refused:
        said = {"refused": str(refused)}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
