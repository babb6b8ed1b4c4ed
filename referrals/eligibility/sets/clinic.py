"""The clinic's criteria, read from its page "Vertebroplasty & Kyphoplasty", with the safety screen added."""

from datetime import date

from referrals.eligibility.edition import CriteriaSet, Criterion, Edition, Note, ProcedureCriteria, Source
from referrals.eligibility.language import OneOf, Within, Yes
from referrals.eligibility.sets.safety import SCREEN

S1 = Source("S1", "clinic page, opening, paragraph 1")
S2 = Source("S2", "clinic page, opening, paragraph 2")
S4 = Source("S4", "clinic page, “When is the procedure recommended?”, paragraph 1")
S6 = Source("S6", "clinic page, “When is the procedure recommended?”, paragraph 2, first sentence")
S7 = Source("S7", "clinic page, “When is the procedure recommended?”, paragraph 2, second sentence")
S8 = Source("S8", "clinic page, “When is the procedure recommended?”, paragraph 2, third sentence")
SIR = Source("SIR", "consensus guideline on bleeding risk around image-guided procedures")

STARTED = "conservative_management_started_on"

INJURED = Criterion(
    name="injured_vertebra",
    title="The vertebra is injured",
    rule=OneOf("injury", ("compression_fracture", "tumor_lesion", "other_fracture")),
    source=S1,
    reading="Any fracture counts as an injury, and so does a tumor without a fracture. "
    "Several levels may qualify; how many there are excludes nobody.",
    ours=True,
)
PAINFUL = Criterion(
    name="painful",
    title="The pain is at this level",
    rule=Yes("painful"),
    source=S2,
    reading="Both procedures are done to relieve pain, so it must be found at this vertebra on examination.",
    ours=True,
)
FRAIL_WEAK_OR_TUMOR = Criterion(
    name="frail_weak_or_tumor",
    title="Too frail for surgery, too weak a vertebra, or tumor damage",
    rule=Yes("too_frail_for_surgery") | Yes("too_weak") | Yes("tumor_damage"),
    source=S4,
    reading="One of the three is enough. Frailty and weakness are a clinician's judgement, never worked out "
    "from osteoporosis, age or a score; the tumor may be benign.",
    ours=True,
)
COLLAPSED_FRACTURE = Criterion(
    name="collapsed_fracture",
    title="A compression fracture with collapse",
    rule=OneOf("injury", ("compression_fracture",)) & OneOf("collapse", ("partial", "complete")),
    source=S2,
    reading="Part or all of the vertebra has collapsed. A tumor without collapse opens vertebroplasty only.",
    ours=True,
)
SUITABLE_CAUSE = Criterion(
    name="suitable_cause",
    title="Caused by osteoporosis or cancer, or judged suitable",
    rule=OneOf("cause", ("osteoporosis", "cancer"))
    | (OneOf("cause", ("benign_tumor", "trauma", "other")) & Yes("other_fracture_suitable")),
    source=S6,
    reading="The page admits certain other fractures without naming them: an interventional radiologist says "
    "which. Cancer in the history does not make a benign fracture a tumor.",
    ours=True,
)
TUMOR_OR_FAILED_MANAGEMENT = Criterion(
    name="tumor_or_failed_management",
    title="Tumor damage, or four weeks of conservative management without success",
    rule=Yes("tumor_damage")
    | (Yes("conservative_management_failed") & Within(STARTED, 28, None) & Yes("bedridden_risk")),
    source=S7,
    reading="The wait is over from day 28, counted from the start of conservative management and not from "
    "the fracture; there is no upper limit. It must have failed, and the patient must risk becoming "
    "bedridden. A tumor skips the wait. Frailty alone does not, or every frail patient would qualify on the "
    "first day.",
    ours=True,
)

BORDERLINE = Note(
    name="borderline_band",
    rule=Within(STARTED, 28, 42),
    words="Conservative management has run for 28 to 42 days: long enough for kyphoplasty as this service "
    "reads the page, and inside the band of four to six weeks that the page gives.",
    source=S7,
)
LATE = Note(
    name="late_for_alignment",
    rule=OneOf("injury", ("compression_fracture",)) & (~Within(STARTED, None, 42) | ~Within("onset_on", None, 42)),
    words="More than six weeks have passed. The sooner kyphoplasty is done, the better alignment is restored: "
    "a reason for an early appointment, never a reason to refuse.",
    source=S8,
)
CORRECTABLE = Note(
    name="correct_coagulation",
    rule=OneOf("coagulopathy", ("correctable",)),
    words="Bleeding can be corrected: check INR and platelets before the procedure (INR at most 1.5 to 1.8). "
    "The referral keeps moving.",
    source=SIR,
)

FIRST = Edition(
    criteria_set="clinic",
    name="1",
    in_force_from=date(2026, 11, 1),
    procedures={
        "vertebroplasty": ProcedureCriteria(
            inclusion=(INJURED, PAINFUL, FRAIL_WEAK_OR_TUMOR),
            exclusion=SCREEN,
        ),
        "kyphoplasty": ProcedureCriteria(
            inclusion=(COLLAPSED_FRACTURE, PAINFUL, SUITABLE_CAUSE, TUMOR_OR_FAILED_MANAGEMENT),
            exclusion=SCREEN,
        ),
    },
    notes=(BORDERLINE, LATE, CORRECTABLE),
)

CLINIC = CriteriaSet(
    name="clinic",
    title="The clinic's criteria",
    about="Read from the clinic's page on vertebroplasty and kyphoplasty, with a safety screen that the page "
    "does not have. It flags a referral for review by a person and decides nothing.",
    editions=(FIRST,),
)
