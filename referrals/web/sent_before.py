"""What the own practice has sent already of a patient like the one on the intake page; nothing of another practice."""

from collections.abc import Sequence
from dataclasses import replace

from referrals.db import now
from referrals.earlier import NOT_KNOWN_YET, Earlier, worth_telling
from referrals.web.context import me, reading
from referrals.web.intake_answers import Intake
from referrals.web.intake_form import UNKNOWN_LEVEL
from referrals.web.reading import listed


def sent_before(intake: Intake) -> Sequence[Earlier]:
    """The newest first; that they are read will be in the log. Nobody is looked for before there is enough to go by."""
    who = intake.patient_details()
    if intake.patient.born_on.data is None and not who.mrn:
        return ()
    levels = " ".join(NOT_KNOWN_YET if level == UNKNOWN_LEVEL else level for level in intake.chosen)
    found = worth_telling(reading(), me(), replace(who, sex=who.sex or ""), levels, now())
    if found:
        listed(len(found))
    return found
