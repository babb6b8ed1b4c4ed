"""The form in which a visit is booked or moved: what, when by the clinic's clock, where, and whether it still hurts."""

from datetime import date, datetime, timedelta
from typing import Any

from referrals.appointment import KINDS, LONGEST, LONGEST_PLACE, SHORTEST, STILL_IN_PAIN, Appointment, Slot
from referrals.reason import Reason
from referrals.referral import Referral
from referrals.web import clinic_clock
from referrals.web.act import ActionForm, answers
from referrals.web.context import today
from referrals.web.fields import Area, Choice, Day, Line, Number, TimeOfDay
from referrals.web.reasons import choice
from referrals.web.words import zone

AHEAD = timedelta(days=365)
NEXT_KIND = {"proceed": "procedure", "treated": "follow_up"}
"""What is booked next, by what came of the visit before; else a consultation."""
MINUTES = 30


class BookingForm(ActionForm):
    """When and where. `slot` is there once the form is valid."""

    kind = Choice("What is booked?", KINDS, required="Say what is booked.")
    place = Line("Place", LONGEST_PLACE, required="Say where the patient has to come.")
    minutes = Number("How long", SHORTEST, LONGEST, unit="minutes", required="Say how many minutes it takes.")
    note = Area(
        "For the patient and the referrer", 1000,
        hint="How to prepare, what to bring: the practice reads it.",
    )  # fmt: skip
    starts_on: Any
    starts_at: Any
    still_in_pain: Any
    starts: datetime | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.starts_on.data and self.starts_at.data:
            try:
                self.starts = clinic_clock.at(self.starts_on.data, self.starts_at.data)
            except clinic_clock.NoSuchTime as skipped:
                self.starts_at.errors = [str(skipped)]
        return valid and self.starts is not None

    @property
    def slot(self) -> Slot:
        assert self.starts is not None
        day, minutes = self.starts_on.data, self.minutes.data
        return Slot(self.kind.data, self.starts, day, minutes, self.place.data, self.note.data or "")


def booking_form(referral: Referral, first: bool) -> BookingForm:
    """To book a visit; `first`: none was booked yet, so that the question of the pain has to be answered."""
    kind = NEXT_KIND.get(referral.outcome or "", "consultation")
    return _made(referral, first, {}, kind=kind, minutes=MINUTES)


def rebooking_form(referral: Referral, visit: Appointment | None, reasons: dict[str, Reason]) -> BookingForm:
    """To move a visit: as it was booked, with a reason for the change."""
    reason = {"reason": choice(reasons, "Why it is moved")}
    if visit is None:
        return _made(referral, False, reason)
    was = {name: getattr(visit, name) for name in ("kind", "minutes", "place", "note", "starts_on")}
    return _made(referral, False, reason, **was, starts_at=clinic_clock.time_of(visit.starts_at))


def _made(referral: Referral, first: bool, more: dict[str, Any], **values: Any) -> BookingForm:
    day: date = today()
    asked = {
        "starts_on": Day("Day", earliest=day, future=day + AHEAD, required="Choose the day."),
        "starts_at": TimeOfDay(f"Time ({zone()})", required="Choose the time."),
        "still_in_pain": Choice(
            "Is the pain still there?", STILL_IN_PAIN,
            hint="Ask the patient now: about a quarter improve while they wait.",
            required="Ask the patient before you book, and say what the answer was." if first else "",
        ),
    }  # fmt: skip
    form = type("WithItsDays", (BookingForm,), {**asked, **more})
    made: BookingForm = form(answers(), today=day, version=referral.version, **values)
    return made
