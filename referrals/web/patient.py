"""The page of a patient: all referrals on one page, from every record that is theirs and this reader opens."""

from collections.abc import Sequence

from flask import Blueprint, render_template

from referrals.patients import SEXES, Patient, known_as
from referrals.referral import Referral
from referrals.same_patient import Record, on_one_page, timeline
from referrals.web.context import me, reading
from referrals.web.policy import allow
from referrals.web.referral import told
from referrals.web.same_patient import note_record, stands

blueprint = Blueprint("patient", __name__)


@blueprint.get("/patients/<public_id>")
@allow("read_referral")
def show(public_id: str) -> str:
    """Restricted referrals that the reader does not open are left out: a name would tell whose outline it is."""
    session = reading()
    records = on_one_page(session, public_id, me())
    for record in records:
        note_record(record)
    every = referrals_of(records)
    return render_template(
        "patient/show.html",
        records=records,
        referrals=every,
        by_id={referral.id: referral for referral in every},
        referral=opened_in_an_emergency(every),
        also_known=also_known(records),
        happened=told(session, timeline(session, records)),
        at_clinic=me().works_at_clinic,
        sexes=SEXES,
        stands=stands,
    )


def referrals_of(records: Sequence[Record]) -> list[Referral]:
    """All of them, the last sent first."""
    every = [referral for record in records for referral in record.referrals]
    return sorted(every, key=lambda referral: referral.first_submitted_at or referral.authored_at, reverse=True)


def also_known(records: Sequence[Record]) -> dict[int, list[Patient]]:
    """Under which names they were written down before records were merged, by the record that they are now."""
    merged = [each for each in known_as(reading(), [record.patient.id for record in records]) if each.merged_into_id]
    return {
        record.patient.id: [each for each in merged if each.merged_into_id == record.patient.id] for record in records
    }


def opened_in_an_emergency(referrals: Sequence[Referral]) -> Referral | None:
    """The restricted referral whose emergency access the page's banner is about, if there is one."""
    return next((referral for referral in referrals if referral.restricted), None)
