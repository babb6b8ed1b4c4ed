"""JSON or YAML as plain data, without guessing: every key once; what looks like a date or an odd number stays text.

Text is refused, or read as a date, where the fact is known: there the message can name it.
"""

import json
import re
from typing import Any

import yaml

LONGEST_NUMBER = 18
"""Digits. What is longer stays text, and is no legal value of any fact."""


class UnreadableError(ValueError):
    """The text is neither JSON nor YAML of the plain kind; the message is one line."""


def parsed(text: str) -> Any:
    """The data in the text, JSON if it is JSON and else YAML."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_int=_whole, parse_constant=str)
    except json.JSONDecodeError:
        pass
    except RecursionError:
        raise UnreadableError("the file: nested too deeply") from None
    try:
        return yaml.load(text, _Loader)  # noqa: S506 -- a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnreadableError(f"line {line}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, KeyError):
        raise UnreadableError("the file: neither JSON nor YAML of plain values") from None
    except RecursionError:
        raise UnreadableError("the file: nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise UnreadableError(f"{name[:60]!r}: a key is there once")
    return dict(pairs)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


class _Loader(yaml.SafeLoader):
    """The safe loader, with the words of YAML 1.2 for numbers and without dates, merging and keys given twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 -- filled below, for this loader alone

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str" or key.value in seen:
                wrong = f"{str(key.value)[:60]!r}: a key is a name, and is there once"
                raise yaml.constructor.ConstructorError(None, None, wrong, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _kind, _spelling, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|yes|Yes|YES|false|False|FALSE|no|No|NO", list("tTyYfFnN")),
    ("int", rf"-?(0|[1-9][0-9]{{0,{LONGEST_NUMBER - 1}}})", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_spelling})$"), _first)
