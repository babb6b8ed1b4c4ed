"""Names as they are compared: letter for letter as a search does it, or without what two people write differently."""

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼ`´", ""))
Words = tuple[str, ...]


def folded(text: str) -> str:
    """Text as it is searched: case, accents' composition and runs of space do not matter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())[:250]


@lru_cache(maxsize=8)  # one patient is compared with many
def words(name: str) -> Words:
    """The words of a name without case, accents, apostrophes, hyphens and dots."""
    plain = name.translate(APOSTROPHES).casefold()
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain).translate(LETTERS)
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return tuple(WORD.findall(plain))


def in_one(name: str) -> str:
    """Its words written together: what a name that is spelled in another way has in common with it."""
    return "".join(words(name))[:250]
