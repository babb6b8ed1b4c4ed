"""The eligibility engine: one vertebra, both procedures, with the reasons and the facts still needed."""

import gc
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import chain
from math import ceil
from statistics import mean, median, quantiles
from typing import Any

from referrals.eligibility.criteria import in_force
from referrals.eligibility.evaluate import as_json, assess
from referrals.eligibility.fact import Fact
from referrals.eligibility.facts import PATIENT, VERTEBRA
from tests.bench.figure import Figure, Heading, Line, Remark, at_most

PICTURES = 2_000
ROUNDS = 5
TODAY = date(2026, 11, 22)
UNKNOWN = 0.3
"""The share of the facts that a picture does not know."""

Known = dict[str, Any]
Picture = tuple[Known, Known]
"""What is known of the patient, and of the vertebra."""


def measure() -> Iterator[Line]:
    seen, unseen = pictures(PICTURES, seed=1), pictures(PICTURES * ROUNDS, seed=2)
    gc.freeze()  # the collector of garbage need not walk through pictures that are ours, not the engine's
    cold = median(float(_in_a_new_process()) for _ in range(5))
    times(judged, seen)
    new = [unseen[first : first + PICTURES] for first in range(0, len(unseen), PICTURES)]
    turns = [(times(judged, some), times(by_hand, some)) for some in new]
    engine, bare = (list(chain(*each)) for each in zip(*turns, strict=True))
    warm, hand = median(engine), median(bare)
    yield Heading("Eligibility: one vertebra, both procedures, with reasons and what is still needed")
    yield at_most("warm, a picture not seen before: median", warm, 25, "{:.1f} µs")
    yield Figure("the same: mean", f"{mean(engine):.1f} µs")
    yield Figure("the same: 99 of 100 are under", f"{quantiles(engine, n=100)[98]:.1f} µs")
    yield Figure("warm, a picture seen before", f"{median(times(judged, seen)):.1f} µs")
    yield Figure(f"cold, the first {PICTURES:,} pictures of a new process: mean", f"{cold:.1f} µs")
    yield Figure("a hand-written boolean function of the same rule", f"{hand:.2f} µs")
    yield Figure("warm engine / hand-written function", f"{warm / hand:.0f} ×")
    yield Figure("the reasons written as JSON, as they are kept", f"{median(times(_written, seen)) - warm:.1f} µs")
    yield Remark(f"{len(engine):,} different pictures, each with about {1 - UNKNOWN:.0%} of its facts known.")
    yield Remark("The function by hand takes two values: it knows no unknown, no day to wait for, and gives no reason.")


def pictures(count: int, seed: int) -> list[Picture]:
    """Different half-known pictures, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    return [(_some(PATIENT, chance), {**_some(VERTEBRA, chance), "level": "L1"}) for _ in range(count)]


def _some(vocabulary: tuple[Fact, ...], chance: random.Random) -> Known:
    return {fact.name: _value(fact, chance) for fact in vocabulary if chance.random() > UNKNOWN}


def _value(fact: Fact, chance: random.Random) -> Any:
    if fact.kind == "flag":
        return chance.random() < 0.5
    if fact.kind == "coded":
        return chance.choice(list(fact.codes))
    if fact.kind == "date":
        return TODAY - timedelta(chance.randint(0, 120))
    return chance.randint(ceil(fact.low or 0), int(fact.high or 1))


def times(work: Callable[[Picture], object], over: list[Picture]) -> list[float]:
    """Microseconds that each picture took."""
    taken = []
    for picture in over:
        began = time.perf_counter()
        work(picture)
        taken.append((time.perf_counter() - began) * 1e6)
    return taken


def judged(picture: Picture) -> object:
    patient, vertebra = picture
    return assess(in_force("clinic", TODAY), patient, [vertebra], TODAY)


def _written(picture: Picture) -> object:
    patient, vertebra = picture
    return as_json(assess(in_force("clinic", TODAY), patient, [vertebra], TODAY))


def by_hand(picture: Picture) -> tuple[bool, bool]:
    """The clinic's rule as somebody in a hurry would write it: vertebroplasty, kyphoplasty."""
    patient, vertebra = picture
    told, seen = patient.get, vertebra.get
    ruled_out = (
        told("active_infection")
        or told("coagulopathy") == "uncorrectable"
        or told("cement_allergy")
        or told("pregnant")
        or told("neurological_deficit")
    )
    if ruled_out or not seen("painful"):
        return False, False
    tumor = seen("tumor_damage")
    vertebroplasty = seen("injury") in ("compression_fracture", "tumor_lesion", "other_fracture") and (
        told("too_frail_for_surgery") or seen("too_weak") or tumor
    )
    started = told("conservative_management_started_on")
    waited = started is not None and (TODAY - started).days >= 28
    kyphoplasty = (
        seen("injury") == "compression_fracture"
        and seen("collapse") in ("partial", "complete")
        and (seen("cause") in ("osteoporosis", "cancer") or (seen("cause") and seen("other_fracture_suitable")))
        and (tumor or (told("conservative_management_failed") and waited and told("bedridden_risk")))
    )
    return bool(vertebroplasty), bool(kyphoplasty)


def _in_a_new_process() -> str:
    """What a new process takes for each of its first pictures, at the mean, its imports left out."""
    return subprocess.run([sys.executable, "-m", __name__], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    print(mean(times(judged, pictures(PICTURES, seed=1))))
