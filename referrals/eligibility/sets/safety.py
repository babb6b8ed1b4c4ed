"""The safety screen: what rules out either procedure. An addition: the clinic's page names none."""

from datetime import date

from referrals.eligibility.edition import CriteriaSet, Criterion, Edition, ProcedureCriteria, Source
from referrals.eligibility.language import OneOf, Yes
from referrals.eligibility.verdict import PROCEDURES

ABSOLUTE = Source("SIR, ACR", "lists of absolute contraindications to vertebral augmentation")
MEDICARE = Source("Medicare LCD L34228", "exclusions")
SURGEON_FIRST = Source("Clinical practice", "a new neurological deficit is seen by a spine surgeon first")

INFECTION = Criterion(
    name="active_infection",
    title="Active infection",
    rule=Yes("active_infection"),
    source=ABSOLUTE,
    reading="Systemic, of the spine, or at the puncture site. One that is under treatment is still active.",
    ours=True,
    addition=True,
)
COAGULOPATHY = Criterion(
    name="uncorrectable_coagulopathy",
    title="Bleeding disorder that cannot be corrected",
    rule=OneOf("coagulopathy", ("uncorrectable",)),
    source=ABSOLUTE,
    reading="What can be corrected or paused, a disorder or an anticoagulant, rules nothing out; it is noted.",
    ours=True,
    addition=True,
)
CEMENT_ALLERGY = Criterion(
    name="cement_allergy",
    title="Allergy to bone cement",
    rule=Yes("cement_allergy"),
    source=ABSOLUTE,
    reading="Any known allergy to the cement or a component of it.",
    ours=True,
    addition=True,
)
PREGNANCY = Criterion(
    name="pregnancy",
    title="Pregnancy",
    rule=Yes("pregnant"),
    source=MEDICARE,
    reading="The procedure is done under fluoroscopy; a pregnancy rules it out while it lasts.",
    ours=True,
    addition=True,
)
NEUROLOGICAL_DEFICIT = Criterion(
    name="neurological_deficit",
    title="New neurological deficit",
    rule=Yes("neurological_deficit"),
    source=SURGEON_FIRST,
    reading="New weakness, numbness, bladder or bowel change, or cord compression: telephone, the same day.",
    ours=True,
    addition=True,
)

SCREEN = (INFECTION, COAGULOPATHY, CEMENT_ALLERGY, PREGNANCY, NEUROLOGICAL_DEFICIT)

FIRST = Edition(
    criteria_set="safety",
    name="1",
    in_force_from=date(2026, 11, 1),
    procedures={procedure: ProcedureCriteria(exclusion=SCREEN) for procedure in PROCEDURES},
)

SAFETY = CriteriaSet(
    name="safety",
    title="Safety screen",
    about="Added by this service and part of the clinic's set. By itself it says who is ruled out, "
    "and recommends nothing.",
    editions=(FIRST,),
)
