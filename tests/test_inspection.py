"""What a file is by its content: four kinds are kept, and whatever else is sent is refused with what to do instead."""

import json
import re
import subprocess
import sys
from zlib import compress

import pytest

from referrals import examiner, inspection
from referrals.demonstration.papers import paper
from referrals.examiner import examined
from referrals.inspection import EXAMINER, LARGEST, Refused, inspected
from tests import files
from tests.files import bomb, frames, pdf, picture, within_jpeg, within_png

ZIP = files.archive()
MANY_PIXELS = (9_000, 9_000)


KEPT = {
    "a page": (lambda: pdf(1), "application/pdf", 1),
    "a report": (lambda: pdf(12), "application/pdf", 12),
    "a report with blank lines behind it": (lambda: pdf() + b"\r\n\r\n", "application/pdf", 2),
    "a made-up paper": (lambda: paper([["A title", "A line (in brackets) \\"], ["Second page"]]), "application/pdf", 2),
    "a PNG": (lambda: picture("PNG"), "image/png", 1),
    "a gray PNG": (lambda: picture("PNG", mode="LA"), "image/png", 1),
    "a JPEG": (lambda: picture("JPEG"), "image/jpeg", 1),
    "a progressive JPEG": (lambda: picture("JPEG", size=(600, 400), progressive=True), "image/jpeg", 1),
    "a JPEG padded with nothing": (lambda: picture("JPEG") + bytes(7), "image/jpeg", 1),
    "a JPEG with a comment": (lambda: within_jpeg(b"\xff\xd9 is what would end it"), "image/jpeg", 1),
    "a TIFF": (lambda: picture("TIFF"), "image/tiff", 1),
    "a packed TIFF": (lambda: picture("TIFF", compression="tiff_lzw"), "image/tiff", 1),
    "a fax": (lambda: frames(5), "image/tiff", 5),
}


@pytest.mark.parametrize("sent", KEPT)
def test_a_report_a_scan_or_a_fax_is_known_by_its_content(sent):
    made, media_type, pages = KEPT[sent]
    assert examined(made()) == (media_type, pages)


def test_a_link_to_a_web_page_does_no_harm():
    assert examined(pdf(change=files.open_action(S="URI"))) == ("application/pdf", 2)


REFUSED = {
    "nothing": (lambda: b"", examiner.EMPTY),
    "words": (lambda: b"MRI of the lumbar spine", examiner.UNKNOWN),
    "a web page": (lambda: b"<html><script>alert(1)</script></html>", examiner.UNKNOWN),
    "a drawing with script in it": (lambda: b"<svg onload='alert(1)'/>", examiner.UNKNOWN),
    "a program": (lambda: b"MZ\x90\0", examiner.UNKNOWN),
    "a Word document": (lambda: ZIP, examiner.WORD),
    "an old Word document": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", examiner.WORD),
    "pictures from the scanner": (lambda: bytes(128) + b"DICM\2\0", examiner.DICOM),
    "a photo of a telephone": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0", examiner.PHOTO),
    "a GIF": (lambda: picture("GIF"), examiner.PHOTO),
    "a PDF that begins later": (lambda: b"\n" + pdf(), examiner.UNKNOWN),
    "a PDF cut off": (lambda: pdf()[:-40], examiner.NOT_ITS_END),
    "half a PDF": (lambda: pdf(20)[:1500], examiner.NOT_ITS_END),
    "a PDF with something behind it": (lambda: pdf() + b"<script>alert(1)</script>", examiner.NOT_ITS_END),
    "a PDF and an archive": (lambda: pdf() + ZIP, examiner.TWO_THINGS),
    "an archive within a PDF": (lambda: files.within_pdf(ZIP), examiner.TWO_THINGS),
    "a PDF with a password": (lambda: pdf(locked="hush"), examiner.LOCKED),
    "a PDF that opens but is encrypted": (lambda: pdf(change=files.lock_for_its_owner), examiner.LOCKED),
    "a PDF with script": (lambda: pdf(change=files.add_script), examiner.PROGRAM),
    "a PDF with script when opened": (lambda: pdf(change=files.open_action(S="JavaScript")), examiner.PROGRAM),
    "a PDF with a file in it": (lambda: pdf(change=files.add_attachment), examiner.ATTACHED),
    "a PDF that starts programs": (lambda: pdf(change=files.open_action(S="Launch")), examiner.OPENS),
    "a PDF that starts them in a roundabout way": (lambda: pdf(change=files.word_by_reference), examiner.OPENS),
    "a PDF that starts them in other letters": (
        lambda: pdf(change=files.open_action(S="Launch")).replace(b"/Launch", b"/L#61unch"), None,
    ),
    "a PDF that sends what is typed": (lambda: pdf(change=files.open_action(S="SubmitForm")), examiner.OPENS),
    "a PDF that plays": (lambda: pdf(change=files.open_action(Type="Annot", Subtype="RichMedia")), examiner.OPENS),
    "a PDF that is a form of its own": (lambda: pdf(change=files.open_action(XFA="x")), examiner.FORM),
    "a PDF without pages": (lambda: pdf(0), examiner.DAMAGED),
    "a PDF of too many pages": (lambda: pdf(examiner.MOST_PAGES + 1), examiner.TOO_LONG),
    "the beginning of a PDF alone": (lambda: b"%PDF-1.7\n%%EOF", examiner.DAMAGED),
    "a PNG cut off": (lambda: picture()[:-20], examiner.CUT_OFF),
    "a PNG with its middle gone": (lambda: picture(size=(900, 900), mode="L")[:60] + picture()[-12:], None),
    "a PNG with something behind it": (lambda: picture() + b"<?php ?>", examiner.FOLLOWED),
    "a PNG and an archive": (lambda: picture() + ZIP, examiner.TWO_THINGS),
    "an archive within a PNG": (lambda: within_png(b"ziPp", ZIP), examiner.TWO_THINGS),
    "a PDF within a PNG": (lambda: within_png(b"pdFf", pdf()), examiner.TWO_THINGS),
    "a PNG of too many points": (bomb, examiner.TOO_LARGE),
    "a PNG a little too large": (lambda: picture(size=MANY_PIXELS, mode="1"), examiner.TOO_LARGE),
    "a PNG whose words swell": (
        lambda: within_png(b"zTXt", b"Comment\0\0" + compress(bytes(90_000_000), 9)), examiner.DAMAGED,
    ),
    "a JPEG cut off": (lambda: picture("JPEG", size=(300, 300))[:-50], examiner.CUT_OFF),
    "a JPEG with a second picture behind it": (lambda: picture("JPEG") * 2, examiner.FOLLOWED),
    "a PDF within a JPEG": (lambda: within_jpeg(pdf()), examiner.TWO_THINGS),
    "an archive within a JPEG": (lambda: within_jpeg(ZIP), examiner.TWO_THINGS),
    "another archive within a JPEG": (lambda: within_jpeg(b"Rar!\x1a\x07\x00"), examiner.TWO_THINGS),
    "a TIFF cut off": (lambda: picture("TIFF")[:-300], examiner.DAMAGED),
    "a TIFF of too many pages": (lambda: frames(examiner.MOST_PAGES + 1), examiner.TOO_LONG),
    "a TIFF of too many points": (lambda: picture("TIFF", size=MANY_PIXELS, mode="1"), examiner.TOO_LARGE),
    "a TIFF with an archive in it": (lambda: picture("TIFF") + ZIP, examiner.TWO_THINGS),
}  # fmt: skip
"""What is sent, and the sentence that it gets; None: one of them."""
SENTENCES = {
    words for words in vars(examiner).values() if isinstance(words, str) and re.fullmatch(r"[A-Z][^.]+\.", words)
}


@pytest.mark.parametrize("sent", REFUSED)
def test_what_is_no_sound_document_is_refused_with_what_to_do(sent):
    made, what_to_do = REFUSED[sent]
    with pytest.raises(examiner.Refused) as refused:
        examined(made())
    assert str(refused.value) in ({what_to_do} if what_to_do else SENTENCES)


def test_each_refusal_is_one_sentence_that_says_what_to_do():
    said = {*SENTENCES, inspection.TOO_LARGE, inspection.NOT_WITHIN_LIMITS}
    assert len(said) > 18
    for sentence in said:
        assert sentence.count(".") == 1
        assert re.search(r"\b(choose|print|send|save|leave|copy)\b", sentence), sentence


@pytest.mark.parametrize("sent", ["a report", "a JPEG", "a fax"])
def test_a_program_of_its_own_looks_at_it(sent):
    made, media_type, pages = KEPT[sent]
    file = inspected(content := made())
    assert (file.content, file.media_type, file.pages) == (content, media_type, pages)


@pytest.mark.parametrize("sent", ["a PDF with a password", "a PNG of too many points", "nothing"])
def test_the_program_says_why_it_refuses(sent):
    with pytest.raises(Refused) as refused:
        inspected(REFUSED[sent][0]())
    assert str(refused.value) == REFUSED[sent][1]


def test_a_file_that_is_too_large_is_not_looked_at():
    with pytest.raises(Refused, match="20 MB"):
        inspected(bytes(LARGEST + 1))


def test_what_swells_in_a_pdf_takes_no_more_than_the_program_may_have():
    with pytest.raises(Refused):
        inspected(files.pdf_bomb())


def test_a_file_that_ends_the_program_is_refused(monkeypatch, tmp_path):
    """As a fault in a library would."""
    for ending in ("import os; os.abort()", "print('{}x')", "raise MemoryError"):
        program = tmp_path / "ends.py"
        program.write_text(ending)
        monkeypatch.setattr(inspection, "EXAMINER", program)
        with pytest.raises(Refused, match="too long or too much memory"):
            inspected(pdf())


def test_a_file_that_takes_too_long_is_refused(monkeypatch, tmp_path):
    program = tmp_path / "goes_on.py"
    program.write_text("while True: pass")
    monkeypatch.setattr(inspection, "EXAMINER", program)
    monkeypatch.setattr(inspection, "LONGEST_WAIT", 0.3)
    with pytest.raises(Refused, match="too long or too much memory"):
        inspected(pdf())


LIMITS = """
import json, resource, runpy, sys
sys.stdin = open(sys.argv[1])
try:
    runpy.run_path(sys.argv[2], run_name="__main__")
except SystemExit:
    pass
print()
limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
print(json.dumps([resource.getrlimit(limit)[0] for limit in limits]))
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & {"referrals", "flask", "sqlalchemy"})))
"""


def test_the_program_has_little_memory_little_time_writes_nothing_and_knows_nothing_of_ours(tmp_path):
    sent = tmp_path / "sent"
    sent.write_bytes(pdf())
    told = subprocess.run(
        [sys.executable, "-I", "-c", LIMITS, str(sent), str(EXAMINER)], capture_output=True, check=True, text=True
    )
    said, limits, modules = (json.loads(line) for line in told.stdout.splitlines())
    assert said == {"media_type": "application/pdf", "pages": 2}
    assert limits == [examiner.MEMORY, examiner.SECONDS, 0]
    assert modules == []


def test_a_worker_holds_none_of_the_libraries_for_files():
    """The three take 14 MiB; and what a hostile file finds in the first two, it finds elsewhere."""
    asked = "import referrals, sys; print([name for name in ('PIL', 'pypdf', 'obstore') if name in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=EXAMINER.parent.parent, capture_output=True, text=True, check=False
    )
    assert told.stdout.strip() == "[]", told.stderr
