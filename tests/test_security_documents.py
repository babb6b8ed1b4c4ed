"""What the documents about security say is there: every test and file that they name, and as many as they count."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("SECURITY.md", "docs/threat-model.md", "docs/asvs.md")
NAMED = re.compile(r"`([\w./-]+\.(?:py|md|txt|toml|lock|html|js|css))((?:::\w+)*)`")
ABUSE = re.compile(r"^### (\d+)\. (.+)$", re.MULTILINE)
REQUIREMENT = re.compile(r"^\| (V[\d.]+) \| ([12]) \| (.+?) \| (met|not applicable|not met) \| (.+) \|$", re.MULTILINE)
SECTION = re.compile(r"^(V\d+\.\d+) ([123]+)$", re.MULTILINE)
LEVELS = ("1", "2")


def text(document):
    return (ROOT / document).read_text(encoding="utf-8")


def named(words):
    """The files and tests that stand between backticks: [(file, "::Class::test" or "")]."""
    return NAMED.findall(words)


@cache
def sentences_of(file):
    """Every test of a file as pytest names it, read and not imported."""
    found = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"::{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            found.add(f"::{node.name}")
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


def is_there(file, test):
    return (ROOT / file).is_file() and (not test or test in sentences_of(file))


def asked():
    """What the standard asks, up to the second level: [(id, level)]."""
    sections = SECTION.findall(text("tests/asvs_5_0_0.txt"))
    every = [(f"{section}.{number}", level) for section, levels in sections for number, level in enumerate(levels, 1)]
    assert Counter(level for _, level in every) == {"1": 70, "2": 183, "3": 92}, "as many as the standard says it has"
    return [(name, level) for name, level in every if level in LEVELS]


def requirements():
    """Every row of the standard: (id, level, words, status, by or because)."""
    return REQUIREMENT.findall(text("docs/asvs.md"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_and_test_that_is_named_is_there(document):
    names = named(text(document))
    assert names, "nothing is named"
    assert sorted({file + test for file, test in names if not is_there(file, test)}) == []


def test_there_are_as_many_abuses_as_promised_and_a_test_stands_against_each():
    pieces = ABUSE.split(text("docs/threat-model.md").partition("\n## What has to be written down")[0])
    numbers, bodies = pieces[1::3], pieces[3::3]
    assert len(numbers) >= 25
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    for document in ("docs/threat-model.md", "SECURITY.md"):
        assert f"{len(numbers)} worst abuses" in text(document)
    for number, body in zip(numbers, bodies, strict=True):
        stands, shown, remains = (body.find(f"**{word}**") for word in ("Stands", "Shown by", "Remains"))
        assert 0 <= stands < shown < remains, f"abuse {number} says what stands, what shows it and what remains"
        assert [test for _, test in named(body[shown:remains]) if test], f"abuse {number} names a test"


def test_every_requirement_of_the_first_two_levels_is_answered_once_and_in_order():
    assert [row[:2] for row in requirements()] == asked()
    lines = re.findall(r"^\| V\d.*$", text("docs/asvs.md"), re.MULTILINE)
    assert len(lines) == len(requirements()), "a row that cannot be read"


def test_what_is_met_is_met_by_something():
    assert [row[0] for row in requirements() if row[3] == "met" and not named(row[4])] == []


def test_the_counts_at_the_head_are_those_of_the_rows():
    head = text("docs/asvs.md").partition("\n## ")[0]
    of_all = Counter(row[3] for row in requirements())
    met, not_applicable, not_met = (of_all[status] for status in ("met", "not applicable", "not met"))
    total = f"{len(asked())} requirements"
    assert f"\n{total}: {met} met, {not_applicable} not applicable, {not_met} not met.\n" in head
    for level in LEVELS:
        by = Counter(row[3] for row in requirements() if row[1] == level)
        assert f"\n| {level} | {by.total()} | {by['met']} | {by['not applicable']} | {by['not met']} |" in head
