"""The name of a file: as somebody gave it, made harmless; and as it is given out, with an end that fits what it is."""

import unicodedata
from pathlib import PurePosixPath

LONGEST_NAME, LONGEST_END = 120, 10
NAMELESS = "document"
SUFFIXES = {
    "application/pdf": (".pdf",), "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"),
    "image/tiff": (".tif", ".tiff"),
}  # fmt: skip
"""How a file of each kind may end; the first where its name says something else."""
UNFIT = str.maketrans(dict.fromkeys('<>:"|?*;%', "_"))


def cleaned(name: str) -> str:
    """Without folders, and without what cannot be seen or stand in a name; never empty, never too long."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    seen = "".join(each for each in last if each == " " or unicodedata.category(each)[0] not in "CZ")
    fit = " ".join(seen.translate(UNFIT).split()).strip(". ")
    stem, dot, end = fit.rpartition(".")
    if not stem or len(end) >= LONGEST_END:
        return fit[:LONGEST_NAME].strip() or NAMELESS
    return f"{stem[: LONGEST_NAME - LONGEST_END].strip()}{dot}{end}"


def fitting(name: str, media_type: str) -> str:
    """ "report.exe" that is a PDF is given out as "report.exe.pdf"."""
    fit = SUFFIXES[media_type]
    return name if name.lower().endswith(fit) else f"{name}{fit[0]}"
