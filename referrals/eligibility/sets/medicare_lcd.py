"""A payer's criteria: the Medicare local coverage determination on vertebral augmentation; provisional."""

from datetime import date

from referrals.eligibility.edition import CriteriaSet, Criterion, Edition, ProcedureCriteria, Source
from referrals.eligibility.facts import LEVELS
from referrals.eligibility.language import AtLeast, OneOf, Within, Yes
from referrals.eligibility.verdict import PROCEDURES

COVERED = Source("LCD L34228", "what is covered: osteoporotic vertebral compression fracture")
CANCER = Source("LCD L38201", "what is covered: metastasis or myeloma of a vertebra; so too L38737 and L34976")
RULED_OUT = Source("LCD L34228", "absolute contraindications")
RELATIVE = Source("LCD L34228", "relative contraindications")
AFTERCARE = Source("LCD L34228", "continuum of care")

OSTEOPOROSIS = OneOf("cause", ("osteoporosis",))
MALIGNANT = OneOf("cause", ("cancer",)) & Yes("tumor_damage") & Yes("intractable_cancer_pain")
"""The other way in; whatever is asked of an osteoporotic fracture alone is asked “unless malignant”."""
INPATIENT = OneOf("setting", ("inpatient",))

LEVEL = Criterion(
    name="covered_level",
    title="A thoracic or lumbar vertebra",
    rule=OneOf("level", LEVELS[LEVELS.index("T1") : LEVELS.index("L5") + 1]),
    source=COVERED,
    reading="T1 to L5, whatever the cause.",
)
PAINFUL = Criterion(
    name="pain_from_this_vertebra",
    title="The pain comes from this vertebra",
    rule=Yes("painful"),
    source=COVERED,
    reading="Pain that is not primarily due to the fracture is ruled out there. Here it is asked for instead: "
    "pain at this level on examination.",
    ours=True,
)
CAUSE = Criterion(
    name="osteoporotic_or_malignant",
    title="An osteoporotic fracture, or a vertebra destroyed by cancer",
    rule=OSTEOPOROSIS | MALIGNANT,
    source=CANCER,
    reading="L34228 itself speaks of osteoporotic fractures; its sister documents add cancer: tumor damage of this "
    "vertebra, with intractable pain that medical therapy does not relieve. Cancer in the history is not enough.",
    ours=True,
)
ACUTE = Criterion(
    name="acute_fracture",
    title="Symptoms for at most 12 weeks, unless malignant",
    rule=Within("onset_on", None, 84) | MALIGNANT,
    source=COVERED,
    reading="Acute or subacute is read as 84 days, counted from the first symptoms of this fracture; the 84th day is "
    "the last.",
    ours=True,
)
EDEMA = Criterion(
    name="advanced_imaging",
    title="Marrow edema or uptake on advanced imaging, unless malignant",
    rule=Yes("marrow_edema") | MALIGNANT,
    source=COVERED,
    reading="Marrow edema on MRI, or uptake on bone scan or SPECT/CT. A plain film or CT alone does not say it.",
)
PAIN = Criterion(
    name="severe_pain",
    title="Severe pain: 8 in hospital, or 5 despite treatment, unless malignant",
    rule=(INPATIENT & Within("pain_score", 8, None))
    | (
        ~INPATIENT
        & Within("pain_score", 5, None)
        & Yes("nonsurgical_management_optimal")
        & (
            OneOf("pain_trend", ("worsening",))
            | AtLeast(
                2,
                (
                    Yes("height_loss_progressing"),
                    ~Within("height_loss", None, 25),
                    Yes("kyphotic_deformity"),
                    ~Within("disability_rdq", None, 17),
                ),
            )
        )
    )
    | MALIGNANT,
    source=COVERED,
    reading="Both scores are met by the number itself. Hospitalized is an inpatient; an emergency department or a "
    "nursing home is not. More than 25 % of height, and more than 17 on the Roland–Morris questionnaire, are not met "
    "by the number itself. Where nobody knows whether the patient is an inpatient, neither way is open yet.",
    ours=True,
)
INFECTION = Criterion(
    name="infection",
    title="Active infection",
    rule=Yes("active_infection"),
    source=RULED_OUT,
    reading="Of bone or disc, systemic, or at the surgical site.",
)
PREGNANCY = Criterion(
    name="pregnant",
    title="Pregnancy",
    rule=Yes("pregnant"),
    source=RULED_OUT,
    reading="It rules both procedures out while it lasts.",
)
BONE_HEALTH = Criterion(
    name="bone_health_arranged",
    title="Bone health is arranged, unless malignant",
    rule=(Yes("bone_density_referral") & Yes("osteoporosis_program")) | MALIGNANT,
    source=AFTERCARE,
    reading="Both are asked for: a referral for bone density and education, and the advice to join a program. What is "
    "missing can be put right, so it never refuses.",
    ours=True,
)
RISKS = Criterion(
    name="relative_contraindications",
    title="No relative contraindication, or the record deals with it",
    rule=~(
        ~Within("levels_to_treat", None, 3)
        | Yes("contrast_allergy")
        | Yes("cement_allergy")
        | OneOf("coagulopathy", ("correctable", "uncorrectable"))
        | Yes("spinal_instability")
        | Yes("neurological_deficit")
        | Yes("retropulsion")
    )
    | Yes("relative_contraindications_addressed"),
    source=RELATIVE,
    reading="Uncorrected bleeding is any disorder or anticoagulant, until the record says how it is corrected. More "
    "than three levels in one session is one of them.",
    ours=True,
)

CRITERIA = ProcedureCriteria(
    inclusion=(LEVEL, PAINFUL, CAUSE, ACUTE, EDEMA, PAIN),
    exclusion=(INFECTION, PREGNANCY),
    documentation=(BONE_HEALTH, RISKS),
)

FIRST = Edition(
    criteria_set="medicare-lcd",
    name="1",
    in_force_from=date(2026, 11, 1),
    procedures=dict.fromkeys(PROCEDURES, CRITERIA),
    provisional="Taken from a second-hand transcription of L34228, with summaries of L33569, L38201, L38213, L34976 "
    "and L38737. A clinician confirms it against the official text before it is used.",
)

MEDICARE_LCD = CriteriaSet(
    name="medicare-lcd",
    title="The payer’s criteria: Medicare",
    about="Read from the local coverage determinations on percutaneous vertebral augmentation. They do not tell "
    "vertebroplasty from kyphoplasty. A verdict says whether the record meets them as read here; the payer decides "
    "what it pays.",
    editions=(FIRST,),
)
