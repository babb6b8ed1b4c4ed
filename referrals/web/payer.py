"""What the page of a referral shows of the payer: its verdicts beside the clinic's, and why they differ."""

from typing import Any

from referrals.clinical import ClinicalPicture
from referrals.eligibility.assessment import Assessment
from referrals.payer import PAYER, reasons, side_by_side
from referrals.screening import assess_by
from referrals.web.context import reading


def shown(picture: ClinicalPicture, clinic: Assessment) -> dict[str, Any]:
    """The same picture on the same day, judged by the payer's criteria as well."""
    payer = assess_by(reading(), PAYER, picture.details(), clinic.as_of)
    return {"payer": payer, "beside": list(side_by_side(clinic, payer)), "payer_reasons": reasons}
