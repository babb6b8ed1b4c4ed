"""An edition in each form in which it leaves the house: for other programs, and for people."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from referrals.eligibility.cql import library
from referrals.eligibility.edition import CriteriaSet, Edition
from referrals.eligibility.edition_notation import edition_to_json
from referrals.eligibility.markdown import markdown
from referrals.eligibility.plain_text import plain_text


class Form(NamedTuple):
    """How it is called, the ending of its file, and what writes it."""

    words: str
    ending: str
    written: Callable[[CriteriaSet, Edition], str]


def plain_data(_set: CriteriaSet, edition: Edition) -> str:
    return json.dumps(edition_to_json(edition), indent=2, ensure_ascii=False) + "\n"


FORMS: Mapping[str, Form] = {
    "cql": Form("CQL", "cql", lambda _, edition: library(edition)),
    "json": Form("JSON", "json", plain_data),
    "english": Form("Plain English", "txt", plain_text),
    "markdown": Form("Markdown", "md", markdown),
}
