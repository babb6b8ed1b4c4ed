"""Whether a file that somebody sends can be kept, and what it is by its content, not by its name."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

LARGEST = 20 * 1024 * 1024
"""Bytes of one document."""
LARGEST_IN_WORDS = "20 MB"
EXAMINER = Path(__file__).with_name("examiner.py")
LONGEST_WAIT = 40
"""Seconds that the examiner may take on a machine that has other things to do too."""
ONE_AT_A_TIME = BoundedSemaphore(1)
"""In a worker: two bombs at once would take twice the memory."""

TOO_LARGE = f"The file has more than {LARGEST_IN_WORDS}: send fewer pages, or scan it at 200 dots per inch."
NOT_WITHIN_LIMITS = "The file takes too long or too much memory to be read: print it to PDF and send that."


class Refused(Exception):
    """The file is not kept; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Inspected:
    """A file that can be kept."""

    content: bytes
    media_type: str
    pages: int


def inspected(content: bytes) -> Inspected:
    """The file, when it is one document of a kind that we keep and nothing else; raises Refused.

    A program of its own looks at it (`examiner.py`): it costs a third of a second, and no file can take the memory of
    the service, its time, or, by a fault in a library, what it knows.
    """
    if len(content) > LARGEST:
        raise Refused(TOO_LARGE)
    said = _examined(content)
    if "refused" in said:
        raise Refused(said["refused"])
    return Inspected(content, said["media_type"], said["pages"])


def _examined(content: bytes) -> dict[str, Any]:
    """What the examiner says. It was ended, or gave up, where it says nothing."""
    program = [sys.executable, "-I", str(EXAMINER)]
    try:
        with ONE_AT_A_TIME:
            ended = subprocess.run(  # noqa: S603  our own program, with nothing of anybody's in its arguments
                program, input=content, capture_output=True, timeout=LONGEST_WAIT, env={}, cwd="/", check=True
            )
        return dict(json.loads(ended.stdout))
    except (subprocess.SubprocessError, ValueError):
        raise Refused(NOT_WITHIN_LIMITS) from None
