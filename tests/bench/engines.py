"""Other engines beside ours, for the same pictures, one vertebra each."""

from collections.abc import Iterator
from statistics import median

from referrals.eligibility.criteria import in_force
from referrals.eligibility.truth import truth
from tests.bench import cql, zen
from tests.bench.eligibility import ROUNDS, TODAY, Picture, by_hand, judged, pictures, times
from tests.bench.figure import Figure, Heading, Line, Remark, at_most
from tests.cql.engine import NoEngine

PICTURES = 2_000


def measure() -> Iterator[Line]:
    few = pictures(PICTURES, seed=3)
    warm = median(median(times(judged, pictures(PICTURES, seed=seed))) for seed in range(4, 4 + ROUNDS))
    yield Heading("Other engines: one vertebra, both procedures")
    yield Figure("ours, with reasons and what is still needed, a picture not seen before", f"{warm:.1f} µs")
    yield Figure("ours, without reasons: the truth of each criterion", f"{median(times(_truths, few)):.1f} µs")
    yield Figure("zen-engine, the rule by hand: yes or no, without reasons", f"{_zen(few):.1f} µs")
    try:
        theirs = cql.microseconds(in_force("clinic", TODAY), few)
    except NoEngine as reason:
        yield Remark(str(reason))
        return
    yield Figure("cql-execution on the exported CQL, without reasons", f"{theirs:.0f} µs")
    yield at_most("ours with reasons / cql-execution", warm / theirs, 1)


def _zen(some: list[Picture]) -> float:
    """Microseconds at the median, once it has said of each what the rule by hand says."""
    decide = zen.decision().evaluate
    given = [zen.given({**patient, **vertebra}, TODAY) for patient, vertebra in some]
    for picture, asked in zip(some, given, strict=True):
        said = decide(asked)["result"]
        assert (said["vertebroplasty"], said["kyphoplasty"]) == by_hand(picture), asked
    return median(times(lambda picture: decide(picture[1]), [({}, asked) for asked in given]))


def _truths(picture: Picture) -> object:
    facts = {**picture[0], **picture[1]}
    return [truth(criterion.rule, facts, TODAY) for criterion in in_force("clinic", TODAY).criteria]
