"""Booking a visit, and moving it: the pages, and what they say to look at again."""

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from referrals import booking, schedule
from referrals.appointment import booked_of
from referrals.booking import is_first
from referrals.referral import Referral
from referrals.staff import RoleName
from referrals.transition import Said
from referrals.web.act import Answered, Verb, act, opened
from referrals.web.booking_form import BookingForm, booking_form, rebooking_form
from referrals.web.clinic_clock import comes_twice
from referrals.web.context import me, reading, today
from referrals.web.going_on import carried
from referrals.web.next_step import actions
from referrals.web.policy import allow
from referrals.web.reasons import reasons_for
from referrals.web.words import clock

blueprint = Blueprint("booking", __name__, url_prefix="/referrals")

GONE = "The pain had gone when you asked: before the visit, have an IR physician look at it, or ask the referrer."
"""Said beside a booking that was made all the same."""
TWICE = "The clocks go back that night and the time comes twice: the first of the two is booked."
INSTEAD = ("decline", "ask_information", "assign")
"""What can be done where the pain has gone, rather than book."""


@blueprint.route("/<public_id>/book", methods=["GET", "POST"])
@allow("work_queue")
def book(public_id: str) -> Answered:
    """Book a visit, once somebody has asked whether the pain is still there; "no" blocks nothing, and is said."""
    referral = opened(public_id, "book")
    first = is_first(reading(), referral)
    form = booking_form(referral, first)

    def verb(session: Session, current: Referral) -> str:
        pain, comment = form.still_in_pain.data, form.comment.data or ""
        booking.book(session, current, me(), form.version.data, today(), form.slot, pain, comment)
        return look_again(session, current, form)

    return booked(form, referral, verb, "Booked. The referrer has been told.", first=first)


@blueprint.route("/<public_id>/rebook", methods=["GET", "POST"])
@allow("work_queue")
def rebook(public_id: str) -> Answered:
    """Move the visit to another time or place, with a reason."""
    referral, reasons = opened(public_id, "rebook"), reasons_for("rebook")
    form = rebooking_form(referral, booked_of(reading(), referral.id), reasons)

    def verb(session: Session, current: Referral) -> str:
        said, pain = Said(reasons.get(form["reason"].data), form.comment.data or ""), form.still_in_pain.data
        booking.rebook(session, current, me(), form.version.data, today(), form.slot, pain, said)
        return look_again(session, current, form)

    return booked(form, referral, verb, "Moved. The referrer has been told.", first=False)


def booked(form: BookingForm, referral: Referral, verb: Verb, done: str, first: bool) -> Answered:
    """The page of either."""
    return act(
        form, referral, verb, done, "visits/book.html", first=first,
        then=lambda: url_for("visits.show", public_id=referral.public_id, **carried()),
        places=schedule.places(reading(), me()), instead=[each for each in actions(referral) if each[0] in INSTEAD],
        is_ir=RoleName.IR_PHYSICIAN in me().role_names,
    )  # fmt: skip


def look_again(session: Session, referral: Referral, form: BookingForm) -> str:
    """What somebody who booked this should see once more; "" where there is nothing."""
    taken = schedule.taken_then(session, form.slot, referral)
    said = [f"Another referral is booked there then, {clock(start)} to {clock(end)}." for start, end in taken]
    said += [GONE] if form.still_in_pain.data == "no" else []
    return " ".join(said + ([TWICE] if comes_twice(form.slot.starts_at) else []))
