"""Files that somebody could send: real ones, and such as are cut off, locked, swollen or two things at once."""

import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + "!$H+H*"
"""What every virus scanner takes for a virus, and what harms nobody; in two parts, so that none finds it here."""


def as_it_is(writer):
    """Nothing is done to it."""


def pdf(pages=2, locked="", says="", change=as_it_is):
    """A PDF of blank pages; `says` makes its bytes different, `change` does more."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 842)
    writer.add_metadata({"/Title": says or "A report"})
    change(writer)
    if locked:
        writer.encrypt(locked, algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def picture(kind="PNG", size=(40, 30), mode="RGB", **more):
    drawn = BytesIO()
    Image.new(mode, size, "white").save(drawn, kind, **more)
    return drawn.getvalue()


def frames(count):
    """A fax: several pages in one TIFF."""
    pages = [Image.new("1", (40, 30), 1) for _ in range(count)]
    drawn = BytesIO()
    pages[0].save(drawn, "TIFF", save_all=True, append_images=pages[1:])
    return drawn.getvalue()


def archive():
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("run.exe", "MZ")
    return packed.getvalue()


def within_png(kind, content):
    """A PNG with a chunk more, in front of its end."""
    whole = picture()
    end = whole.index(b"IEND") - 4
    return whole[:end] + chunk(kind, content) + whole[end:]


def within_pdf(content):
    """A PDF with a stream more, as it is."""

    def change(writer):
        stream = StreamObject()
        stream.set_data(content)
        writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)

    return pdf(change=change)


def within_jpeg(content):
    """A JPEG with a comment in it."""
    whole = picture("JPEG")
    return whole[:2] + b"\xff\xfe" + struct.pack("!H", len(content) + 2) + content + whole[2:]


def chunk(kind, content):
    return struct.pack("!L", len(content)) + kind + content + struct.pack("!L", zlib.crc32(kind + content))


def bomb(width=60_000, height=60_000):
    """A PNG of some kilobytes that unpacks to gigabytes, or says that it does."""
    head = chunk(b"IHDR", struct.pack("!LLBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000_000), 9)) + chunk(b"IEND", b"")


def pdf_bomb():
    """A PDF whose table of contents, of which it consists, unpacks to more memory than there is to have."""
    packed = zlib.compress(bytes(60_000_000), 9)
    packed = zlib.compress(packed, 9)
    told = b"<< /Type /XRef /Size 9999999 /W [1 2 1] /Root 2 0 R /Filter [/FlateDecode /FlateDecode] /Length %d >>"
    body = b"%PDF-1.7\n1 0 obj\n" + told % len(packed) + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
    return body + b"startxref\n9\n%%EOF\n"


def add_script(writer):
    """As it comes with its name, to be run by another part of the document."""
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    named = ArrayObject([TextStringObject("hello"), writer._add_object(DictionaryObject(script))])
    names = DictionaryObject({NameObject("/Names"): named})
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): names})


def add_attachment(writer):
    writer.add_attachment("run.exe", b"MZ")


def lock_for_its_owner(writer):
    """Everybody opens it, and nobody may print it."""
    writer.encrypt("", "owner", algorithm="RC4-128")


def open_action(**said):
    """What happens as soon as the PDF is opened."""

    def change(writer):
        action = {NameObject(f"/{name}"): NameObject(f"/{word}") for name, word in said.items()}
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(action))

    return change


def word_by_reference(writer):
    """The word of the action stands in an object of its own."""
    word = writer._add_object(NameObject("/Launch"))
    action = DictionaryObject({NameObject("/S"): word, NameObject("/F"): TextStringObject("cmd.exe")})
    writer.root_object[NameObject("/OpenAction")] = action


def body_of(fields, content):
    """(body, kind) of a form with a file, as a browser sends it; the client of the tests leaves a large one open."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
    parts.append(b'Content-Disposition: form-data; name="file"; filename="report.pdf"\r\n\r\n' + content)
    whole = b"".join(b"--here\r\n" + part + b"\r\n" for part in parts)
    return whole + b"--here--\r\n", "multipart/form-data; boundary=here"
