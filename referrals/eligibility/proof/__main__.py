"""Proofs as a process of their own: what is asked comes as JSON from standard input, what is found leaves as JSON.

{"asked": "claims" or "moves", "editions": […], "as_of", "seconds"} is answered by a list. A fault ends the process.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from referrals.eligibility.edition_notation import edition_from_json
from referrals.eligibility.proof.claims import claims
from referrals.eligibility.proof.comparison import compared
from referrals.eligibility.proved import Claim, Move

MEMORY = 2 << 30
"""Bytes of address space that the process may take of the machine."""
ANSWERS: Mapping[str, Callable[..., Iterable[Claim | Move]]] = {"claims": claims, "moves": compared}


def answered(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    editions = [edition_from_json(each) for each in request["editions"]]
    found = ANSWERS[request["asked"]](*editions, date.fromisoformat(request["as_of"]), request["seconds"])
    return [asdict(each) for each in found]


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    json.dump(answered(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
