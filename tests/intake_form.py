"""What somebody fills in on the intake page, as the browser sends it."""

from tests.visitor import hidden

PATIENT = {
    "given_name": "Ada",
    "family_name": "Sample",
    "born_on": "1943-03-09",
    "sex": "female",
    "mrn": "T-1",
    "telephone": "555-0102",
    "call_back": "555-0103",
    "requester_npi": "1234567893",
    "reason": "Painful fracture, no relief from five weeks of conservative management",
    "urgency": "routine",
}
SAFE = {
    "active_infection": "no",
    "coagulopathy": "none",
    "cement_allergy": "no",
    "pregnant": "no",
    "neurological_deficit": "no",
}
L1 = {
    "levels": "L1",
    "L1-injury": "compression_fracture",
    "L1-collapse": "partial",
    "L1-cause": "osteoporosis",
    "L1-tumor_damage": "no",
    "L1-painful": "yes",
}
FAILED = {
    "bedridden_risk": "yes",
    "conservative_management_started_on": "2026-10-11",
    "conservative_management_failed": "yes",
}
COMPLETE = {**PATIENT, **SAFE, **L1, **FAILED, "too_frail_for_surgery": "yes"}
"""A referral that is a candidate for both procedures on 22 Nov 2026 and later."""
UNDECIDED = {**PATIENT, **L1, **FAILED, **SAFE, "L1-too_weak": "no", "active_infection": "not_known"}
"""The same, with frailty not answered and the infection not known."""


def opened(visitor):
    """The empty page's own fields: its one-time token."""
    return {"token": hidden(visitor.get("/referrals/new").text, "token")}


def send(visitor, answers=None, **changed):
    return visitor.post("/referrals/new", {**opened(visitor), **(COMPLETE if answers is None else answers), **changed})
