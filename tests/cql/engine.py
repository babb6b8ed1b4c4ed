"""The CQL of an edition as others read it: the reference translator and cql-execution, in one process of node."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HOW_TO_GET_IT = "No node to read CQL with: on Debian, apt-get install nodejs npm, and then: make setup"
NOT_INSTALLED = "The translator of CQL is not installed (it comes from npm): make setup"

Picture = Mapping[str, Any]
"""The facts of one vertebra and its patient, with the day as `as_of`; what is absent is not known."""


class NoEngine(Exception):
    """There is nothing to read CQL with; the message says how to get it."""


class NotCql(Exception):
    """What the translator, or the engine, finds wrong with the library, line by line."""


class Engine:
    """Translates and judges what it is given, one order after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def judge(self, library: str, pictures: Sequence[Picture]) -> list[dict[str, Any]]:
        """What each definition of the library says of each picture; dates are ISO dates, unknown is None."""
        results: list[dict[str, Any]] = self._answer(library, pictures)["results"]
        return results

    def microseconds(
        self, library: str, pictures: Sequence[Picture], asked: Sequence[str], rounds: int = 5
    ) -> list[float]:
        """What a picture takes at the mean, in each round, for the definitions asked.

        Translating the library and reading it and the pictures is not counted.
        """
        taken: list[float] = self._answer(library, pictures, asked=asked, rounds=rounds)["microseconds"]
        return taken

    def _answer(self, library: str, pictures: Sequence[Picture], **more: Any) -> dict[str, Any]:
        order = {"text": library, "pictures": pictures, **more}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order, default=str) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if complaints := answer.get("complaints"):
            raise NotCql("\n".join(complaints))
        return answer


@contextmanager
def engine() -> Iterator[Engine]:
    """It ends with the block."""
    node = shutil.which("node")
    if node is None:
        raise NoEngine(HOW_TO_GET_IT)
    if not (HERE / "node_modules" / "cql-execution").is_dir():
        raise NoEngine(NOT_INSTALLED)
    pipe = subprocess.PIPE
    with subprocess.Popen([node, "run.mjs"], cwd=HERE, stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as process:
        yield Engine(process)
        assert process.stdin is not None
        process.stdin.close()
