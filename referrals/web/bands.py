"""Verdicts over time as bands: how long each was said, wide enough to be seen, in percent of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from referrals.eligibility.verdict import PROCEDURES
from referrals.screening_history import Said

NARROWEST = 9.0
"""What a sign needs: a band of a day among those of months is drawn wider than it was long."""
FITS_ANYWHERE, FITS_WHERE_WIDE = 45.0, 17.0
"""From which width on the words fit into a band: also on a telephone, and on a wide page."""


@dataclass(frozen=True)
class Band:
    """What was said of a procedure from a day until another."""

    verdict: str
    starts_on: str | None
    since: date
    until: date
    begins: float = 0.0
    width: float = 0.0

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def room(self) -> str:
        """Where the words are shown in the band."""
        return "anywhere" if self.width >= FITS_ANYWHERE else "wide" if self.width >= FITS_WHERE_WIDE else "nowhere"


def drawn(said: Sequence[Said], until: date) -> dict[str, list[Band]]:
    """For each procedure its bands, the oldest first; `said` is the newest first."""
    return {procedure: _measured(_bands(procedure, said[::-1], until)) for procedure in PROCEDURES}


def _bands(procedure: str, said: Sequence[Said], until: date) -> list[Band]:
    found: list[Band] = []
    for each in said:
        words = each.screening.explanation["verdicts"][procedure]
        kind, starts_on, day = words["verdict"], words.get("from"), each.screening.as_of
        if found and (found[-1].verdict, found[-1].starts_on) == (kind, starts_on):
            continue
        if found:
            found[-1] = Band(found[-1].verdict, found[-1].starts_on, found[-1].since, day)
        found.append(Band(kind, starts_on, day, max(until, day)))
    return found


def _measured(bands: list[Band]) -> list[Band]:
    whole = sum(band.days for band in bands) or 1
    wanted = [max(100 * band.days / whole, NARROWEST) for band in bands]
    measured, begins = [], 0.0
    for band, share in zip(bands, wanted, strict=True):
        width = 100 * share / sum(wanted)
        measured.append(Band(band.verdict, band.starts_on, band.since, band.until, begins, width))
        begins += width
    return measured
